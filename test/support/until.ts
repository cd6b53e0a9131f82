import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits for a condition, never for a duration.
 * @param what is said when it does not come true in time
 * @param timeoutMs milliseconds
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  what: string,
  timeoutMs = 10_000,
): Promise<NonNullable<Value>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(20);
  }
}
