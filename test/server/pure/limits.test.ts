import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashNetwork, networkOf, siteOf } from '../../../server/access/identity/visitor-network.ts';
import { spendForCall, spendForMessage } from '../../../server/access/start/limits.ts';
import { dayIn, isTimeZone, monthIn, nextMonth } from '../../../server/base/time-zone.ts';
import { defaultLimits } from '../../../server/contract.ts';

describe('what a start reserves of the budget', () => {
  // $0.30 a minute is 5,000 micros a second.
  const limits = {
    ...defaultLimits,
    maxCallSeconds: 600,
    monthlyBudgetMicros: 10_000_000,
    worstCaseMicrosPerMinute: 300_000,
  };
  const cases: [committed: number, spend: ReturnType<typeof spendForCall>, why: string][] = [
    [0, { maxSeconds: 600, amountMicros: 3_000_000 }, 'the longest call when there is room for it'],
    [
      7_000_000,
      { maxSeconds: 600, amountMicros: 3_000_000 },
      'the longest call when there is room for exactly it',
    ],
    [7_000_001, { maxSeconds: 599, amountMicros: 2_995_000 }, 'a second less when a micro is missing'],
    [9_950_000, { maxSeconds: 10, amountMicros: 50_000 }, 'the shortest call that Vapi accepts'],
    [9_950_001, null, 'nothing when that is not paid for'],
    [10_000_000, null, 'nothing when the budget is used up'],
    [12_000_000, null, 'nothing when the budget is passed'],
  ];
  for (const [committed, spend, why] of cases) {
    it(why, () => assert.deepEqual(spendForCall(limits, committed), spend));
  }

  it('of a message is all of its worst case or nothing', () => {
    const spend = { maxSeconds: 60, amountMicros: 300_000 };
    assert.deepEqual(spendForMessage(limits, 0), spend);
    assert.deepEqual(spendForMessage({ ...limits, maxCallSeconds: 10 }, 9_700_000), spend);
    assert.equal(spendForMessage(limits, 9_700_001), null);
  });

  it('never passes the budget and always covers the granted seconds', () => {
    const budget = fc.integer({ min: 0, max: 1_000_000_000 });
    fc.assert(
      fc.property(
        budget,
        budget,
        fc.integer({ min: 1, max: 5_000_000 }),
        (monthlyBudgetMicros, committed, rate) => {
          const spend = spendForCall(
            { ...limits, monthlyBudgetMicros, worstCaseMicrosPerMinute: rate },
            committed,
          );
          if (!spend) return;
          assert.ok(committed + spend.amountMicros <= monthlyBudgetMicros);
          assert.ok(spend.amountMicros * 60 >= spend.maxSeconds * rate);
        },
      ),
    );
  });
});

describe('a visitor is counted by its network', () => {
  const cases: [address: string | undefined, network: string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1234:56ab::1', '20010db8123456/56'],
    ['2001:db8:1234:56ff:ffff::', '20010db8123456/56'],
    ['2001:0DB8:1234:5600::', '20010db8123456/56'],
    ['2001:db8:1234:57ab::1', '20010db8123457/56'],
    ['::1', '00000000000000/56'],
    ['fe80::1%eth0', 'fe800000000000/56'],
    ['192.0.2.7:51234', '192.0.2.7'],
    ['[2001:db8:1234:56ab::1]:443', '20010db8123456/56'],
    ['[2001:db8:1234:56ab::1]', '20010db8123456/56'],
    ['[::ffff:192.0.2.7]:80', '192.0.2.7'],
    ['192.0.2.7:', 'unknown'],
    ['[192.0.2.7:80', 'unknown'],
    [undefined, 'unknown'],
    ['not-an-address', 'unknown'],
  ];
  for (const [address, network] of cases) {
    it(`${address} -> ${network}`, () => assert.equal(networkOf(address), network));
  }

  it('the networks of one IPv6 /48 share a site; IPv4 has none', () => {
    const sites = ['2001:db8:1234:56ab::1', '[2001:db8:1234::1]:443', '2001:db8:1235::1', '192.0.2.7', 'x'];
    const expected = ['20010db81234/48', '20010db81234/48', '20010db81235/48', null, null];
    assert.deepEqual(sites.map(siteOf), expected);
  });

  it('the stored form does not show the address and differs between secret keys', () => {
    const key = (fill: number) => [{ id: 'k', key: createSecretKey(Buffer.alloc(32, fill)) }];
    const hash = hashNetwork(key(1), '192.0.2.7');
    assert.doesNotMatch(hash, /192/);
    assert.notEqual(hash, hashNetwork(key(2), '192.0.2.7'));
    assert.equal(hash, hashNetwork(key(1), '192.0.2.7'));
  });
});

describe('days and months are the tenant’s', () => {
  it('a summer and a winter night in Berlin', () => {
    assert.equal(dayIn('Europe/Berlin', Date.parse('2026-07-31T22:30:00Z')), '2026-08-01');
    assert.equal(monthIn('Europe/Berlin', Date.parse('2026-11-30T22:59:59Z')), '2026-11');
    assert.equal(monthIn('Europe/Berlin', Date.parse('2026-11-30T23:00:00Z')), '2026-12');
  });
  it('to the millisecond, even if the clocks change in the month, or the zone is a quarter of an hour off', () => {
    const cases: [zone: string, instant: string, day: string][] = [
      // 29 March has 23 hours in Berlin, 25 October has 25.
      ['Europe/Berlin', '2026-03-28T22:59:59.999Z', '2026-03-28'],
      ['Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29'],
      ['Europe/Berlin', '2026-03-29T21:59:59.999Z', '2026-03-29'],
      ['Europe/Berlin', '2026-03-31T22:00:00.000Z', '2026-04-01'],
      ['Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-25'],
      ['Europe/Berlin', '2026-10-31T22:59:59.999Z', '2026-10-31'],
      ['Europe/Berlin', '2026-10-31T23:00:00.000Z', '2026-11-01'],
      // The clocks change on 1 November in New York, four hours after the month has begun there.
      ['America/New_York', '2026-11-01T03:59:59.999Z', '2026-10-31'],
      ['America/New_York', '2026-11-01T04:00:00.000Z', '2026-11-01'],
      ['America/New_York', '2026-12-01T04:59:59.999Z', '2026-11-30'],
      ['Asia/Kathmandu', '2026-10-31T18:14:59.999Z', '2026-10-31'],
      ['Asia/Kathmandu', '2026-10-31T18:15:00.000Z', '2026-11-01'],
      ['Pacific/Kiritimati', '2026-10-31T10:00:00.000Z', '2026-11-01'],
    ];
    for (const [zone, instant, day] of cases) {
      assert.equal(dayIn(zone, Date.parse(instant)), day, `${zone} ${instant}`);
    }
  });
  it('December is followed by January', () => {
    assert.equal(nextMonth('2026-12'), '2027-01');
    assert.equal(nextMonth('2026-09'), '2026-10');
  });
  it('knows which zones exist', () => {
    assert.equal(isTimeZone('Europe/Berlin'), true);
    assert.equal(isTimeZone('Mars/Olympus'), false);
  });
});
