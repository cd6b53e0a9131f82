/** A message of a text conversation, as reported to the ledger: it has no length, only a cost. Pure. */
import { callKinds, type EventSource } from '../contract.ts';
import type { CallCost, CallEvent } from './call-event.ts';

/** A message that Vapi has accepted. */
export interface Chat {
  /** Vapi's id. */
  id: string;
  reservationId: string | null;
  assistantId: string | null;
  /** Epoch milliseconds. */
  at: number;
}

export function chatEvent(
  chat: Chat,
  source: EventSource,
  asOf: number,
  state: 'begun' | 'over',
  cost: CallCost | null = null,
): CallEvent {
  const over = state === 'over';
  return {
    kind: over ? 'report' : 'status',
    source,
    callId: chat.id,
    asOf,
    type: callKinds.chat,
    status: over ? 'ended' : 'in-progress',
    assistantId: chat.assistantId,
    sessionId: chat.reservationId,
    createdAt: chat.at,
    startedAt: over ? chat.at : null,
    endedAt: over ? chat.at : null,
    endedReason: null,
    controlUrl: null,
    cost,
  };
}
