/** Vapi asks who answers a call by phone (vapi-facts 13.5), and our answer in its words. */
import type { Vapi } from '@vapi-ai/server-sdk';
import { z } from 'zod';
import { callKinds } from '../contract.ts';
import type { CallEvent } from '../ledger/call-event.ts';
import { callerIdOf } from '../ledger/caller-id.ts';
import { callSchema, optionalText, readIdentity } from './call-record.ts';
import { ownControlUrl } from './control-url.ts';

const customer = z.looseObject({ number: optionalText, sipUri: optionalText }).nullish().catch(null);
const bodySchema = z.object({
  message: z.looseObject({
    type: z.literal('assistant-request'),
    call: callSchema.extend({ customer }),
    phoneNumber: z.looseObject({ id: optionalText }).nullish().catch(null),
    customer,
  }),
});

export interface PhoneRequest {
  /** The call, as far as Vapi has described it. */
  event: CallEvent;
  /** Vapi's id of the number that was called. */
  phoneNumberId: string | null;
  /** In the spelling of `callerIdOf`; null when it is withheld. */
  callerId: string | null;
}

/** @returns null for any other message, and for a request about something else than a call that comes in by phone */
export function readPhoneRequest(body: unknown, receivedAtMs: number, baseUrl: string): PhoneRequest | null {
  const message = bodySchema.safeParse(body).data?.message;
  if (!message) return null;
  const { call, phoneNumber } = message;
  const identity = readIdentity(call);
  if (identity.type !== null && identity.type !== callKinds.inbound) return null;
  const from = message.customer ?? call.customer;
  const callerId = callerIdOf((from?.number ?? from?.sipUri ?? '').replace(/^sips?:/i, ''));
  const event: CallEvent = {
    ...identity,
    kind: 'status',
    source: 'webhook',
    asOf: receivedAtMs,
    type: callKinds.inbound,
    status: null,
    // No one answers yet, and no page has tagged it.
    assistantId: null,
    squadId: null,
    sessionId: null,
    startedAt: null,
    endedAt: null,
    endedReason: null,
    callerIds: callerId === null ? [] : [callerId],
    controlUrl: ownControlUrl(identity.controlUrl, baseUrl),
    cost: null,
  };
  return { event, phoneNumberId: phoneNumber?.id ?? call.phoneNumberId ?? null, callerId };
}

export type PhoneAnswer =
  | { assistantId: string; isSquad: boolean; maxSeconds: number; tenant: string }
  | { say: string }
  | { transferTo: string };

/** The body of the answer to the request. */
export function phoneAnswerBody(answer: PhoneAnswer): Vapi.ServerMessageResponseAssistantRequest {
  if ('say' in answer) return { error: answer.say };
  if ('transferTo' in answer) return { destination: { type: 'number', number: answer.transferTo } };
  const { assistantId, isSquad, maxSeconds, tenant } = answer;
  const overrides = { maxDurationSeconds: maxSeconds, metadata: { tenant } };
  return isSquad
    ? { squadId: assistantId, squadOverrides: overrides }
    : { assistantId, assistantOverrides: overrides };
}
