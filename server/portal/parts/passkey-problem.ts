/** What went wrong between the browser and a passkey, as a sentence for its owner. */
import { Refusal } from './api.ts';

/** @throws Refusal always */
export function passkeyProblem(error: unknown): never {
  const { name = '', code = '' } = error as { name?: string; code?: string };
  if (code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED' || name === 'InvalidStateError')
    throw new Refusal(0, 'passkey', 'This device has a passkey for you already.');
  if (name === 'NotAllowedError' || name === 'AbortError')
    throw new Refusal(
      0,
      'passkey',
      'No passkey was used: it was cancelled, or there is none on this device.',
    );
  throw new Refusal(0, 'passkey', 'The browser could not use a passkey here.');
}
