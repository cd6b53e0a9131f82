/** For tests with many requests at once, which do not test the product's time limits for other services. */
import { after, before, mock } from 'node:test';
import { slowed } from './until.ts';

/** Shorter times than any timeout for Vapi are pauses between two attempts. */
const shortestMs = 5000;

/**
 * Hundreds of starts in one process, with the emulator in it, keep an answer from being read for longer than the product
 * waits for Vapi; so its time limits are moved far away while the tests of the file run.
 */
export function makePatient(): void {
  const far = (ms: number) => (ms >= shortestMs ? slowed(ms * 20) : ms);
  const signal = AbortSignal.timeout.bind(AbortSignal);
  const timer = globalThis.setTimeout;
  before(() => {
    mock.method(AbortSignal, 'timeout', (ms: number) => signal(far(ms)));
    mock.method(globalThis, 'setTimeout', (run: () => void, ms = 0, ...more: []) =>
      timer(run, far(ms), ...more),
    );
  });
  after(() => mock.restoreAll());
}
