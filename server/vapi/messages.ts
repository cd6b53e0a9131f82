/** Vapi's server messages (vapi-facts 3) as events of ours. Unknown types and fields are accepted: Vapi adds both. */
import { z } from 'zod';
import type { CallEvent } from '../metering/call-event.ts';
import { readCost } from './cost.ts';

const optionalNumber = z.number().nullish().catch(null);
const optionalText = z.string().nullish().catch(null);
const optionalTime = z.iso.datetime({ offset: true }).nullish().catch(null);

const costFields = {
  cost: optionalNumber,
  costs: z
    .array(z.looseObject({ type: z.string().optional(), cost: optionalNumber }))
    .nullish()
    .catch(null),
  costBreakdown: z.record(z.string(), z.unknown()).nullish().catch(null),
};

const tags = z.looseObject({ session: optionalText }).nullish().catch(null);

const callSchema = z.looseObject({
  id: z.uuid(),
  orgId: optionalText,
  type: optionalText,
  status: optionalText,
  assistantId: optionalText,
  createdAt: optionalTime,
  startedAt: optionalTime,
  endedAt: optionalTime,
  endedReason: optionalText,
  updatedAt: optionalTime,
  metadata: tags,
  monitor: z
    .looseObject({
      controlUrl: z
        .url({ protocol: /^https?$/ })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
  assistantOverrides: z.looseObject({ metadata: tags }).nullish().catch(null),
  ...costFields,
});

const bodySchema = z.object({
  message: z.looseObject({
    type: z.string(),
    /** Epoch milliseconds. */
    timestamp: z.number().nullish().catch(null),
    call: callSchema.nullish(),
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

/**
 * @param receivedAtMs stands in for a missing `timestamp`
 * @returns null when it is not a server message at all
 */
export function readServerMessage(body: unknown, receivedAtMs: number): ServerMessage | null {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return null;
  const { message } = parsed.data;
  const { call } = message;
  if (!call || (message.type !== 'status-update' && message.type !== 'end-of-call-report')) {
    return { type: message.type, event: null };
  }
  const isReport = message.type === 'end-of-call-report';
  return {
    type: message.type,
    event: {
      kind: isReport ? 'report' : 'status',
      callId: call.id,
      asOf: message.timestamp ?? receivedAtMs,
      type: call.type ?? null,
      // `message.call` is the snapshot of the call's creation: its status, times and cost are stale (vapi-facts 0.6).
      status: isReport ? 'ended' : (message.status ?? null),
      assistantId: call.assistantId ?? message.assistant?.id ?? null,
      sessionId: call.assistantOverrides?.metadata?.session ?? call.metadata?.session ?? null,
      createdAt: toMs(call.createdAt),
      startedAt: isReport ? toMs(message.startedAt) : null,
      endedAt: isReport ? toMs(message.endedAt) : null,
      endedReason: message.endedReason ?? null,
      controlUrl: call.monitor?.controlUrl ?? null,
      cost: isReport ? readCost(message) : null,
    },
  };
}

function toMs(text: string | null | undefined): number | null {
  return text ? Date.parse(text) : null;
}
