/** Days and months in a tenant's time zone. Pure. */

/** @param month `YYYY-MM` @param by months to add; negative goes back */
export function monthPlus(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

/** @returns the days of `YYYY-MM`, each `YYYY-MM-DD` */
export function daysOf(month: string): string[] {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`);
}

/** @returns `YYYY-MM` of that moment in the zone */
export function monthIn(timeZone: string, iso: string): string {
  const [month = '', year = ''] = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
  })
    .format(Date.parse(iso))
    .split('/');
  return `${year}-${month}`;
}

/** @returns the last `YYYY-MM` that ended in UTC at least that many hours ago */
export function lastDueMonth(iso: string, hours: number): string {
  return monthPlus(monthIn('UTC', new Date(Date.parse(iso) - hours * 3_600_000).toISOString()), -1);
}

/** @returns the instant at which the day begins in the zone, ISO-8601 UTC */
export function startOfDay(day: string, timeZone: string): string {
  const wall = Date.parse(`${day}T00:00:00Z`);
  // If clocks change between the guess and the result, their offsets differ; a second round is enough.
  let at = wall;
  for (let round = 0; round < 2; round += 1) at = wall - offsetMs(at, timeZone);
  return new Date(at).toISOString();
}

/** How far the zone's clocks are ahead of UTC. */
function offsetMs(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(at / 1000) * 1000;
}
