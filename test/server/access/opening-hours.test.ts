/** Opening hours in the tenant's local time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOpen } from '../../../server/access/start/opening-hours.ts';
import type { OpeningHours } from '../../../server/contract.ts';

const weekdays: OpeningHours = [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' }];
const fridayNight: OpeningHours = [{ days: [5], from: '22:00', to: '02:00' }];
const sundayNight: OpeningHours = [{ days: [7], from: '22:00', to: '02:00' }];
const allDay: OpeningHours = [{ days: [1], from: '00:00', to: '00:00' }];
const lunch: OpeningHours = [
  { days: [1], from: '09:00', to: '12:00' },
  { days: [1], from: '13:00', to: '17:00' },
];
/** The hour that is skipped, and the one that is repeated, in Berlin. */
const night: OpeningHours = [{ days: [7], from: '02:00', to: '03:00' }];

const cases: [hours: OpeningHours | null, zone: string, at: string, open: boolean, why: string][] = [
  [null, 'UTC', '2026-11-10T03:00:00Z', true, 'no hours: always'],
  [weekdays, 'UTC', '2026-11-10T09:00:00Z', true, 'Tuesday, the first minute'],
  [weekdays, 'UTC', '2026-11-10T08:59:59.999Z', false, 'Tuesday, just before'],
  [weekdays, 'UTC', '2026-11-10T16:59:59Z', true, 'Tuesday, the last minute'],
  [weekdays, 'UTC', '2026-11-10T17:00:00Z', false, 'Tuesday, closing time'],
  [weekdays, 'UTC', '2026-11-14T12:00:00Z', false, 'Saturday'],
  [weekdays, 'Europe/Berlin', '2026-11-10T08:30:00Z', true, 'half past nine in Berlin in winter'],
  [weekdays, 'Europe/Berlin', '2026-07-07T07:30:00Z', true, 'half past nine in Berlin in summer'],
  [weekdays, 'Europe/Berlin', '2026-07-07T15:30:00Z', false, 'half past five in Berlin in summer'],
  [weekdays, 'Pacific/Auckland', '2026-11-08T20:30:00Z', true, 'Monday in Auckland, Sunday in Greenwich'],
  [
    weekdays,
    'America/Los_Angeles',
    '2026-11-14T00:30:00Z',
    true,
    'Friday in California, Saturday in Greenwich',
  ],
  [weekdays, 'Asia/Kathmandu', '2026-11-10T03:14:00Z', false, 'a zone with 45 minutes, 08:59'],
  [weekdays, 'Asia/Kathmandu', '2026-11-10T03:15:00Z', true, 'a zone with 45 minutes, 09:00'],
  [fridayNight, 'UTC', '2026-11-13T22:00:00Z', true, 'Friday night'],
  [fridayNight, 'UTC', '2026-11-14T01:59:00Z', true, 'Friday night, past midnight'],
  [fridayNight, 'UTC', '2026-11-14T02:00:00Z', false, 'Friday night is over'],
  [fridayNight, 'UTC', '2026-11-13T01:00:00Z', false, 'the night before Friday'],
  [fridayNight, 'UTC', '2026-11-14T22:30:00Z', false, 'Saturday night'],
  [sundayNight, 'UTC', '2026-11-16T01:00:00Z', true, 'Sunday night reaches into Monday'],
  [sundayNight, 'UTC', '2026-11-15T01:00:00Z', false, 'Saturday night does not'],
  [allDay, 'UTC', '2026-11-09T00:00:00Z', true, 'from midnight to midnight: the first minute'],
  [allDay, 'UTC', '2026-11-09T23:59:00Z', true, 'from midnight to midnight: the last minute'],
  [allDay, 'UTC', '2026-11-10T00:00:00Z', false, 'from midnight to midnight: the next day'],
  [lunch, 'UTC', '2026-11-09T12:30:00Z', false, 'the lunch break'],
  [lunch, 'UTC', '2026-11-09T13:00:00Z', true, 'after the lunch break'],
  [night, 'Europe/Berlin', '2026-03-29T01:30:00Z', false, 'the clock goes forward: there is no 02:30'],
  [night, 'Europe/Berlin', '2026-10-25T00:30:00Z', true, 'the clock goes back: 02:30 for the first time'],
  [night, 'Europe/Berlin', '2026-10-25T01:30:00Z', true, 'the clock goes back: 02:30 for the second time'],
  [night, 'Europe/Berlin', '2026-10-25T02:00:00Z', false, 'the clock went back: 03:00'],
];

describe('opening hours', () => {
  for (const [hours, zone, at, open, why] of cases) {
    it(`${why}: ${open ? 'open' : 'closed'}`, () => assert.equal(isOpen(hours, zone, Date.parse(at)), open));
  }
});
