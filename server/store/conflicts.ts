/** Transactions that exclude each other: the database ends one of them, and that one is run again. */
import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from '../base/store-unavailable.ts';

/** Nothing of the transaction is stored: serialization_failure, deadlock_detected. */
const conflictCodes = new Set(['40001', '40P01']);

/** How distributed engines name it where the code is another. */
const restart = /restart (transaction|read)|could not serialize access/i;

/** @returns whether the same transaction may succeed if it is run again from its beginning */
export function isConflict(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return conflictCodes.has(String(code)) || (error instanceof Error && restart.test(error.message));
}

export interface Patience {
  /** How often the work is tried. */
  attempts: number;
  /** Resolves after that many milliseconds. */
  wait: (ms: number) => Promise<unknown>;
  /** From 0 to 1. */
  random: () => number;
  /** Called with the last conflict, which no one else logs: workers are silent about an unavailable database. */
  onGivenUp?: (conflict: unknown) => void;
}

/** Two seconds in all at most, so that the answer comes before a caller gives up. */
export const patience: Patience = { attempts: 10, wait: pause, random: Math.random };

/** The longest pause in milliseconds after that many attempts; the actual one is a random part of it, or two would meet again. */
const longestPause = (attempts: number) => Math.min(10 * 2 ** (attempts - 1), 500);

/**
 * Runs work again for as long as it conflicts with other work.
 * @param work has no effect outside the database, and begins each time as if it had not run before
 * @returns the result of the attempt that was stored
 * @throws StoreUnavailable after the last attempt; what the work throws otherwise
 */
export async function repeatConflicts<Result>(
  work: () => Promise<Result>,
  { attempts, wait, random, onGivenUp }: Patience = patience,
): Promise<Result> {
  for (let made = 1; ; made += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (made >= attempts) {
        onGivenUp?.(error);
        throw new StoreUnavailable(error);
      }
      await wait(random() * longestPause(made));
    }
  }
}
