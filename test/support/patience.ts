/** For tests with many simultaneous requests, which are not about the product's timeouts. */
import { mock } from 'node:test';
import { slowness } from './until.ts';

/** Shorter times than any timeout for Vapi are pauses between two attempts. */
const shortestMs = 5000;

/**
 * Hundreds of starts in one process, with the emulator in it, delay reading an answer for longer than the product waits
 * for Vapi; so its time limits are raised, for the rest of this process.
 */
export function makePatient(): void {
  const far = (ms: number) => (ms >= shortestMs ? ms * 20 * slowness : ms);
  const signal = AbortSignal.timeout.bind(AbortSignal);
  mock.method(AbortSignal, 'timeout', (ms: number) => signal(far(ms)));
  const timer = globalThis.setTimeout;
  mock.method(globalThis, 'setTimeout', (run: () => void, ms = 0, ...more: []) =>
    timer(run, far(ms), ...more),
  );
}
