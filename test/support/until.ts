import { setTimeout as pause } from 'node:timers/promises';

/** How many times slower than a usual machine this one is, at least 1: the runner measures it once (`test/run.ts`). */
export const slowness = Math.max(1, Number(process.env.TEST_SLOWNESS) || 1);

/**
 * Waits for a condition, never for a duration: the time limit only catches what never happens.
 * @param what named in the error when it does not become true in time
 * @param timeoutMs milliseconds on a usual machine; a slower one gets more
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  what: string,
  timeoutMs = 60_000,
): Promise<NonNullable<Value>> {
  const patienceMs = timeoutMs * slowness;
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline)
      throw new Error(`waited ${Math.round(patienceMs)} ms in vain for ${what}`);
    await pause(20);
  }
}
