/** A month billed in two parts, its late calls on the next invoice, costs the same as when billed in one. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import fc from 'fast-check';
import type { BillableCall } from '../../../server/billing/plan/price.ts';
import type { InvoiceCallView, InvoiceView, Plan } from '../../../server/contract.ts';
import { callsOf, plans } from './months.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';
import { inBillingOrder, planOf, rate, segmentsFor } from './support.ts';

const month = '2026-11';
const types = { web: 'webCall', inbound: 'inboundPhoneCall', outbound: 'outboundPhoneCall', chat: 'chat' };

let stage: BillingStage;
let tenants = 0;
before(async () => {
  stage = await startBillingStage();
});
after(() => stage?.close());

async function book(slug: string, calls: BillableCall[]): Promise<void> {
  for (const { id, day, createdAt, channel, seconds, costMicros, cost } of calls) {
    const at = new Date(Date.parse(day) + createdAt * 1000).toISOString();
    const figures = { seconds: seconds ?? 0, costMicros, cost: cost ?? {} };
    await stage.book(slug, { id, at, type: types[channel], ...figures });
  }
}

/** Bills a month, and reads the price of each call on it. */
async function bill(slug: string, which: string): Promise<Map<string, number>> {
  const prices = new Map<string, number>();
  const answer = await stage.bill(slug, which);
  if (answer.status !== 200) return prices;
  const { id, document } = answer.body as InvoiceView;
  for (const { no } of document.lines.filter((line) => line.rate !== null)) {
    const path = `/v1/tenants/${slug}/invoices/${id}/lines/${no}/calls`;
    const { calls } = (await mustBe(200, stage.server.operator('GET', path))).body;
    for (const { callId, priceMicros } of calls as InvoiceCallView[]) {
      assert.ok(!prices.has(callId));
      prices.set(callId, priceMicros);
    }
  }
  return prices;
}

it('over all shapes of plans, wherever the month is split', async () => {
  const check = async (plan: Plan, generated: BillableCall[], cut: number) => {
    tenants += 1;
    const slug = `late-${tenants}`;
    // A call belongs to one tenant.
    const calls = generated.map((call) => ({ ...call, id: `${slug}-${call.id}` }));
    const monthly = { ...plan, monthlyFeeCents: 100 };
    stage.server.clock.now = Date.parse('2026-12-02T00:00:00Z');
    await stage.addTenant(slug, monthly, `${month}-01`);
    const ordered = [...calls].sort(inBillingOrder);
    const at = cut % (ordered.length + 1);
    await book(slug, ordered.slice(0, at));
    const first = await bill(slug, month);
    stage.server.clock.now = Date.parse('2027-01-02T00:00:00Z');
    await book(slug, ordered.slice(at));
    const second = await bill(slug, '2026-12');
    const whole = rate(segmentsFor(monthly, month), calls).calls;
    assert.deepEqual(
      whole.map(({ callId }) => [callId, first.get(callId) ?? second.get(callId)]),
      whole.map(({ callId, priceMicros }) => [callId, priceMicros]),
    );
    assert.equal(first.size, at);
    assert.equal(first.size + second.size, calls.length, 'each of them once');
  };
  // Half of them with few included minutes, where the cut matters most.
  const few = fc
    .integer({ min: 1, max: 20 })
    .map((includedMinutes) => planOf({ kind: 'included', includedMinutes, perMinuteMicros: 700_001 }));
  const any = fc.oneof(plans, few);
  await fc.assert(fc.asyncProperty(any, callsOf(month), fc.nat(), check), { numRuns: 12 });
});
