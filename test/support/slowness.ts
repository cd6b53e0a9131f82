import { spawnSync } from 'node:child_process';

/** Milliseconds for an empty process on the machine for which the time limits were written. */
const usualMs = 60;

/**
 * Measured by what the tests do most, starting processes: it also notices a slow disk and a busy neighbour.
 * @returns how many times slower than usual this machine currently is, from 1 to 20
 */
export function measureSlowness(): number {
  const startedAt = performance.now();
  const starts = 5;
  for (let start = 0; start < starts; start += 1) spawnSync(process.execPath, ['--eval', '0']);
  const ratio = (performance.now() - startedAt) / starts / usualMs;
  return Math.round(Math.min(20, Math.max(1, ratio)) * 10) / 10;
}
