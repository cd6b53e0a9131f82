/** What a new plan may change, and what it may not. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Plan, PlanInput, PlanVersionView } from '../../../server/contract.ts';
import { listAudit } from '../../../server/store/audit.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';
import { planOf } from './support.ts';

const inCurrency = (currency: string, changes: Partial<Plan> = {}): Plan =>
  planOf({ kind: 'free' }, { currency, monthlyFeeCents: 1000, ...changes });

let stage: BillingStage;
before(async () => {
  stage = await startBillingStage({ now: Date.parse('2026-12-03T12:00:00Z') });
});
after(() => stage?.close());

const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/tenants/${path}`, body);
const put = (slug: string, plan: Plan | null, from: string) =>
  operator('PUT', `${slug}/plan`, { plan, from });
async function versionsOf(slug: string): Promise<(string | null)[][]> {
  const { versions } = (await mustBe(200, operator('GET', `${slug}/plan`))).body;
  return versions.map(({ from, plan }: PlanVersionView) => [from, plan?.currency ?? null]);
}

it('a currency chosen by mistake can be replaced, with its future plans', async () => {
  await stage.server.createTenant({ slug: 'mistake' });
  await mustBe(200, put('mistake', inCurrency('usd'), '2026-12-01'));
  await mustBe(200, put('mistake', inCurrency('usd', { monthlyFeeCents: 2000 }), '2027-06-01'));
  // From the second day on there would be two.
  const half = await mustBe(409, put('mistake', inCurrency('eur'), '2026-12-02'));
  assert.match(
    half.body.detail,
    /^All plans .* A plan in usd applies from 2026-12-01: set the new one from that day/,
  );
  await mustBe(200, put('mistake', inCurrency('eur'), '2026-12-01'));
  assert.deepEqual(await versionsOf('mistake'), [
    ['2026-12-01', 'usd'],
    ['2027-06-01', 'usd'],
    ['2026-12-01', 'eur'],
    ['2027-06-01', 'eur'],
  ]);
  stage.server.clock.now = Date.parse('2027-01-03T12:00:00Z');
  const { body: invoice } = await mustBe(200, stage.bill('mistake', '2026-12'));
  assert.equal(invoice.currency, 'eur');
  const late = await mustBe(409, put('mistake', inCurrency('usd'), '2027-01-01'));
  assert.match(late.body.detail, /2026-12 is billed in eur\.$/);
  // A void document does not count.
  await mustBe(200, operator('POST', `mistake/invoices/${invoice.id}/void`));
  await mustBe(200, put('mistake', inCurrency('usd'), '2026-12-01'));
  stage.server.clock.now = Date.parse('2026-12-03T12:00:00Z');
});

it('a currency stays while there is prepaid credit in it', async () => {
  await stage.server.createTenant({ slug: 'prepaid' });
  await mustBe(200, put('prepaid', inCurrency('usd'), '2026-12-01'));
  await mustBe(201, operator('POST', 'prepaid/credits', { amountCents: 500 }));
  const refused = await mustBe(409, put('prepaid', inCurrency('eur'), '2026-12-01'));
  assert.match(refused.body.detail, /There is prepaid credit of 5\.00 usd\.$/);
});

it('a plan can be tried out in any currency while the tenant has none', async () => {
  await stage.server.createTenant({ slug: 'none' });
  const asked = { month: '2026-11', plan: inCurrency('eur') };
  const { body } = await mustBe(200, operator('POST', 'none/simulate', asked));
  assert.deepEqual([body.currency, body.totalCents, body.actualCents], ['eur', 1000, 0]);
});

it('a plan from long ago, or from before the first call, is refused unless it is confirmed', async () => {
  await stage.server.createTenant({ slug: 'slip' });
  const from = (day: string, backdate?: boolean) =>
    operator('PUT', 'slip/plan', { plan: inCurrency('usd'), from: day, ...(backdate ? { backdate } : {}) });
  const said = async (day: string) => (await mustBe(409, from(day))).body.detail;
  const unless = 'Say "backdate": true if that is meant.';
  assert.equal(
    await said('2026-11-30'),
    `The tenant has no call yet, but would be billed from 2026-11 on. ${unless}`,
  );
  await stage.book('slip', { id: 'slip-1', at: '2026-08-20T10:00:00Z', seconds: 60 });
  assert.equal(
    await said('2016-11-01'),
    `The tenant’s first call is in 2026-08, but would be billed from 2016-11 on. ${unless}`,
  );
  assert.equal(await said('2026-08-20'), `Every month since 2026-08 would be billed at once. ${unless}`);
  await mustBe(200, from('2026-09-01'));
  await mustBe(200, from('2026-08-01', true));
  // There is nothing to confirm for what is billed anyway, nor where the billing ends.
  await mustBe(200, from('2026-08-15'));
  await mustBe(200, put('slip', null, '2026-08-02'));
});

it('a plan that is set again in the middle of its month changes nothing', async () => {
  const retainer: PlanInput = {
    ...{ name: 'Retainer', currency: 'usd', monthlyFeeCents: 49_900 },
    rates: [
      {
        channels: ['web', 'inbound', 'outbound', 'chat'],
        price: { kind: 'included', includedMinutes: 1000, perMinuteMicros: 250_000 },
      },
    ],
  };
  await stage.addTenant('again', retainer, '2026-11-01');
  await stage.book('again', { id: 'again-1', at: '2026-11-20T10:00:00Z', seconds: 60_000 });
  const first = (await mustBe(200, operator('GET', 'again/plan'))).body.versions[0];
  // Omitted defaults, or ones written in a different order, make the same plan.
  for (const plan of [retainer, Object.fromEntries(Object.entries(first.plan).reverse())]) {
    const { body } = await mustBe(200, operator('PUT', 'again/plan', { plan, from: '2026-11-16' }));
    assert.deepEqual([body.id, body.from], [first.id, '2026-11-01']);
  }
  assert.equal((await versionsOf('again')).length, 1);
  const preview = await mustBe(200, operator('GET', 'again/preview?period=2026-11'));
  assert.equal(preview.body.soFar.totalCents, 49_900);

  // If another plan is in between, it is one.
  await mustBe(200, put('again', inCurrency('usd'), '2026-12-10'));
  await mustBe(200, operator('PUT', 'again/plan', { plan: retainer, from: '2026-12-10' }));
  assert.equal((await versionsOf('again')).length, 3);
  await mustBe(200, put('again', null, '2027-02-01'));
  await mustBe(200, put('again', null, '2027-03-01'));
  assert.equal((await versionsOf('again')).length, 4);
});

it('the end of billing cancels future plans, and names them', async () => {
  await stage.addTenant('ended', inCurrency('usd'), '2026-11-01');
  await mustBe(200, put('ended', inCurrency('usd', { monthlyFeeCents: 2000 }), '2027-01-01'));
  await mustBe(200, put('ended', inCurrency('usd', { monthlyFeeCents: 3000 }), '2027-03-01'));
  const { body } = await mustBe(200, put('ended', null, '2026-12-01'));
  assert.deepEqual([body.from, body.cancelled], ['2026-12-01', ['2027-01-01', '2027-03-01']]);
  const audit = await listAudit(stage.server.ctx.store, null, 100);
  assert.ok(audit.some(({ action, after }) => action === 'plan.set' && after?.includes('cancelled')));
  const january = await mustBe(200, operator('GET', 'ended/preview?period=2027-01'));
  assert.equal(january.body.soFar.totalCents, 0);
  // Also where it had ended before, and a plan was set for later since.
  await mustBe(200, put('ended', inCurrency('usd'), '2027-05-01'));
  const again = await mustBe(200, put('ended', null, '2027-04-01'));
  assert.deepEqual(again.body.cancelled, ['2027-05-01']);
});
