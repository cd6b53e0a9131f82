import { setTimeout as pause } from 'node:timers/promises';

/** How many times slower than a usual machine this one is, at least 1: the runner measures it once (`test/run.ts`). */
const slowness = Math.max(1, Number(process.env.TEST_SLOWNESS) || 1);

/** Whole milliseconds, since no timer takes 919999.9999999999, which is what 200 s times 4.6 comes out as. */
export const slowed = (ms: number): number => Math.round(ms * slowness);

/**
 * Waits for a condition, never for a duration: the time limit only catches what never happens.
 * @param what named in the error when it does not become true in time
 * @param timeoutMs milliseconds on a usual machine; a slower one gets more
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  what: string,
  timeoutMs = 180_000,
): Promise<NonNullable<Value>> {
  const patienceMs = slowed(timeoutMs);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
    await pause(20);
  }
}
