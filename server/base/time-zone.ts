/** Calendar days and months in a tenant's time zone. Pure; formatters are kept because making one is slow. */
export const dayMs = 86_400_000;

const formatters = new Map<string, Intl.DateTimeFormat>();

export function isTimeZone(name: string): boolean {
  try {
    formatter(name);
    return true;
  } catch {
    return false;
  }
}

/** @returns `YYYY-MM-DD` of the instant (epoch milliseconds) in that zone */
export function dayIn(timeZone: string, atMs: number): string {
  return formatter(timeZone).format(atMs);
}

/** @returns `YYYY-MM` of the instant (epoch milliseconds) in that zone */
export function monthIn(timeZone: string, atMs: number): string {
  return dayIn(timeZone, atMs).slice(0, 7);
}

/** @param month `YYYY-MM` */
export function nextMonth(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const clocks = new Map<string, Intl.DateTimeFormat>();

/** @returns local weekday and time: 1 = Monday … 7 = Sunday, and `HH:MM` */
export function clockIn(timeZone: string, atMs: number): { weekday: number; time: string } {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timeZone, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return { weekday: weekdays.indexOf(parts.weekday ?? '') + 1, time: `${parts.hour}:${parts.minute}` };
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone);
  if (!found) {
    // Swedish dates are written YYYY-MM-DD.
    found = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formatters.set(timeZone, found);
  }
  return found;
}
