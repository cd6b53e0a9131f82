/** Days and months in a tenant's time zone. Pure. */

/** @param month `YYYY-MM` @param by months to add; negative goes back */
export function monthPlus(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
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

/** @param day `YYYY-MM-DD` @param by days to add; negative goes back */
export function dayPlus(day: string, by: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + by * 86_400_000).toISOString().slice(0, 10);
}

/** @returns every day from the first to the last, both included; none when one is missing */
export function daysFrom(first: string, last: string): string[] {
  if (first === '' || last === '') return [];
  const length = Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;
  return Array.from({ length: Math.max(0, length) }, (_, index) => dayPlus(first, index));
}

/** @returns `YYYY-MM-DD` of that moment in the zone */
export function dayIn(timeZone: string, iso: string): string {
  const options = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  return new Intl.DateTimeFormat('en-GB', options).format(Date.parse(iso)).split('/').reverse().join('-');
}
