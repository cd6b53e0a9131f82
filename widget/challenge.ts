/**
 * Solves the proof of work that a tenant may require before a session (ALTCHA, altcha.org): no picture, no question,
 * invisible to the visitor. A separate chunk, loaded only where it is required.
 */
import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import { CallError } from './failure.ts';

/**
 * The solution in the form `POST /v1/sessions` expects. Computed off the main thread; about half a second.
 * @throws {CallError} `server_error` when the challenge is malformed or has no solution within a minute and a half
 */
export async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey }).catch((error: unknown) => {
    throw new CallError('server_error', String(error));
  });
  if (!solution) throw new CallError('server_error', 'the challenge has no solution');
  const { counter, derivedKey } = solution;
  return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
}
