/** Vapi's call object (vapi-facts 4.1), from webhooks and `GET /call`, as our event. */
import { z } from 'zod';
import type { CallEvent } from '../ledger/call-event.ts';
import { readResults } from './call-results.ts';
import { readCallerIds } from './caller-ids.ts';
import { isImplausible, readCost } from './cost.ts';

// A field of an unexpected form counts as absent: Vapi changes its objects, and a call must never be lost over it.
/** Without zero bytes: PostgreSQL rejects them, and what a browser wrote must not keep its call out of the ledger. */
export const textOf = (most: number) =>
  z
    .string()
    .max(most)
    .transform((text) => text.replaceAll('\0', ''));
export const optionalText = textOf(500).nullish().catch(null);
export const optionalTime = z.iso.datetime({ offset: true }).nullish().catch(null);
/** US dollars; `readCost` knows what a call can have cost. */
const amount = z.number().nullish().catch(null);

export const costFields = {
  cost: amount,
  costs: z
    .array(z.looseObject({ type: z.string().optional().catch(undefined), cost: amount }))
    .nullish()
    .catch(null),
  costBreakdown: z.record(z.string(), z.unknown()).nullish().catch(null),
};

/** In the key modes a browser writes this tag; only what can be a session or a message of ours is looked up. */
const sessionTag = z
  .string()
  .regex(/^(ses|msg)_[\w-]{24}$/)
  .nullish()
  .catch(null);
const tags = z.looseObject({ session: sessionTag }).nullish().catch(null);
const controlUrl = z
  .url({ protocol: /^https?$/ })
  .nullish()
  .catch(null);

export const callSchema = z.looseObject({
  id: z.uuid(),
  orgId: optionalText,
  type: optionalText,
  status: optionalText,
  assistantId: optionalText,
  squadId: optionalText,
  phoneNumberId: optionalText,
  createdAt: optionalTime,
  startedAt: optionalTime,
  endedAt: optionalTime,
  endedReason: optionalText,
  metadata: tags,
  assistantOverrides: z.looseObject({ metadata: tags }).nullish().catch(null),
  squadOverrides: z.looseObject({ metadata: tags }).nullish().catch(null),
  monitor: z.looseObject({ controlUrl }).nullish().catch(null),
  ...costFields,
});
export type VapiCall = z.infer<typeof callSchema>;

/** What never changes after a call's creation, so the stale snapshot in webhooks is right about it. */
export function readIdentity(
  call: VapiCall,
): Pick<CallEvent, 'callId' | 'type' | 'assistantId' | 'squadId' | 'sessionId' | 'createdAt' | 'controlUrl'> {
  return {
    callId: call.id,
    type: call.type ?? null,
    assistantId: call.assistantId ?? null,
    squadId: call.squadId ?? null,
    sessionId:
      (call.squadId ? call.squadOverrides : call.assistantOverrides)?.metadata?.session ??
      call.metadata?.session ??
      null,
    createdAt: toMs(call.createdAt),
    controlUrl: call.monitor?.controlUrl ?? null,
  };
}

/**
 * A call as Vapi's API shows it now.
 * @param askedAtMs when it was requested: the answer is newer than any report sent before
 */
export function readCallRecord(call: VapiCall, askedAtMs: number): CallEvent {
  const ended = call.status === 'ended';
  return {
    ...readIdentity(call),
    kind: ended ? 'report' : 'status',
    source: 'poll',
    asOf: askedAtMs,
    status: call.status ?? null,
    startedAt: toMs(call.startedAt),
    endedAt: toMs(call.endedAt),
    endedReason: call.endedReason ?? null,
    callerIds: readCallerIds(call),
    results: ended ? readResults(call) : null,
    // Vapi publishes a cost only after the end; the value before is a placeholder (vapi-facts 4.2).
    cost: ended ? readCost(call) : null,
    costRefused: ended && isImplausible(call),
  };
}

export function toMs(text: string | null | undefined): number | null {
  return text ? Date.parse(text) : null;
}
