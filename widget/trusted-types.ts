/** Whether the page's policy lets Daily's code load its script. In the call's chunk. */
import type { Failure } from './failure.ts';

/**
 * Daily passes its script's address as plain text, which Trusted Types forbid.
 * @throws {Error & {failure: Failure}} `misconfigured`, before requesting a call that could not be joined
 */
export function checkPolicy(): void {
  try {
    document.createElement('script').src = '#';
  } catch {
    const text =
      "the page's require-trusted-types-for stops Daily's script: add a default policy whose createScriptURL lets https://c.daily.co through.";
    const failure: Failure = { code: 'misconfigured', retryAfterSeconds: null };
    throw Object.assign(new Error(text), { failure });
  }
}
