import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { segmentsOf } from '../../../server/billing/plan/plan.ts';
import type { BillableCall } from '../../../server/billing/plan/price.ts';
import type { RatedLine } from '../../../server/billing/plan/rating.ts';
import { planPresets, planSchema } from '../../../server/contract.ts';
import { noCost } from '../../../server/vapi/cost.ts';
import { call, planOf, rate, segmentsFor, versions } from './support.ts';

/** The whole line; what is not given is as on a line without calls for all of November. */
function line(changes: Partial<RatedLine>): RatedLine {
  return {
    kind: 'usage',
    planId: 'pln_1',
    planName: 'Test',
    from: '2026-11-01',
    to: '2026-12-01',
    rate: null,
    channels: [],
    calls: 0,
    billedSeconds: 0,
    includedSeconds: 0,
    priceMicros: null,
    amountCents: 0,
    ...changes,
  };
}
const everything = ['web', 'inbound', 'outbound', 'chat'] as const;
const usage = (changes: Partial<RatedLine>) => line({ rate: 0, channels: [...everything], ...changes });

interface Case {
  name: string;
  plan: Parameters<typeof planOf>;
  calls: BillableCall[];
  prices: number[];
  lines: RatedLine[];
}

const cases: Case[] = [
  {
    name: 'per minute by the second: each call is rounded to micros, the sum to cents',
    plan: [{ kind: 'per-minute', perMinuteMicros: 190_000 }],
    calls: [call(61), call(7)],
    // 61 × 190,000 ÷ 60 = 193,166.67 -> 193,167 · 7 × 190,000 ÷ 60 = 22,166.67 -> 22,167
    prices: [193_167, 22_167],
    // 193,167 + 22,167 = 215,334 micros = 21.5334 cents -> 22
    lines: [usage({ calls: 2, billedSeconds: 68, priceMicros: 215_334, amountCents: 22 })],
  },
  {
    name: 'increments of six seconds',
    plan: [{ kind: 'per-minute', perMinuteMicros: 600_000, initialSeconds: 6, incrementSeconds: 6 }],
    calls: [call(1), call(6), call(7)],
    // 6 s, 6 s, 12 s at 10,000 micros a second
    prices: [60_000, 60_000, 120_000],
    lines: [usage({ calls: 3, billedSeconds: 24, priceMicros: 240_000, amountCents: 24 })],
  },
  {
    name: 'thirty seconds first, then increments of six',
    plan: [{ kind: 'per-minute', perMinuteMicros: 600_000, initialSeconds: 30, incrementSeconds: 6 }],
    calls: [call(1), call(30), call(31)],
    // 30 s, 30 s, 30 + 6 = 36 s
    prices: [300_000, 300_000, 360_000],
    lines: [usage({ calls: 3, billedSeconds: 96, priceMicros: 960_000, amountCents: 96 })],
  },
  {
    name: 'whole minutes, and nothing for a call that was never connected',
    plan: [{ kind: 'per-minute', perMinuteMicros: 100_000, initialSeconds: 60, incrementSeconds: 60 }],
    calls: [call(0), call(61)],
    // 0 s, 120 s = 2 minutes × 10 cents
    prices: [0, 200_000],
    lines: [usage({ calls: 2, billedSeconds: 120, priceMicros: 200_000, amountCents: 20 })],
  },
  {
    name: 'a retainer with minutes: the call that passes them is split at the second',
    plan: [{ kind: 'included', includedMinutes: 2, perMinuteMicros: 300_000 }, { monthlyFeeCents: 49_900 }],
    calls: [call(90), call(60), call(60)],
    // 90 s are free; of the next 60 s, 30 are (120 - 90), 30 × 300,000 ÷ 60 = 150,000; then 60 s = 300,000
    prices: [0, 150_000, 300_000],
    lines: [
      line({ kind: 'fee', amountCents: 49_900 }),
      usage({ calls: 3, billedSeconds: 210, includedSeconds: 120, priceMicros: 450_000, amountCents: 45 }),
    ],
  },
  {
    name: 'graduated tiers: each second costs what its own tier says',
    plan: [
      {
        kind: 'graduated',
        tiers: [
          { upToMinutes: 1, perMinuteMicros: 600_000 },
          { upToMinutes: 3, perMinuteMicros: 300_000 },
          { upToMinutes: null, perMinuteMicros: 60_000 },
        ],
      },
    ],
    calls: [call(30), call(240)],
    // 30 × 10,000 = 300,000 · seconds 31-60: 30 × 10,000, 61-180: 120 × 5,000, 181-270: 90 × 1,000 = 990,000
    prices: [300_000, 990_000],
    lines: [usage({ calls: 2, billedSeconds: 270, priceMicros: 1_290_000, amountCents: 129 })],
  },
  {
    name: 'cost + 30 %, and a fixed price a minute on top',
    plan: [{ kind: 'cost-plus', markupBps: 3000, perMinuteMicros: 60_000 }],
    calls: [call(30, { costMicros: 12_345 })],
    // 12,345 × 1.3 = 16,048.5 and 30 × 1,000 = 30,000: 46,048.5 -> 46,049
    prices: [46_049],
    lines: [usage({ calls: 1, billedSeconds: 30, priceMicros: 46_049, amountCents: 5 })],
  },
  {
    name: 'cost-plus by component: the model at + 100 %, the rest at cost',
    plan: [{ kind: 'cost-plus', markupBps: 0, markupBpsByComponent: { llm: 10_000 } }],
    calls: [call(60, { costMicros: 30_000, cost: { ...noCost(), vapi: 20_000, llm: 10_000 } })],
    // 20,000 + 10,000 × 2
    prices: [40_000],
    lines: [usage({ calls: 1, billedSeconds: 60, priceMicros: 40_000, amountCents: 4 })],
  },
  {
    name: 'dollars of cost become euros at the plan’s rate, inside the one rounding',
    plan: [
      { kind: 'cost-plus', markupBps: 2500 },
      { currency: 'eur', usdRateMicros: 923_456 },
    ],
    calls: [call(60, { costMicros: 1_000_003 })],
    // 1,000,003 × 1.25 × 0.923456 = 1,154,323.46… -> 1,154,323
    prices: [1_154_323],
    lines: [usage({ calls: 1, billedSeconds: 60, priceMicros: 1_154_323, amountCents: 115 })],
  },
  {
    name: 'per call, for calls that were connected',
    plan: [{ kind: 'per-call', perCallMicros: 1_500_000 }],
    calls: [call(60), call(0), call(3)],
    prices: [1_500_000, 0, 1_500_000],
    lines: [usage({ calls: 3, billedSeconds: 63, priceMicros: 3_000_000, amountCents: 300 })],
  },
  {
    name: 'a minimum tops up what fee and usage came to',
    plan: [
      { kind: 'per-minute', perMinuteMicros: 600_000 },
      { monthlyFeeCents: 1000, minimumCents: 5000 },
    ],
    calls: [call(60)],
    prices: [600_000],
    // 50.00 - (10.00 + 0.60) = 39.40
    lines: [
      line({ kind: 'fee', amountCents: 1000 }),
      usage({ calls: 1, billedSeconds: 60, priceMicros: 600_000, amountCents: 60 }),
      line({ kind: 'minimum', amountCents: 3940 }),
    ],
  },
  {
    name: 'a minimum is due without any call',
    plan: [{ kind: 'per-minute', perMinuteMicros: 600_000 }, { minimumCents: 5000 }],
    calls: [],
    prices: [],
    lines: [line({ kind: 'minimum', amountCents: 5000 })],
  },
  {
    name: 'without a minimum a month may come to less than nothing',
    plan: [{ kind: 'cost-plus', markupBps: 0 }],
    calls: [call(60, { costMicros: -50_000 })],
    prices: [-50_000],
    lines: [usage({ calls: 1, billedSeconds: 60, priceMicros: -50_000, amountCents: -5 })],
  },
  {
    name: 'a minimum tops up also what is less than nothing',
    plan: [{ kind: 'cost-plus', markupBps: 0 }, { minimumCents: 100 }],
    calls: [call(60, { costMicros: -50_000 })],
    prices: [-50_000],
    lines: [
      usage({ calls: 1, billedSeconds: 60, priceMicros: -50_000, amountCents: -5 }),
      line({ kind: 'minimum', amountCents: 105 }),
    ],
  },
  {
    name: 'a currency without minor units is rounded to whole units',
    plan: [
      { kind: 'per-minute', perMinuteMicros: 50_500_000 },
      { currency: 'jpy', monthlyFeeCents: 30_000 },
    ],
    calls: [call(60), call(60)],
    prices: [50_500_000, 50_500_000],
    // 101 yen
    lines: [
      line({ kind: 'fee', amountCents: 30_000 }),
      usage({ calls: 2, billedSeconds: 120, priceMicros: 101_000_000, amountCents: 101 }),
    ],
  },
  {
    name: 'a free rate still counts its calls',
    plan: [{ kind: 'free' }],
    calls: [call(60)],
    prices: [0],
    lines: [usage({ calls: 1, billedSeconds: 60, priceMicros: 0 })],
  },
];

