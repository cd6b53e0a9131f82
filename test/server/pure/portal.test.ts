/** What the portal calculates itself: readable colours, days of a time zone, amounts as people read them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { centsToDecimal, isSupportedCurrency } from '../../../server/base/money.ts';
import { contrast, readable } from '../../../server/portal/pure/color.ts';
import {
  change,
  duration,
  exactMoney,
  money,
  period,
  shortMoney,
} from '../../../server/portal/pure/format.ts';
import {
  dayIn,
  dayPlus,
  daysFrom,
  monthIn,
  monthPlus,
  startOfDay,
} from '../../../server/portal/pure/zone.ts';

const light = ['#ffffff', '#f4f6f8'];
const dark = ['#1a2028', '#11161c'];

test('every colour becomes readable on light and on dark, also under the text of a button', () => {
  const color = fc
    .integer({ min: 0, max: 0xffffff })
    .map((value) => `#${value.toString(16).padStart(6, '0')}`);
  fc.assert(
    fc.property(color, (chosen) => {
      for (const backgrounds of [light, dark]) {
        const shown = readable(chosen, backgrounds);
        assert.match(shown, /^#[0-9a-f]{6}$/);
        for (const background of backgrounds)
          assert.ok(contrast(shown, background) >= 4.5, `${chosen}: ${shown}`);
      }
    }),
  );
});

test('a colour that is readable already stays as it is', () => {
  assert.equal(readable('#0f5c6e', light), '#0f5c6e');
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.notEqual(readable('#ffd400', light), '#ffd400');
  assert.equal(readable('#ffd400', dark), '#ffd400');
});

test('a day begins by local time, even if the clocks change that night', () => {
  assert.equal(startOfDay('2026-11-01', 'UTC'), '2026-11-01T00:00:00.000Z');
  assert.equal(startOfDay('2026-12-01', 'Europe/Berlin'), '2026-11-30T23:00:00.000Z');
  // Summer time begins on 29 March at 01:00 UTC and ends on 25 October at 01:00 UTC.
  assert.equal(startOfDay('2026-03-29', 'Europe/Berlin'), '2026-03-28T23:00:00.000Z');
  assert.equal(startOfDay('2026-03-30', 'Europe/Berlin'), '2026-03-29T22:00:00.000Z');
  assert.equal(startOfDay('2026-10-26', 'Europe/Berlin'), '2026-10-25T23:00:00.000Z');
  assert.equal(startOfDay('2026-11-01', 'America/New_York'), '2026-11-01T04:00:00.000Z');
  assert.equal(startOfDay('2026-11-01', 'Asia/Kathmandu'), '2026-10-31T18:15:00.000Z');
});

test('months are local, and continue across the end of a year', () => {
  assert.equal(monthIn('Europe/Berlin', '2026-11-30T23:30:00Z'), '2026-12');
  assert.equal(monthIn('UTC', '2026-11-30T23:30:00Z'), '2026-11');
  assert.equal(monthPlus('2026-01', -1), '2025-12');
  assert.equal(monthPlus('2026-12', 1), '2027-01');
  assert.equal(daysFrom('2028-02-01', '2028-02-29').length, 29);
  assert.equal(daysFrom('2026-12-01', '2026-12-31').at(-1), '2026-12-31');
  assert.deepEqual([daysFrom('', '2026-12-31'), daysFrom('2026-12-02', '2026-12-01')], [[], []]);
  assert.equal(dayPlus('2026-03-01', -1), '2026-02-28');
  assert.equal(dayIn('Europe/Berlin', '2026-12-31T23:30:00Z'), '2027-01-01');
});

test('amounts have their currency’s decimals, and small ones all of theirs', () => {
  assert.equal(money(123_456, 'usd'), '$1,234.56');
  assert.equal(money(-50, 'eur'), '-€0.50');
  assert.equal(money(1234, 'jpy'), '¥1,234');
  assert.equal(exactMoney(123_456, 'usd'), '$0.123456');
  assert.equal(shortMoney(123_456, 'usd'), '$0.123');
  assert.equal(shortMoney(600_000, 'eur'), '€0.60');
  assert.equal(exactMoney(600_000, 'usd'), '$0.6000');
});

// ISO 4217 and the browser count some of these differently: no decimals for the first ones, three for lyd.
for (const [currency, shown] of [
  ['idr', 'IDR 150,000.00'],
  ['cop', 'COP 150,000.00'],
  ['pkr', 'PKR 150,000.00'],
  ['lbp', 'LBP 150,000.00'],
  ['all', 'ALL 150,000.00'],
  ['lyd', 'LYD 150,000.00'],
  ['jpy', '¥15,000,000'],
  ['mga', 'MGA 15,000,000'],
] as const) {
  test(`15,000,000 units of ${currency} are ${shown}`, () => {
    assert.equal(money(15_000_000, currency).replaceAll('\u00a0', ' '), shown);
  });
}

test('in every currency the portal shows the amount that the invoice prints', () => {
  const currencies = Intl.supportedValuesOf('currency')
    .map((code) => code.toLowerCase())
    .filter(isSupportedCurrency);
  assert.ok(currencies.length > 130);
  const digits = (text: string) => text.slice(text.search(/\d/)).replaceAll(',', '');
  for (const currency of currencies) {
    assert.equal(digits(money(15_000_001, currency)), centsToDecimal(15_000_001, currency), currency);
  }
});

test('lengths and periods read as people say them', () => {
  assert.equal(duration(0), '0 s');
  assert.equal(duration(60), '1 min');
  assert.equal(duration(3599), '59 min 59 s');
  assert.equal(duration(4083), '1 h 8 m');
  assert.equal(duration(36_000_000), '10,000 h 0 m');
  assert.equal(duration(-75), '-1 min 15 s');
  assert.equal(period('2026-10-01', '2026-11-01'), '1 Oct 2026 to 31 Oct 2026');
});

test('a change is a percentage only where that says something, and never no number', () => {
  const cases: [now: number, before: number, text: string][] = [
    [0, 0, 'before: 0'],
    [34, 1, 'before: 1'],
    [5, 9, 'before: 9'],
    [400, 40, 'before: 40'],
    [399, 40, '+898 % (before: 40)'],
    [50, 40, '+25 % (before: 40)'],
    [40, 40, '0 % (before: 40)'],
    [0, 1200, '−100 % (before: 1,200)'],
  ];
  for (const [now, before, text] of cases) assert.equal(change(now, before), text);
  const number = fc.nat({ max: 1e9 });
  fc.assert(
    fc.property(number, number, (now, before) =>
      /^(?:[+−]?\d{1,3} % \()?before: [\d,]+\)?$/.test(change(now, before)),
    ),
  );
});
