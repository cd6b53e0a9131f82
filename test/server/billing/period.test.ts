import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { centsToDecimal, isSupportedCurrency, microsToDecimal } from '../../../server/base/money.ts';
import { dayIn } from '../../../server/base/time-zone.ts';
import { daysIn, intersect, monthPeriod, startOfDay } from '../../../server/billing/plan/period.ts';

describe('a billing period', () => {
  it('is a calendar month of days', () => {
    assert.deepEqual(monthPeriod('2026-12'), { from: '2026-12-01', to: '2027-01-01' });
    assert.equal(daysIn(monthPeriod('2028-02')), 29);
    // The clocks change on 25 October 2026 in Berlin: the month still has 31 days.
    assert.equal(daysIn(monthPeriod('2026-10')), 31);
  });

  it('has the days that two periods share', () => {
    const november = monthPeriod('2026-11');
    assert.deepEqual(intersect(november, { from: '2026-10-05', to: '2026-11-04' }), {
      from: '2026-11-01',
      to: '2026-11-04',
    });
    assert.equal(intersect(november, monthPeriod('2026-12')), null);
  });

  it('begins when the local day begins, even when the clocks change or skip midnight', () => {
    const iso = (zone: string, day: string) => new Date(startOfDay(zone, day)).toISOString();
    assert.equal(iso('UTC', '2026-11-01'), '2026-11-01T00:00:00.000Z');
    assert.equal(iso('Europe/Berlin', '2026-10-25'), '2026-10-24T22:00:00.000Z');
    assert.equal(iso('Europe/Berlin', '2026-10-26'), '2026-10-25T23:00:00.000Z');
    assert.equal(iso('Pacific/Kiritimati', '2026-11-01'), '2026-10-31T10:00:00.000Z');
    assert.equal(iso('Pacific/Pago_Pago', '2026-11-01'), '2026-11-01T11:00:00.000Z');
    // Midnight of 8 September 2024 did not exist in Santiago: the day began at 01:00, three hours behind UTC.
    assert.equal(iso('America/Santiago', '2024-09-08'), '2024-09-08T04:00:00.000Z');
  });

  it('begins with the first instant of its day', () => {
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe');
    const days = fc.date({ min: new Date('2026-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(zones, days, (zone, date) => {
        const day = date.toISOString().slice(0, 10);
        const start = startOfDay(zone, day);
        assert.equal(dayIn(zone, start), day);
        assert.ok(dayIn(zone, start - 1) < day);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an amount', () => {
  it('is written with the digits of its currency', () => {
    assert.equal(centsToDecimal(123_456, 'usd'), '1234.56');
    assert.equal(centsToDecimal(-5, 'eur'), '-0.05');
    assert.equal(centsToDecimal(500, 'jpy'), '500');
    assert.equal(microsToDecimal(32_500, 'usd'), '0.0325');
    assert.equal(microsToDecimal(1_000_000, 'usd'), '1.00');
    assert.equal(microsToDecimal(1_000_000, 'jpy'), '1');
  });

  it('has no currency that Stripe counts differently', () => {
    assert.deepEqual(['usd', 'jpy', 'kwd', 'isk', 'zzz', 'USD', ''].filter(isSupportedCurrency), [
      'usd',
      'jpy',
    ]);
  });
});
