/**
 * Solves the proof of work that a tenant may demand before a session (ALTCHA, altcha.org): no picture, no question, the
 * visitor sees nothing of it. A chunk of its own, loaded only where it is demanded.
 */
import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import { CallError } from './failure.ts';

/**
 * The solution as `POST /v1/sessions` wants it. The browser computes off the main thread; about half a second.
 * @throws {CallError} `server_error` when the challenge makes no sense or has no solution in a minute and a half
 */
export async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey }).catch((error: unknown) => {
    throw new CallError('server_error', String(error));
  });
  if (!solution) throw new CallError('server_error', 'the challenge has no solution');
  const { counter, derivedKey } = solution;
  return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
}