describe('rating', () => {
  for (const { name, plan, calls, prices, lines } of cases) {
    it(name, () => {
      const rating = rate(segmentsFor(planOf(...plan)), calls);
      assert.deepEqual(
        rating.calls.map((rated) => rated.priceMicros),
        prices,
      );
      assert.deepEqual(rating.lines, lines);
      assert.deepEqual(rating.open, []);
    });
  }

  it('prices web, inbound and outbound separately, and shares minutes that channels share', () => {
    const plan = planOf(
      { kind: 'free' },
      {
        rates: [
          {
            channels: ['web', 'inbound'],
            price: { kind: 'included', includedMinutes: 1, perMinuteMicros: 60_000 },
          },
          { channels: ['outbound'], price: { kind: 'per-minute', perMinuteMicros: 600_000 } },
          { channels: ['chat'], price: { kind: 'per-call', perCallMicros: 20_000 } },
        ],
      },
    );
    const { lines } = rate(segmentsFor(plan), [
      call(40, { channel: 'web' }),
      // 20 of its 40 seconds are included: 20 × 1,000
      call(40, { channel: 'inbound' }),
      call(30, { channel: 'outbound' }),
      call(null, { channel: 'chat' }),
    ]);
    assert.deepEqual(
      lines.map(({ channels, priceMicros, amountCents }) => [channels.join('+'), priceMicros, amountCents]),
      [
        ['web+inbound', 20_000, 2],
        ['outbound', 300_000, 30],
        ['chat', 20_000, 2],
      ],
    );
  });

  it('leaves open what it cannot know: an unknown cost is not zero, nor an unknown duration', () => {
    const costPlus = rate(segmentsFor(planOf({ kind: 'cost-plus', markupBps: 0 })), [
      call(60, { id: 'a', costMicros: null }),
      call(null, { id: 'b' }),
      call(60, { id: 'c', day: '2026-12-01' }),
    ]);
    assert.deepEqual(costPlus.lines, []);
    assert.deepEqual(costPlus.open, [
      { callId: 'a', open: 'cost-unknown' },
      { callId: 'b', open: 'duration-unknown' },
      { callId: 'c', open: 'no-plan' },
    ]);
  });

  it('has valid presets', () => {
    for (const { plan } of planPresets) assert.ok(planSchema.safeParse(plan).success);
  });
});

