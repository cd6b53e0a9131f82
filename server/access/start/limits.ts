/** What a start may hold of the tenant's budget. Pure: the store decides, in one transaction, with these numbers. */
import type { Limits } from '../../contract.ts';

/** Vapi refuses a `maxDurationSeconds` below this. */
const shortestCallSeconds = 10;
/** After a call's maximum length: until Vapi has ended it and told us. */
const leaseGraceSeconds = 60;

export interface Hold {
  maxSeconds: number;
  amountMicros: number;
}

/**
 * The longest call that the limits and the rest of the budget pay for at the worst-case rate, so that even a call in
 * progress cannot pass the cap.
 * @param committedMicros this month's known cost plus everything held
 * @returns null when the rest does not pay for the shortest call that Vapi accepts
 */
export function holdFor(limits: Limits, committedMicros: number): Hold | null {
  const rest = BigInt(limits.monthlyBudgetMicros - committedMicros);
  if (rest <= 0n) return null;
  const perMinute = BigInt(limits.worstCaseMicrosPerMinute);
  const affordable = Number((rest * 60n) / perMinute);
  const maxSeconds = Math.min(limits.maxCallSeconds, affordable);
  if (maxSeconds < shortestCallSeconds) return null;
  // Rounded up, so that what is held always covers the seconds that are granted.
  const amountMicros = Number((BigInt(maxSeconds) * perMinute + 59n) / 60n);
  return { maxSeconds, amountMicros };
}

/** A message is answered within this time; its lease follows from it, its cost does not. */
const messageSeconds = 60;

/**
 * What a text message may cost does not depend on how long it takes, so its hold is never cut to what is left: all of it
 * or none. It is the tenant's worst case of a minute.
 * @returns null when the rest of the budget does not pay for it
 */
export function holdForMessage(limits: Limits, committedMicros: number): Hold | null {
  const amountMicros = limits.worstCaseMicrosPerMinute;
  if (committedMicros + amountMicros > limits.monthlyBudgetMicros) return null;
  return { maxSeconds: messageSeconds, amountMicros };
}

/** When the concurrency slot of a call frees itself if no end is ever reported, in epoch milliseconds. */
export function leaseEnd(nowMs: number, maxSeconds: number): number {
  return nowMs + (maxSeconds + leaseGraceSeconds) * 1000;
}
