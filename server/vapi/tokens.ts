/**
 * An organization's public keys at Vapi. `/token` is in the types of `@vapi-ai/web`, not in the public documentation, and not
 * every private key may use it: `mayNotManageKeys` says whether that was the answer.
 */
import { z } from 'zod';
import { askVapi } from './sdk.ts';
import { VapiError } from './vapi-api.ts';

/** What a public key opens: web calls with these saved assistants, from pages of these origins. */
export interface KeyScope {
  origins: string[];
  assistantIds: string[];
}

/** Never with its value, which nothing here needs again. */
export interface PublicKeyAtVapi {
  id: string;
  name: string | null;
  /** Null when it is not restricted in the way that we restrict keys. */
  scope: KeyScope | null;
}

const restrictionsSchema = z.looseObject({
  enabled: z.boolean().nullish(),
  allowedOrigins: z.array(z.string()).nullish(),
  allowedAssistantIds: z.array(z.string()).nullish(),
  allowTransientAssistant: z.boolean().nullish(),
});
const tokenSchema = z.looseObject({
  id: z.string().min(1),
  tag: z.string().nullish(),
  name: z.string().nullish(),
  restrictions: restrictionsSchema.nullish(),
});
const madeSchema = z.looseObject({ id: z.string().min(1), value: z.string().regex(/^[\x21-\x7e]{8,512}$/) });

/** The longest that Vapi accepts as a key's name. */
export const longestKeyName = 40;

/** Vapi may read an empty list as "any", so a key that no page may use names one that cannot exist. */
const noPage = 'https://none.invalid';

const restrictionsOf = ({ origins, assistantIds }: KeyScope) => ({
  enabled: true,
  allowedOrigins: origins.length > 0 ? origins : [noPage],
  allowedAssistantIds: assistantIds,
  allowTransientAssistant: false,
});

/**
 * Not repeated: a second request could make a second key.
 * @throws VapiError also when a key may have been made although its answer was lost
 */
export async function createPublicKey(
  baseUrl: string,
  privateKey: string,
  name: string,
  scope: KeyScope,
): Promise<{ id: string; value: string }> {
  const body = { tag: 'public', name, restrictions: restrictionsOf(scope) };
  const made = madeSchema.safeParse(await ask(baseUrl, privateKey, 'POST', '', body));
  if (!made.success) throw new VapiError('Vapi answered with something that is not a key');
  return { id: made.data.id, value: made.data.value };
}

/** Vapi's limit for one answer, which has only 100 unless more are asked for: a key that is not listed is taken for gone. */
const mostListed = 1000;

/** @throws VapiError */
export async function listPublicKeys(baseUrl: string, privateKey: string): Promise<PublicKeyAtVapi[]> {
  const answer = await ask(baseUrl, privateKey, 'GET', `?limit=${mostListed}`);
  if (!Array.isArray(answer)) throw new VapiError('Vapi answered with something that is not a list of keys');
  return answer.flatMap((entry) => {
    const { data } = tokenSchema.safeParse(entry);
    if (data?.tag !== 'public') return [];
    return { id: data.id, name: data.name ?? null, scope: scopeOf(data.restrictions) };
  });
}

/** @throws VapiError also when Vapi shows other restrictions afterwards */
export async function setKeyScope(
  baseUrl: string,
  privateKey: string,
  id: string,
  scope: KeyScope,
): Promise<void> {
  const path = `/${encodeURIComponent(id)}`;
  const answer = await ask(baseUrl, privateKey, 'PATCH', path, { restrictions: restrictionsOf(scope) });
  const shown = tokenSchema.safeParse(answer).data?.restrictions;
  const shownScope = shown ? scopeOf(shown) : scope;
  if (shownScope === null || !isSameScope(shownScope, scope))
    throw new VapiError('Vapi did not restrict the key as it was asked to');
}

/**
 * A key that no longer exists is not an error.
 * @throws VapiError
 */
export async function deletePublicKey(baseUrl: string, privateKey: string, id: string): Promise<void> {
  await ask(baseUrl, privateKey, 'DELETE', `/${encodeURIComponent(id)}`).catch((error: unknown) => {
    if (!(error instanceof VapiError) || error.status !== 404) throw error;
  });
}

/** Whether Vapi's answer means that this private key cannot manage keys, however often it is asked. */
export function mayNotManageKeys(error: unknown): boolean {
  return error instanceof VapiError && [400, 401, 403, 404, 405, 422].includes(error.status ?? 0);
}

export function isSameScope(a: KeyScope, b: KeyScope): boolean {
  const text = ({ origins, assistantIds }: KeyScope) =>
    JSON.stringify([[...origins].sort(), [...assistantIds].sort()]);
  return text(a) === text(b);
}

function scopeOf(restrictions: z.infer<typeof restrictionsSchema> | null | undefined): KeyScope | null {
  const { enabled, allowedOrigins, allowedAssistantIds, allowTransientAssistant } = restrictions ?? {};
  if (enabled === false || !allowedOrigins?.length || !allowedAssistantIds?.length) return null;
  if (allowTransientAssistant === true) return null;
  return { origins: allowedOrigins.filter((one) => one !== noPage), assistantIds: allowedAssistantIds };
}

const timeoutMs = 5000;

/** The server SDK has no method for keys, so its `fetch` is used, which adds the private key. */
async function ask(
  baseUrl: string,
  privateKey: string,
  method: string,
  path = '',
  body?: object,
): Promise<unknown> {
  return askVapi(baseUrl, privateKey, async (client) => {
    const response = await client.fetch(`${baseUrl}/token${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // `askVapi` makes of it an error that quotes nothing: the answer has keys in it.
    if (!response.ok) throw Object.assign(new Error('refused'), { statusCode: response.status });
    return text === '' ? null : (JSON.parse(text) as unknown);
  });
}
