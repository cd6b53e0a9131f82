/** Whether calls may start now, by the tenant's clock. Pure. */
import { clockIn } from '../../base/time-zone.ts';
import type { OpeningHours } from '../../contract.ts';

/** An interval whose `to` is at or before its `from` reaches into the next day. */
export function isOpen(hours: OpeningHours | null, timeZone: string, nowMs: number): boolean {
  if (hours === null) return true;
  const { weekday, time } = clockIn(timeZone, nowMs);
  const dayBefore = weekday === 1 ? 7 : weekday - 1;
  return hours.some(({ days, from, to }) => {
    if (from < to) return days.includes(weekday) && time >= from && time < to;
    return (days.includes(weekday) && time >= from) || (days.includes(dayBefore) && time < to);
  });
}
