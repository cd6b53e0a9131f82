/** The price of a single call, before and after it is billed. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { CallView, PlanInput } from '../../../server/contract.ts';
import { type BillingStage, startBillingStage } from './stage.ts';

/** One minute in the fee, then 0.60 a minute by the second: 10,000 micros a second. */
const plan: PlanInput = {
  name: 'A minute free',
  currency: 'eur',
  rates: [
    {
      channels: ['web', 'inbound', 'outbound', 'chat'],
      price: { kind: 'included', includedMinutes: 1, perMinuteMicros: 600_000 },
    },
  ],
};

let stage: BillingStage;
before(async () => {
  stage = await startBillingStage();
  await stage.addTenant('acme', plan, '2026-11-01');
  await stage.book(
    'acme',
    { id: 'nov-1', at: '2026-11-05T00:00:00Z', seconds: 30 },
    { id: 'nov-2', at: '2026-11-06T00:00:00Z', seconds: 60 },
    { id: 'nov-3', at: '2026-11-07T00:00:00Z', seconds: 10 },
    { id: 'dec-1', at: '2026-12-01T00:00:00Z', seconds: 90 },
  );
});
after(() => stage?.close());

async function prices(): Promise<Record<string, unknown>> {
  const ask = await stage.clientKey('acme');
  const { body } = await ask('GET', '/v1/tenants/acme/calls?prices=yes');
  const calls: CallView[] = body.calls;
  for (const { id, priceMicros } of calls) {
    const one = await ask('GET', `/v1/tenants/acme/calls/${id}?prices=yes`);
    assert.equal(one.body.priceMicros, priceMicros, id);
    assert.equal(one.body.costMicros, null);
  }
  return Object.fromEntries(calls.map(({ id, priceMicros }) => [id, priceMicros]));
}

// 30 s are free; of the next 60 s 30 are; then all is paid. The next month begins with a free minute again.
const expected = { 'nov-1': 0, 'nov-2': 300_000, 'nov-3': 100_000, 'dec-1': 300_000 };

it('a call’s price is the same before and after it is billed, and a late call pays what its month left', async () => {
  assert.deepEqual(await prices(), expected);
  assert.equal((await stage.bill('acme', '2026-11')).status, 200);
  assert.deepEqual(await prices(), expected);
  await stage.book('acme', { id: 'late', at: '2026-11-01T00:00:00Z', seconds: 20 });
  assert.deepEqual(await prices(), { ...expected, late: 200_000 });
});

it('a call that ended and cannot be rated has no price, and prices are shown only on request', async () => {
  await stage.addTenant('unplanned', plan, '2027-01-01');
  await stage.book('unplanned', { id: 'early', at: '2026-12-01T00:00:00Z', seconds: 20 });
  const ask = async (query: string): Promise<CallView> =>
    (await stage.server.operator('GET', `/v1/tenants/unplanned/calls${query}`)).body.calls[0];
  assert.equal((await ask('?prices=yes')).priceMicros, null);
  assert.equal('priceMicros' in (await ask('')), false);
});

it('the operator sees one tenant’s margin, and the plan in the client’s words', async () => {
  const { operator } = stage.server;
  // 0.40 euros are billed for November; the late call is not yet.
  const margin = await operator('GET', '/v1/tenants/acme/margin?month=2026-11');
  assert.equal(margin.body.revenueCents, 40);
  assert.equal(margin.body.marginCents, 40 - margin.body.costCents);
  const { current } = (await operator('GET', '/v1/tenants/acme/plan')).body;
  const client = await (await stage.clientKey('acme'))('GET', '/v1/tenants/acme/plan');
  assert.deepEqual(current.terms, client.body.current.terms);
  assert.match(current.terms[0], /1 minutes in the fee, then 0\.60 EUR a minute/);
});