describe('a month with more than one plan', () => {
  const retainer = (fee: number) =>
    planOf({ kind: 'included', includedMinutes: 30, perMinuteMicros: 60_000 }, { monthlyFeeCents: fee });

  it('that starts mid-month pays the fee and has the minutes of its days', () => {
    // 12 to 30 November: 19 of 30 days. 199.00 × 19 ÷ 30 = 126.0333 · 30 min × 19 ÷ 30 = 19 min = 1,140 s
    const segments = segmentsFor(retainer(19_900), '2026-11', '2026-11-12');
    const { lines } = rate(segments, [call(1200, { day: '2026-11-12' }), call(50, { day: '2026-11-11' })]);
    assert.deepEqual(lines, [
      line({ kind: 'fee', from: '2026-11-12', amountCents: 12_603 }),
      // 1,200 - 1,140 = 60 s × 1,000
      usage({
        from: '2026-11-12',
        calls: 1,
        billedSeconds: 1200,
        includedSeconds: 1140,
        priceMicros: 60_000,
        amountCents: 6,
      }),
    ]);
  });

  it('that changes pays each plan for its days, and minutes do not move from one to the other', () => {
    const segments = segmentsOf(
      versions(['2026-10-05', retainer(30_000)], ['2026-11-11', retainer(60_000)], ['2026-11-21', null]),
      '2026-11',
    );
    const { lines, open } = rate(segments, [
      call(60, { day: '2026-11-10' }),
      call(660, { day: '2026-11-11' }),
      call(60, { id: 'after', day: '2026-11-21' }),
    ]);
    assert.deepEqual(
      lines.map(({ kind, from, to, amountCents }) => [kind, from, to, amountCents]),
      [
        // 10 of 30 days of 300.00, then 10 of 600.00
        ['fee', '2026-11-01', '2026-11-11', 10_000],
        ['usage', '2026-11-01', '2026-11-11', 0],
        ['fee', '2026-11-11', '2026-11-21', 20_000],
        // 660 s - 10 of the 30 minutes = 60 s × 1,000
        ['usage', '2026-11-11', '2026-11-21', 6],
      ],
    );
    assert.deepEqual(open, [{ callId: 'after', open: 'no-plan' }]);
  });

  it('uses the plan that was written last for a day', () => {
    const segments = segmentsOf(
      versions(['2026-11-01', retainer(1)], ['2026-11-01', retainer(2)]),
      '2026-11',
    );
    assert.deepEqual(
      segments.map(({ planId, days }) => [planId, days]),
      [['pln_2', 30]],
    );
  });
});
