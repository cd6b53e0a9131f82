/** Billing periods: calendar months in the tenant's time zone, as half-open ranges of days. Pure. */
import { dayIn, dayMs, nextMonth } from '../../base/time-zone.ts';

/** Days `YYYY-MM-DD`, `to` exclusive. */
export interface Period {
  from: string;
  to: string;
}

/** @param month `YYYY-MM` */
export function monthPeriod(month: string): Period {
  return { from: `${month}-01`, to: `${nextMonth(month)}-01` };
}

export function monthOfDay(day: string): string {
  return day.slice(0, 7);
}

/** @param month `YYYY-MM` */
export function monthBefore(month: string): string {
  return monthOfDay(addDays(`${month}-01`, -1));
}

export function daysIn({ from, to }: Period): number {
  return (Date.parse(to) - Date.parse(from)) / dayMs;
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * dayMs).toISOString().slice(0, 10);
}

/** @returns the common days, or null when there are none */
export function intersect(a: Period, b: Period): Period | null {
  const [, from = ''] = [a.from, b.from].sort();
  const [to = ''] = [a.to, b.to].sort();
  return from < to ? { from, to } : null;
}

/**
 * The first instant of a day in the zone, in epoch milliseconds. Found by search, because a day may begin at any offset
 * and in some zones a clock change skips midnight.
 */
export function startOfDay(timeZone: string, day: string): number {
  const guess = Date.parse(day);
  let before = guess - 16 * 3_600_000;
  let notBefore = guess + 16 * 3_600_000;
  while (notBefore - before > 1) {
    const middle = Math.floor((before + notBefore) / 2);
    if (dayIn(timeZone, middle) < day) before = middle;
    else notBefore = middle;
  }
  return notBefore;
}

/** The month in the zone in epoch milliseconds, half-open. */
export function monthInstants(timeZone: string, month: string): { from: number; to: number } {
  const { from, to } = monthPeriod(month);
  return { from: startOfDay(timeZone, from), to: startOfDay(timeZone, to) };
}
