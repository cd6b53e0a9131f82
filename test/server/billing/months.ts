/** Random months over all shapes of plans, and what must hold for each of them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addDays, monthPeriod } from '../../../server/billing/plan/period.ts';
import { segmentsOf } from '../../../server/billing/plan/plan.ts';
import type { BillableCall } from '../../../server/billing/plan/price.ts';
import {
  type CallChannel,
  type CostByComponent,
  callChannels,
  costComponents,
  type Plan,
  planSchema,
} from '../../../server/contract.ts';
import type { PlanVersion } from '../../../server/store/plans.ts';
import { askOracle } from './oracle.ts';
import { inBillingOrder, type Rating, rate } from './support.ts';

const micros = fc.integer({ min: 0, max: 3_000_000 });
const increments = fc
  .constantFrom([1, 1], [6, 6], [30, 6], [60, 60], [60, 1], [7, 13])
  .map(([initialSeconds = 1, incrementSeconds = 1]) => ({ initialSeconds, incrementSeconds }));
const withIncrements = (shape: fc.Arbitrary<object>) =>
  fc.tuple(shape, increments).map(([own, steps]) => ({ ...own, ...steps }));

const tiers = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { maxLength: 4 }),
    fc.array(micros, { minLength: 5, maxLength: 5 }),
  )
  .map(([limits, prices]) => ({
    kind: 'graduated',
    tiers: [...limits.sort((a, b) => a - b), null].map((upToMinutes, index) => ({
      upToMinutes,
      perMinuteMicros: prices[index] ?? 0,
    })),
  }));

const price = fc.oneof(
  fc.constant({ kind: 'free' }),
  withIncrements(fc.record({ kind: fc.constant('per-minute'), perMinuteMicros: micros })),
  withIncrements(
    fc.record({
      kind: fc.constant('included'),
      includedMinutes: fc.integer({ min: 0, max: 120 }),
      perMinuteMicros: micros,
    }),
  ),
  withIncrements(tiers),
  withIncrements(
    fc.record({
      kind: fc.constant('cost-plus'),
      markupBps: fc.integer({ min: 0, max: 20_000 }),
      markupBpsByComponent: fc.dictionary(
        fc.constantFrom(...costComponents),
        fc.integer({ min: 0, max: 30_000 }),
      ),
      perMinuteMicros: micros,
    }),
  ),
  fc.record({ kind: fc.constant('per-call'), perCallMicros: micros }),
);

/** Some channels share a rate. */
const rates = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    fc.array(price, { minLength: 4, maxLength: 4 }),
  )
  .map(([groups, prices]) =>
    [0, 1, 2, 3].flatMap((group) => {
      const channels = callChannels.filter((_, index) => groups[index] === group);
      return channels.length > 0 ? [{ channels, price: prices[group] }] : [];
    }),
  );

export const plans: fc.Arbitrary<Plan> = fc
  .record({
    name: fc.constant('Random'),
    currency: fc.constantFrom('usd', 'eur', 'jpy'),
    usdRateMicros: fc.integer({ min: 1, max: 200_000_000 }),
    monthlyFeeCents: fc.integer({ min: 0, max: 100_000 }),
    minimumCents: fc.integer({ min: 0, max: 100_000 }),
    rates,
  })
  .map((plan) => planSchema.parse(plan));

const months = fc.constantFrom('2026-02', '2026-11', '2027-01', '2028-02');

const costs = fc
  .array(fc.integer({ min: 0, max: 900_000 }), {
    minLength: costComponents.length,
    maxLength: costComponents.length,
  })
  .map(
    (values) =>
      Object.fromEntries(costComponents.map((name, index) => [name, values[index] ?? 0])) as CostByComponent,
  );

export const callsOf = (month: string) => {
  const shape = fc.record({
    offset: fc.integer({ min: 0, max: 30 }),
    createdAt: fc.integer({ min: 0, max: 50 }),
    channel: fc.constantFrom<CallChannel>(...callChannels),
    seconds: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 900 })),
    cost: costs,
  });
  return fc.array(shape, { maxLength: 25 }).map((shapes) =>
    shapes.map(
      ({ offset, createdAt, channel, seconds, cost }, index): BillableCall => ({
        id: `call-${index}`,
        day: [addDays(`${month}-01`, offset), addDays(monthPeriod(month).to, -1)].sort()[0] ?? '',
        createdAt,
        channel,
        seconds,
        costMicros: Object.values(cost).reduce((sum, value) => sum + value, 0),
        cost,
      }),
    ),
  );
};

export interface RandomMonth {
  month: string;
  versions: PlanVersion[];
  calls: BillableCall[];
}

/** One or two plans, perhaps from the middle of the month, perhaps ended before its last day. */
export const randomMonths: fc.Arbitrary<RandomMonth> = months.chain((month) =>
  fc.record({
    month: fc.constant(month),
    versions: fc
      .array(fc.tuple(fc.integer({ min: -3, max: 27 }), fc.option(plans, { freq: 6 })), {
        minLength: 1,
        maxLength: 3,
      })
      .map((entries) =>
        entries.map(([offset, plan], index) => ({
          id: `pln_${index}`,
          fromDay: addDays(`${month}-01`, offset),
          version: index,
          // One invoice has one currency.
          plan: plan && { ...plan, currency: entries[0]?.[1]?.currency ?? 'usd' },
        })),
      ),
    calls: callsOf(month),
  }),
);

export const totalOf = (rating: Rating) => rating.lines.reduce((sum, line) => sum + line.amountCents, 0);

export function rateMonth({ versions, month, calls }: RandomMonth): Rating {
  return rate(segmentsOf(versions, month), calls);
}

/** The product and the oracle agree on every call to the micro and on the total to the cent. */
export function agreeWithOracle(runs: number): void {
  fc.assert(
    fc.property(randomMonths, (given) => {
      const ordered = [...given.calls].sort(inBillingOrder);
      const rating = rateMonth(given);
      const said = askOracle(
        given.versions,
        given.month,
        ordered.map(({ day, channel, seconds, cost }) => ({
          day,
          channel,
          seconds: seconds ?? 0,
          cost: Object.fromEntries(Object.entries(cost ?? {}).map(([name, value]) => [name, String(value)])),
        })),
      );
      const byId = new Map(rating.calls.map((call) => [call.callId, String(call.priceMicros)]));
      assert.deepEqual(
        ordered.map(({ id }) => byId.get(id) ?? null),
        said.prices,
      );
      assert.equal(String(totalOf(rating)), said.totalCents);
    }),
    { numRuns: runs },
  );
}
