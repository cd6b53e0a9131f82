/** Runs a command as if it were another day, with Debian's `faketime`; timers run as usual. */
import { spawnSync } from 'node:child_process';

export interface MovedDate {
  /** Local time of the zone. */
  at: string;
  timeZone: string;
  /** Whether every server test and some whole pages are run then, or only those that read the system's clock. */
  all: boolean;
}

/** Minutes before something changes: month and leap day, year, and the two changes of the clocks. */
export const movedDates: MovedDate[] = [
  { at: '2028-02-29 23:50:00', timeZone: 'UTC', all: true },
  { at: '2026-11-30 23:50:00', timeZone: 'UTC', all: false },
  { at: '2026-12-31 23:50:00', timeZone: 'America/New_York', all: false },
  { at: '2027-03-28 01:59:00', timeZone: 'Europe/Berlin', all: false },
  { at: '2027-10-31 02:59:00', timeZone: 'Europe/Berlin', all: false },
];

/** @returns how to install what is missing; undefined when the clock can be moved */
export function whyNotMoved(): string | undefined {
  const isHere = spawnSync('faketime', ['--version'], { stdio: 'ignore' }).status === 0;
  return isHere ? undefined : 'faketime is not here: apt-get install -y faketime';
}

/** @returns the command, its arguments and its environment, as if started at that time */
export function moved(
  { at, timeZone }: Pick<MovedDate, 'at' | 'timeZone'>,
  command: string,
  args: string[],
  env: Record<string, string>,
): [string, string[], Record<string, string>] {
  return ['faketime', ['--exclude-monotonic', at, command, ...args], { ...env, TZ: timeZone }];
}
