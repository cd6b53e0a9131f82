/** Vapi's server messages (vapi-facts 3) as our events. Unknown types and fields are accepted: Vapi adds both. */
import { z } from 'zod';
import type { CallEvent } from '../ledger/call-event.ts';
import {
  callSchema,
  costFields,
  optionalText,
  optionalTime,
  readIdentity,
  textOf,
  toMs,
} from './call-record.ts';
import { readResults } from './call-results.ts';
import { readCallerIds } from './caller-ids.ts';
import { ownControlUrl } from './control-url.ts';
import { isImplausible, readCost } from './cost.ts';

const bodySchema = z.object({
  message: z.looseObject({
    type: textOf(200),
    /** Epoch milliseconds. */
    timestamp: z.number().min(0).nullish().catch(null),
    call: callSchema.nullish().catch(null),
    assistant: z.looseObject({ id: optionalText }).nullish().catch(null),
    status: optionalText,
    startedAt: optionalTime,
    endedAt: optionalTime,
    endedReason: optionalText,
    ...costFields,
  }),
});

export interface ServerMessage {
  type: string;
  /** Null for messages that say nothing about a call's state or cost. */
  event: CallEvent | null;
}

/** How far Vapi's clock may be ahead of ours; a time beyond it would outrank every later report. */
const clockLeadMs = 60_000;

/**
 * @param receivedAtMs used when `timestamp` is missing
 * @param baseUrl of Vapi's API: where a call can be ended is believed only if it is Vapi's
 * @returns null when it is not a server message at all
 */
export function readServerMessage(
  body: unknown,
  receivedAtMs: number,
  baseUrl: string,
): ServerMessage | null {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return null;
  const { message } = parsed.data;
  const { call } = message;
  if (!call || (message.type !== 'status-update' && message.type !== 'end-of-call-report')) {
    return { type: message.type, event: null };
  }
  const isReport = message.type === 'end-of-call-report';
  const identity = readIdentity(call);
  return {
    type: message.type,
    event: {
      ...identity,
      kind: isReport ? 'report' : 'status',
      source: 'webhook',
      asOf: Math.min(Math.round(message.timestamp ?? receivedAtMs), receivedAtMs + clockLeadMs),
      assistantId: identity.assistantId ?? message.assistant?.id ?? null,
      // `message.call` is the snapshot of the call's creation: its status, times and cost are stale (vapi-facts 0.6).
      status: isReport ? 'ended' : (message.status ?? null),
      startedAt: isReport ? toMs(message.startedAt) : null,
      endedAt: isReport ? toMs(message.endedAt) : null,
      endedReason: message.endedReason ?? null,
      callerIds: readCallerIds(call, message),
      results: isReport ? readResults(message) : null,
      controlUrl: ownControlUrl(identity.controlUrl, baseUrl),
      cost: isReport ? readCost(message) : null,
      costRefused: isReport && isImplausible(message),
    },
  };
}
