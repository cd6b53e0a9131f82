/** Slows all requests to Stripe down together once it refuses one because there are too many (429). */
import { setTimeout as pause } from 'node:timers/promises';
import { growingPauses } from '../../base/pauses.ts';

interface Response {
  getStatusCode(): number;
  getHeaders(): Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: any body
  toJSON(): Promise<any>;
}

/** Monotonic, in milliseconds. */
interface Clock {
  now(): number;
  wait(ms: number): Promise<unknown>;
}

const pauseAfter = growingPauses(250, 8000);
/** After that the caller decides: a person does not wait for long, a month's close does. */
const mostTries = 5;

/** Set on answers that Stripe replays from its memory of a key: asking again is no use. */
export const repeatedHeader = 'idempotent-replayed';

/**
 * Wraps the sending of requests: a refused one is sent again, after a pause that all others wait for, too, and that grows
 * with each refusal.
 */
export function paced<Arguments extends unknown[], Answer extends Response>(
  send: (...request: Arguments) => Promise<Answer>,
  { now, wait }: Clock = { now: () => performance.now(), wait: (ms) => pause(ms) },
): (...request: Arguments) => Promise<Answer> {
  let refusals = 0;
  let opensAt = 0;
  return async (...request) => {
    for (let tries = 1; ; tries += 1) {
      while (now() < opensAt) await wait(opensAt - now());
      const answer = await send(...request);
      const isRefused = answer.getStatusCode() === 429 && answer.getHeaders()[repeatedHeader] !== 'true';
      const isOpen = now() >= opensAt;
      // What was sent before the pause says nothing about the time after it.
      if (!isRefused && isOpen) refusals = 0;
      if (isRefused && isOpen) {
        refusals += 1;
        opensAt = now() + pauseAfter(refusals);
      }
      if (!isRefused || tries === mostTries) return answer;
      // Its connection is free once it has been read.
      await answer.toJSON().catch(() => {});
    }
  };
}
