/** When an org is compared with Vapi again. Pure. */
import { growingPauses } from '../base/pauses.ts';
import type { Cadence } from '../store/sweeps.ts';

const minute = 60_000;
const hour = 60 * minute;

/**
 * The longest time from one sweep to the next. Whatever is shortest decides how soon a call whose report was lost is
 * booked, and its client's budget known.
 */
export const sweepEveryMs: Record<Cadence, number> = { busy: 5 * minute, quiet: 12 * minute, asleep: hour };

/** An org is busy for this long after a start or call, and asleep when there was none for the second. */
const busyForMs = hour;
export const awakeForMs = 72 * hour;

/** @param activeAt when a call was last begun or granted, or a setting changed; null = not within `awakeForMs` */
export function cadenceOf(activeAt: number | null, nowMs: number): Cadence {
  if (activeAt === null || nowMs - activeAt > awakeForMs) return 'asleep';
  return nowMs - activeAt > busyForMs ? 'quiet' : 'busy';
}

/** A part of each pause is random, so that orgs which were due at once do not stay so. */
const jitter = (ms: number, random: number) => Math.round(ms * (0.9 + 0.1 * random));

/** @param random from 0 to 1 */
export function nextSweepAt(cadence: Cadence, nowMs: number, random = Math.random()): number {
  return nowMs + jitter(sweepEveryMs[cadence], random);
}

const pauseAfter = growingPauses(5 * minute, hour);

/**
 * @param failures in succession, including this one
 * @param retryAfterSeconds if Vapi said so
 */
export function retrySweepAt(
  failures: number,
  retryAfterSeconds: number | null,
  nowMs: number,
  random = Math.random(),
): number {
  const asked = Math.min((retryAfterSeconds ?? 0) * 1000, hour);
  return nowMs + Math.max(asked, jitter(pauseAfter(failures), random));
}
