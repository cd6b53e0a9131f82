/** A month's revenue and cost, after credit notes and in the tenant's currency. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import fc from 'fast-check';
import type { MarginRow, Plan, SimulationAnswer } from '../../../server/contract.ts';
import { insertPlanVersion } from '../../../server/store/plans.ts';
import { callsOf, plans } from './months.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';
import { planOf } from './support.ts';

/** At cost, in euros. */
const inEuros = (usdRateMicros: number): Plan =>
  planOf({ kind: 'cost-plus', markupBps: 0 }, { currency: 'eur', usdRateMicros });

const inDollars = (monthlyFeeCents: number): Plan => planOf({ kind: 'free' }, { monthlyFeeCents });

let stage: BillingStage;
before(async () => {
  stage = await startBillingStage({ now: Date.parse('2026-12-03T12:00:00Z') });
});
after(() => stage?.close());

const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/tenants/${path}`, body);
async function margin(slug: string): Promise<MarginRow> {
  return (await mustBe(200, operator('GET', `${slug}/margin?month=2026-11`))).body;
}

it('what a credit note has credited is not revenue of its month', async () => {
  await stage.addTenant('back', planOf({ kind: 'free' }, { monthlyFeeCents: 1000 }), '2026-11-01');
  const { body: invoice } = await mustBe(200, stage.bill('back', '2026-11'));
  assert.equal((await margin('back')).revenueCents, 1000);
  const part = { reason: 'Part', lines: [{ line: 1, amountCents: 300 }] };
  await mustBe(201, operator('POST', `back/invoices/${invoice.id}/credit-notes`, part));
  assert.equal((await margin('back')).marginCents, 700);
  await mustBe(201, operator('POST', `back/invoices/${invoice.id}/credit-notes`, { reason: 'Rest' }));
  assert.equal((await margin('back')).revenueCents, 0);
});

it('an exchange rate changes with a month, never within one', async () => {
  await stage.addTenant('rates', inEuros(900_000), '2026-11-01');
  const put = (usdRateMicros: number, from: string) =>
    operator('PUT', 'rates/plan', { plan: { ...inEuros(usdRateMicros), name: `From ${from}` }, from });
  const refused = await mustBe(409, put(800_000, '2026-11-16'));
  assert.equal(
    refused.body.detail,
    'An exchange rate applies to whole months; 2026-11 would have 0.90 and 0.80.',
  );
  await mustBe(200, put(900_000, '2026-11-16'));
  await mustBe(200, put(800_000, '2027-01-01'));
  await mustBe(200, put(800_000, '2027-01-16'));
  // It would apply up to the 15th, and the plan after it has a different currency.
  await mustBe(409, put(700_000, '2027-01-01'));
  await mustBe(409, put(700_000, '2026-12-15'));
  const { versions } = (await mustBe(200, operator('GET', 'rates/plan'))).body;
  assert.equal(versions.length, 4);
});

it('costs are converted at the rate of their day, even if an older version accepted two in a month', async () => {
  const { id } = await stage.addTenant('two', inEuros(1_000_000), '2026-11-01');
  await insertPlanVersion(stage.server.ctx.store, id, '2026-11-16', inEuros(500_000), 0);
  await stage.book(
    'two',
    { id: 'two-1', at: '2026-11-02T10:00:00Z', seconds: 60, costMicros: 100_000_000 },
    { id: 'two-2', at: '2026-11-20T10:00:00Z', seconds: 60, costMicros: 10_000_000 },
  );
  const { costCents, revenueCents, marginCents } = await margin('two');
  // 100 dollars at 1.00 and 10 dollars at 0.50
  assert.deepEqual([costCents, revenueCents, marginCents], [10_500, 10_500, 0]);
});

const simulate = async (slug: string, plan: Plan): Promise<SimulationAnswer> =>
  (await mustBe(200, operator('POST', `${slug}/simulate`, { month: '2026-11', plan }))).body;

it('a plan is tried on the days on which the tenant had one, with that share of the fee', async () => {
  const own = planOf({ kind: 'per-minute', perMinuteMicros: 1_000_000 }, { monthlyFeeCents: 10_000 });
  await stage.addTenant('half', own, '2026-11-16');
  await stage.book(
    'half',
    { id: 'half-1', at: '2026-11-10T10:00:00Z', seconds: 600 },
    { id: 'half-2', at: '2026-11-20T10:00:00Z', seconds: 300 },
  );
  const { totalCents, actualCents, days, ofDays, openCalls } = await simulate('half', own);
  // 100.00 × 15 ÷ 30, and five minutes
  assert.deepEqual([totalCents, actualCents, days, ofDays, openCalls], [5500, 5500, 15, 30, 0]);
  // Two consecutive plans are one period for the plan that is tried.
  await mustBe(200, operator('PUT', 'half/plan', { plan: inDollars(30_000), from: '2026-11-25' }));
  const tried = await simulate('half', inDollars(1000));
  assert.deepEqual(
    tried.lines.map(({ amountCents }) => amountCents),
    [500, 0],
  );
});

it('any plan that the tenant had in a month, tried on it, gives the month’s sum', async () => {
  let run = 0;
  const days = fc.integer({ min: 1, max: 30 });
  const month = fc.tuple(plans, days, callsOf('2026-11'), fc.option(days));
  const types = { web: 'webCall', inbound: 'inboundPhoneCall', outbound: 'outboundPhoneCall', chat: 'chat' };
  await fc.assert(
    fc.asyncProperty(month, async ([plan, from, calls, until]) => {
      const slug = `own-${++run}`;
      const day = (of: number) => `2026-11-${String(of).padStart(2, '0')}`;
      await stage.addTenant(slug, plan, day(from));
      if (until !== null)
        await mustBe(200, operator('PUT', `${slug}/plan`, { plan: null, from: day(until) }));
      if (until !== null && until <= from) return;
      const entries = calls.map(({ id, day, channel, seconds, costMicros, cost }) => ({
        ...{ id: `${slug}-${id}`, at: `${day}T10:00:00Z`, type: types[channel], seconds: seconds ?? 0 },
        ...{ costMicros, cost: cost ?? {} },
      }));
      await stage.book(slug, ...entries);
      const { totalCents, actualCents } = await simulate(slug, plan);
      assert.equal(totalCents, actualCents);
    }),
    { numRuns: 20 },
  );
});
