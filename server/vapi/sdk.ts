/** The server SDK as this server uses it: short timeouts, no retries of its own, one kind of error. */
import { VapiClient } from '@vapi-ai/server-sdk';
import { VapiError } from './vapi-api.ts';
import { fetchWithLook, type VapiClock } from './vapi-clock.ts';

const timeoutInSeconds = 5;

/** @throws VapiError */
export async function askVapi<Answer>(
  baseUrl: string,
  privateKey: string,
  ask: (client: VapiClient) => Promise<Answer>,
  look?: VapiClock['look'],
): Promise<Answer> {
  try {
    const request = fetchWithLook(look);
    // When `fetch` throws, the SDK (2.0.1) leaves its time limit running, which keeps the process alive.
    const fetch: typeof globalThis.fetch = (input, init) =>
      request(input, init).catch(() => Response.error());
    return await ask(new VapiClient({ token: privateKey, baseUrl, maxRetries: 0, timeoutInSeconds, fetch }));
  } catch (cause) {
    const statusCode = (cause as { statusCode?: number }).statusCode || null;
    // The SDK's message quotes Vapi's answer, which may contain an assistant with its secrets.
    throw new VapiError(
      statusCode === null ? 'no answer from Vapi' : `Vapi answered ${statusCode}`,
      statusCode,
    );
  }
}
