/** What kinds of server messages there are (vapi-facts 3.1, 3.2), and for which of them Vapi waits for an answer. */
import { z } from 'zod';
import { textOf } from './call-record.ts';

/** Vapi reads the body of the answer to these (docs.vapi.ai/server-url/events). */
const answeredTypes = new Set([
  'assistant-request',
  'call.endpointing.request',
  'campaign.predial',
  'handoff-destination-request',
  'knowledge-base-request',
  'tool-calls',
  'function-call',
  'transfer-destination-request',
  'voice-request',
]);

/** What Vapi sends when `serverMessages` is left out. */
export const defaultServerMessages = [
  'conversation-update',
  'end-of-call-report',
  'function-call',
  'hang',
  'speech-update',
  'status-update',
  'tool-calls',
  'transfer-destination-request',
  'handoff-destination-request',
  'user-interrupted',
  'assistant.started',
];

const knownTypes = new Set([
  ...answeredTypes,
  ...defaultServerMessages,
  'assistant.speechStarted',
  'call.artifact.upload',
  'call.delete.failed',
  'call.deleted',
  'chat.created',
  'chat.deleted',
  'language-change-detected',
  'language-changed',
  'model-output',
  'phone-call-control',
  'session.created',
  'session.deleted',
  'session.updated',
  'transcript',
  'transfer-update',
  'voice-input',
]);

export function wantsAnswer(type: string): boolean {
  return answeredTypes.has(type);
}

/** Whether the ledger needs it: one of these without a readable call is a loss. */
export function tellsOfCall(type: string): boolean {
  return type === 'status-update' || type === 'end-of-call-report';
}

/** The type as a label with a bounded set of values: Vapi adds types, and a forger could invent them. */
export function typeLabel(type: string): string {
  if (type.startsWith('transcript[')) return 'transcript';
  return knownTypes.has(type) ? type : 'unknown';
}

/**
 * Vapi ends a call's set-up when an `assistant-request` takes longer than 7.5 seconds, whatever the server's timeout.
 * @param timeoutSeconds as set at Vapi, which also accepts fractions; a timer does not
 * @returns whole milliseconds
 */
export function answerLimitMs(type: string, timeoutSeconds: number): number {
  return Math.floor(Math.min(timeoutSeconds, type === 'assistant-request' ? 7.5 : 300) * 1000);
}

const optionalId = textOf(100).nullish().catch(null);
const senderSchema = z.looseObject({
  message: z.looseObject({
    assistant: z.looseObject({ id: optionalId }).nullish().catch(null),
    call: z.looseObject({ assistantId: optionalId }).nullish().catch(null),
  }),
});

/** The assistant that is speaking, whose own server gets the message; in a squad it changes within one call. */
export function speakingAssistant(body: unknown): string | null {
  const message = senderSchema.safeParse(body).data?.message;
  return message?.assistant?.id ?? message?.call?.assistantId ?? null;
}
