import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { segmentsOf } from '../../../server/billing/plan/plan.ts';
import { chargeFor } from '../../../server/billing/plan/price.ts';
import {
  type InvoiceCallView,
  type InvoiceView,
  type Plan,
  type PlanInput,
  planSchema,
} from '../../../server/contract.ts';
import { noCost } from '../../../server/vapi/cost.ts';
import { type BillingStage, channels, mustBe, startBillingStage } from './stage.ts';

const base = { name: 'Any', currency: 'usd', monthlyFeeCents: 1000, minimumCents: 3000 };
const plans: Record<string, PlanInput> = {
  'cost-plus': { ...base, rates: [{ channels, price: { kind: 'cost-plus', markupBps: 3333 } }] },
  'per minute': {
    ...base,
    rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 190_000, incrementSeconds: 6 } }],
  },
  included: {
    ...base,
    rates: [{ channels, price: { kind: 'included', includedMinutes: 7, perMinuteMicros: 700_001 } }],
  },
  graduated: {
    ...base,
    rates: [
      {
        channels,
        price: {
          kind: 'graduated',
          tiers: [
            { upToMinutes: 5, perMinuteMicros: 1_000_001 },
            { upToMinutes: null, perMinuteMicros: 300_001 },
          ],
        },
      },
    ],
  },
};

/** Calls of September to November; each is reported at least once, at some time up to January. */
interface Report {
  call: number;
  seconds: number;
  /** Null = the cost is not reported yet. */
  costMicros: number | null;
}
const reports = fc.array(
  fc.array(
    fc.record({
      call: fc.integer({ min: 0, max: 11 }),
      seconds: fc.integer({ min: 0, max: 400 }),
      costMicros: fc.option(fc.integer({ min: 0, max: 5_000_000 }), { freq: 4 }),
    }),
    { maxLength: 12 },
  ),
  { minLength: 4, maxLength: 4 },
);
const months = ['2026-09', '2026-10', '2026-11', '2026-12'];
const monthOf = (call: number) => months[call % 3] ?? '';

describe('whatever arrives late or changes', () => {
  let stage: BillingStage;
  let tenants = 0;
  before(async () => {
    stage = await startBillingStage();
  });
  after(() => stage?.close());

  for (const [name, input] of Object.entries(plans)) {
    it(`each call is charged once, and the sum billed matches the ledger: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(reports, (reported) => checkHistory(planSchema.parse(input), input, reported)),
        {
          numRuns: 6,
        },
      );
    });
  }

  /** After each month, what is reported by then is booked and the month is billed. */
  async function checkHistory(plan: Plan, input: PlanInput, reported: Report[][]): Promise<void> {
    tenants += 1;
    const slug = `history-${tenants}`;
    stage.server.clock.now = Date.parse('2026-09-01T00:00:00Z');
    await stage.addTenant(slug, input, '2026-09-01');
    const ledger = new Map<string, { month: string; seconds: number; costMicros: number | null }>();
    const invoices: InvoiceView[] = [];
    for (const [index, month] of months.entries()) {
      stage.server.clock.now = Date.parse(`${months[index + 1] ?? '2027-01'}-02T00:00:00Z`);
      for (const { call, seconds, costMicros } of reported[index] ?? []) {
        // A call is not reported before it took place.
        if (monthOf(call) > month) continue;
        stage.server.clock.now += 1000;
        const id = `${slug}-${call}`;
        await stage.book(slug, { id, at: `${monthOf(call)}-10T10:00:00Z`, seconds, costMicros });
        const before = ledger.get(id);
        ledger.set(id, {
          month: monthOf(call),
          seconds,
          costMicros: costMicros ?? before?.costMicros ?? null,
        });
      }
      invoices.push((await mustBe(200, stage.bill(slug, month))).body as InvoiceView);
    }
    await checkBilled(slug, plan, ledger, invoices);
  }

  async function checkBilled(
    slug: string,
    plan: Plan,
    ledger: Map<string, { month: string; seconds: number; costMicros: number | null }>,
    invoices: InvoiceView[],
  ): Promise<void> {
    const billed = new Map<string, InvoiceCallView[]>();
    for (const { id, document } of invoices) {
      const sum = document.lines.reduce((total, { amountCents }) => total + amountCents, 0);
      assert.equal(sum, document.totalCents);
      for (const { no, rate } of document.lines) {
        if (rate === null) continue;
        const path = `/v1/tenants/${slug}/invoices/${id}/lines/${no}/calls`;
        for (const call of (await mustBe(200, stage.server.operator('GET', path))).body.calls) {
          billed.set(call.callId, [...(billed.get(call.callId) ?? []), call]);
        }
      }
    }
    const price = plan.rates[0]?.price;
    const priced = (call: { seconds: number; costMicros: number | null }) =>
      price?.kind !== 'cost-plus' || call.costMicros !== null;
    for (const [id, rows] of billed) {
      assert.deepEqual(
        rows.map(({ correction }) => correction),
        rows.map((_, index) => index),
        id,
      );
    }
    const wanted = [...ledger].filter(([, call]) => priced(call));
    assert.deepEqual([...billed.keys()].sort(), wanted.map(([id]) => id).sort());
    for (const month of months) {
      const [segment] = segmentsOf([{ id: 'pln', fromDay: `${month}-01`, version: 1, plan }], month);
      if (!segment || !price) throw new Error('no segment');
      const lines = invoices
        .flatMap(({ document }) => document.lines)
        .filter(({ from }) => from === `${month}-01`);
      const cents = (isTopUp: boolean) =>
        lines
          .filter(({ kind }) => (kind === 'minimum' || kind === 'minimum-change') === isTopUp)
          .reduce((sum, { amountCents }) => sum + amountCents, 0);
      assert.equal(cents(true), Math.max(0, plan.minimumCents - cents(false)), `the minimum of ${month}`);
      let used = 0;
      let fresh = 0;
      let charged = 0;
      let entries = 0;
      for (const [id, call] of wanted.filter(([, own]) => own.month === month)) {
        const cost = call.costMicros === null ? null : { ...noCost(), vapi: call.costMicros };
        const whole = { ...call, id, day: `${month}-10`, createdAt: 0, channel: 'web' as const, cost };
        const charge = chargeFor(segment, price, used, whole);
        if (typeof charge === 'string') throw new Error(charge);
        used += charge.billedSeconds;
        fresh += charge.priceMicros;
        for (const row of billed.get(id) ?? []) {
          charged += row.priceMicros;
          entries += 1;
        }
      }
      // Tiers are used in a different order from the billing: each entry may round by half a micro.
      const slack = price.kind === 'included' || price.kind === 'graduated' ? 2 * entries : 0;
      assert.ok(Math.abs(fresh - charged) <= slack, `${month}: ${charged} billed, ${fresh} in the ledger`);
    }
  }
});
