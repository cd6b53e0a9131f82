/** Unpaid invoices: when they are overdue, whom that pauses, and what ends it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { sweepOverdue } from '../../../server/billing/overdue.ts';
import { mustBe } from './stage.ts';
import { type Setup, type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
before(async () => {
  place = await startStripeStage();
});
after(() => place.close());
beforeEach(() => {
  place.stripe.fault = () => null;
  place.stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
});

/** Due on 12 December; calls are paused from the 17th. */
function paused(billing: Record<string, unknown> = {}): Setup {
  return { billing: { dueDays: 10, pauseAfterOverdueDays: 5, ...billing } };
}
async function sweepAt(iso: string): Promise<void> {
  place.stage.server.clock.now = Date.parse(iso);
  await sweepOverdue(place.stage.server.ctx);
}
const tenantStatus = async (slug: string) => (await place.operator('GET', slug)).body.status;

describe('an invoice that is taken back by credit notes', () => {
  it('pauses nobody, before Stripe knows of it and after, nor where it is collected outside Stripe', async () => {
    const known = await place.pushed('known', paused());
    await mustBe(200, place.push('known', (await place.credited('known', known.invoice.id)).id));
    const unknown = await place.pushed('unknown', paused());
    await place.credited('unknown', unknown.invoice.id);
    const manual = await place.finalized('manual', paused({ collection: 'manual' }));
    await place.credited('manual', manual.id);
    await sweepAt('2026-12-18T00:00:00Z');
    for (const slug of ['known', 'unknown', 'manual']) assert.equal(await tenantStatus(slug), 'active', slug);
    assert.equal(await place.statusOf('known', known.invoice.id), 'paid');
    assert.equal(await place.statusOf('unknown', unknown.invoice.id), 'pushed');
    assert.equal(await place.statusOf('manual', manual.id), 'finalized');
  });

  it('in part only is overdue with what is left', async () => {
    const tenant = { alerts: { email: 'ops@agency.example' } };
    const { invoice } = await place.pushed('left', { ...paused(), tenant });
    const note = await place.credited('left', invoice.id, [{ line: 1, amountCents: 1000 }]);
    await mustBe(200, place.push('left', note.id));
    await sweepAt('2026-12-18T00:00:00Z');
    assert.equal(await place.statusOf('left', invoice.id), 'overdue');
    assert.equal(await tenantStatus('left'), 'paused');
    const notices = await place.stage.server.ctx.store.selectFrom('notices').selectAll().execute();
    const told = notices.map(({ payload }) => JSON.parse(payload).data);
    // 119.60 − 11.90
    for (const { dueCents } of told) assert.equal(dueCents, 10_770);
    assert.equal(told.length, 2);
  });
});
