/** For tests of what happens when much comes at once: the product's patience with others is not what they are about. */
import { mock } from 'node:test';
import { slowness } from './until.ts';

/** Shorter times than any timeout for Vapi are pauses between two attempts. */
const shortestMs = 5000;

/**
 * Hundreds of starts in one process, with the emulator in it, keep an answer from being read for longer than the product
 * waits for Vapi; so its time limits are moved far away, for this process to its end.
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
