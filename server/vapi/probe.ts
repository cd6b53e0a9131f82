/** Whether Vapi can be reached at all, without a key. */
import { noAnswer } from './vapi-api.ts';
import type { VapiClock } from './vapi-clock.ts';

const timeoutMs = 5000;

/**
 * Any answer will do, even a refusal: its head has Vapi's time.
 * @throws VapiError when there is none
 */
export async function probeVapi(baseUrl: string, look: VapiClock['look']): Promise<void> {
  try {
    const response = await fetch(baseUrl, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    look(response.headers);
    await response.body?.cancel();
  } catch (cause) {
    throw noAnswer(cause);
  }
}
