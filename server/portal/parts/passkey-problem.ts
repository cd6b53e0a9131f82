/** What went wrong between the browser and a passkey, as a sentence for its owner. */
import { say } from '../language/words.ts';
import { Refusal } from './api.ts';

/** @throws Refusal always */
export function passkeyProblem(error: unknown): never {
  const { name = '', code = '' } = error as { name?: string; code?: string };
  if (code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED' || name === 'InvalidStateError')
    throw new Refusal(0, 'passkey', say('passkeyKnown'));
  if (name === 'NotAllowedError' || name === 'AbortError')
    throw new Refusal(0, 'passkey', say('passkeyUnused'));
  throw new Refusal(0, 'passkey', say('passkeyFailed'));
}
