/** How much of the tenant's budget a start may reserve. Pure: the store decides with them in one transaction. */
import type { Limits } from '../../contract.ts';

/** Vapi refuses a `maxDurationSeconds` below this. */
export const shortestCallSeconds = 10;
/** After a call's maximum length: until Vapi has ended it and reported it. */
export const leaseGraceSeconds = 60;

export interface ReservedSpend {
  maxSeconds: number;
  amountMicros: number;
}

/**
 * The longest call that the limits and the remaining budget cover at the worst-case rate, so that even a call in
 * progress cannot exceed the cap.
 * @param committedMicros this month's known cost plus everything reserved
 * @returns null when the remainder does not cover the shortest call that Vapi accepts
 */
export function spendForCall(limits: Limits, committedMicros: number): ReservedSpend | null {
  const rest = BigInt(limits.monthlyBudgetMicros - committedMicros);
  if (rest <= 0n) return null;
  const perMinute = BigInt(limits.worstCaseMicrosPerMinute);
  const affordable = Number((rest * 60n) / perMinute);
  const maxSeconds = Math.min(limits.maxCallSeconds, affordable);
  if (maxSeconds < shortestCallSeconds) return null;
  return { maxSeconds, amountMicros: worstCost(limits, maxSeconds) };
}

/** Rounded up, so that the reservation always covers the granted seconds. */
export function worstCost({ worstCaseMicrosPerMinute }: Limits, seconds: number): number {
  return Number((BigInt(seconds) * BigInt(worstCaseMicrosPerMinute) + 59n) / 60n);
}

/** A message is answered within this time, which determines its lease but not its cost. */
const messageSeconds = 60;

/**
 * A text message's cost does not depend on its duration, so its reservation is never reduced to what is left: all of it
 * or nothing. It is the tenant's worst case for a minute.
 * @returns null when the remaining budget does not cover it
 */
export function spendForMessage(limits: Limits, committedMicros: number): ReservedSpend | null {
  const amountMicros = limits.worstCaseMicrosPerMinute;
  if (committedMicros + amountMicros > limits.monthlyBudgetMicros) return null;
  return { maxSeconds: messageSeconds, amountMicros };
}

/** When a call's concurrency slot is released if its end is never reported, in epoch milliseconds. */
export function leaseEnd(nowMs: number, maxSeconds: number): number {
  return nowMs + (maxSeconds + leaseGraceSeconds) * 1000;
}
