/** An organization's phone numbers at Vapi (vapi-facts 13.5): read, and who answers them changed. */
import type { Vapi } from '@vapi-ai/server-sdk';
import { z } from 'zod';
import { serverSchema, type VapiServer } from './assistants.ts';
import { askVapi } from './sdk.ts';
import { VapiError } from './vapi-api.ts';

const text = z.string().nullish();
const numberSchema = z.looseObject({
  id: z.string(),
  orgId: z.string(),
  provider: z.string(),
  number: text,
  sipUri: text,
  name: text,
  status: text,
  assistantId: text,
  squadId: text,
  workflowId: text,
  server: serverSchema.nullish(),
  fallbackDestination: z.looseObject({ number: text, sipUri: text }).nullish(),
});
export type NumberAtVapi = z.infer<typeof numberSchema>;

/** Vapi's limit for one answer. */
const limit = 1000;

/**
 * An entry that cannot be read does not hide the others.
 * @throws VapiError
 */
export async function listNumbersAtVapi(baseUrl: string, privateKey: string): Promise<NumberAtVapi[]> {
  const answer: unknown = await askVapi(baseUrl, privateKey, (client) => client.phoneNumbers.list({ limit }));
  if (!Array.isArray(answer)) throw new VapiError('Vapi answered in an unexpected form');
  return answer.flatMap((entry) => numberSchema.safeParse(entry).data ?? []);
}

/** @throws VapiError */
export async function getNumberAtVapi(
  baseUrl: string,
  privateKey: string,
  id: string,
): Promise<NumberAtVapi> {
  const answer = await askVapi(baseUrl, privateKey, (client) => client.phoneNumbers.get({ id }));
  const parsed = numberSchema.safeParse(answer);
  if (!parsed.success) throw new VapiError('Vapi answered in an unexpected form');
  return parsed.data;
}

export interface NumberChange {
  name?: string | undefined;
  /** Null = no one: its server is asked. */
  callee: { id: string; isSquad: boolean } | null;
  /** Null = none; undefined = as it is. */
  server?: VapiServer | null | undefined;
  /** E.164; null = none; undefined = as it is. */
  fallback?: string | null | undefined;
}

/** What is left out stays. @throws VapiError */
export async function changeNumberAtVapi(
  baseUrl: string,
  privateKey: string,
  { id, provider }: Pick<NumberAtVapi, 'id' | 'provider'>,
  { name, callee, server, fallback }: NumberChange,
): Promise<void> {
  const body = {
    provider,
    ...(name === undefined ? {} : { name }),
    assistantId: callee && !callee.isSquad ? callee.id : null,
    squadId: callee?.isSquad ? callee.id : null,
    workflowId: null,
    ...(server === undefined ? {} : { server }),
    ...(fallback === undefined
      ? {}
      : { fallbackDestination: fallback === null ? null : { type: 'number', number: fallback } }),
  };
  const update = { id, body } as unknown as Vapi.UpdatePhoneNumbersRequest;
  await askVapi(baseUrl, privateKey, (client) => client.phoneNumbers.update(update));
}
