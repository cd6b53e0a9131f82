/** The operator's list of clients: searched, sorted, summed and paged by the server, from sums instead of calls. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { refreshPrices } from '../../../server/billing/month/month-prices.ts';
import type { ClientRow, ClientsAnswer, Plan } from '../../../server/contract.ts';
import { takeLease } from '../../../server/store/leases.ts';
import { insertPlanVersion } from '../../../server/store/plans.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { type BillingStage, mustBe, simplePlan, startBillingStage } from './stage.ts';

const at = '2026-12-01T10:00:00Z';
const perCall = simplePlan.rates;
const pooled = [
  { ...perCall[0], price: { kind: 'included', includedMinutes: 2, perMinuteMicros: 1_000_000 } },
];

for (const engine of testDatabases()) describe(`the list of clients, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage({ engine });
    // Names, calls and prices are in different orders; two have nothing.
    await stage.addTenant('alpha', simplePlan, '2026-11-01', { name: 'Zum Löwen 100%' });
    await stage.addTenant('beta', { ...simplePlan, rates: pooled as Plan['rates'] }, '2026-11-01', {
      name: 'Émile',
    });
    await stage.addTenant('gamma', { ...simplePlan, currency: 'eur' }, '2026-11-01', { name: 'bakery' });
    await stage.server.createTenant({ slug: 'delta', name: 'Bakery' });
    await stage.server.createTenant({ slug: 'epsilon', name: 'Empty' });
    await stage.book('alpha', { id: 'a1', at, seconds: 60 }, { id: 'a2', at, seconds: 30, costMicros: null });
    await stage.book('beta', ...['b1', 'b2', 'b3'].map((id) => ({ id, at, seconds: 60 })));
    await stage.book('gamma', { id: 'g1', at, seconds: 600, costMicros: 900_000 });
    await mustBe(200, stage.server.operator('POST', '/v1/tenants/epsilon/pause'));
  });
  after(() => stage?.close());

  const list = async (query = ''): Promise<ClientsAnswer> =>
    (await mustBe(200, stage.server.operator('GET', `/v1/billing/tenants${query}`))).body;
  const slugs = async (query: string) => (await list(query)).tenants.map(({ tenant }) => tenant);
  const row = async (slug: string): Promise<ClientRow> => {
    const found = (await list()).tenants.find(({ tenant }) => tenant === slug);
    assert.ok(found);
    return found;
  };
  /** The price that the calls give, and the list's. */
  const both = async (slug: string) => {
    const { body } = await mustBe(
      200,
      stage.server.operator('GET', `/v1/tenants/${slug}/margin?month=2026-12`),
    );
    const shown = await row(slug);
    const figures = ['calls', 'seconds', 'costMicros', 'callsWithoutCost', 'currency', 'costCents'] as const;
    return [
      [...figures.map((name) => body[name]), body.revenueCents, body.marginCents, body.billed],
      [...figures.map((name) => shown[name]), shown.priceCents, shown.marginCents, shown.billed],
    ];
  };
  const agrees = async (slug: string) => {
    const [calculated, shown] = await both(slug);
    assert.deepEqual(shown, calculated);
  };

  it('has every client once, by name without case and accents, with figures that its calls give', async () => {
    const { month, tenants, nextCursor } = await list();
    assert.deepEqual([month, nextCursor], ['2026-12', null]);
    assert.deepEqual(
      tenants.map(({ tenant }) => tenant),
      ['delta', 'gamma', 'beta', 'epsilon', 'alpha'],
    );
    assert.ok(tenants.every(({ current, pricedAt }) => current && pricedAt !== null));
    for (const { tenant } of tenants) await agrees(tenant);
  });

  it('sums all clients that match, prices by currency', async () => {
    const { totals } = await list('?limit=1');
    assert.deepEqual(
      [totals.tenants, totals.calls, totals.seconds, totals.costMicros, totals.callsWithoutCost],
      [5, 6, 870, 1_300_000, 1],
    );
    assert.deepEqual(
      totals.prices.map(({ currency, tenants, priceCents }) => [currency, tenants, priceCents]),
      [
        ['eur', 1, 2000],
        ['usd', 4, 2250],
      ],
    );
    assert.deepEqual([totals.unpriced, totals.asOf], [0, null]);
    assert.equal((await list('?search=bakery')).totals.tenants, 2);
  });

  it('is complete and without repetition in pages of every order', async () => {
    for (const sort of ['name', 'calls', 'cost', 'price']) {
      for (const order of ['asc', 'desc']) {
        const whole = await slugs(`?sort=${sort}&order=${order}`);
        assert.equal(new Set(whole).size, 5);
        const paged: string[] = [];
        let cursor = '';
        do {
          const page = await list(`?sort=${sort}&order=${order}&limit=2${cursor}`);
          paged.push(...page.tenants.map(({ tenant }) => tenant));
          cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
        } while (cursor !== '');
        assert.deepEqual(paged, whole, `${sort} ${order}`);
      }
    }
    assert.deepEqual((await slugs('?sort=calls')).slice(0, 3), ['beta', 'alpha', 'gamma']);
    assert.deepEqual((await slugs('?sort=cost')).slice(0, 3), ['gamma', 'beta', 'alpha']);
    assert.deepEqual((await slugs('?sort=price')).slice(0, 3), ['gamma', 'alpha', 'beta']);
  });

  it('finds parts of name and slug, and a percent sign as itself', async () => {
    assert.deepEqual(await slugs('?search=LOWEN'), ['alpha']);
    assert.deepEqual(await slugs('?search=%C3%A9mi'), ['beta']);
    assert.deepEqual(await slugs('?search=100%25'), ['alpha']);
    assert.deepEqual(await slugs('?search=amm'), ['gamma']);
    assert.deepEqual(await slugs('?search=b%25y'), []);
    assert.deepEqual((await slugs('?search=')).length, 5);
  });

  it('has filters for the paused, the active, and those that need attention, with the reason', async () => {
    assert.deepEqual(await slugs('?filter=paused'), ['epsilon']);
    assert.deepEqual(await slugs('?filter=active&sort=calls'), ['beta', 'alpha', 'gamma', 'delta']);
    const { tenants } = await list('?filter=attention');
    assert.deepEqual(
      tenants.map(({ tenant, attention }) => [tenant, attention]),
      [['alpha', ['calls-without-cost']]],
    );
  });

  it('refuses another list’s cursor, strange ones and months that it does not keep', async () => {
    const { nextCursor } = await list('?limit=2');
    const strange = ['x', nextCursor, Buffer.from('["calls","a","b"]').toString('base64url')];
    for (const query of [
      ...strange.map((cursor) => `sort=calls&cursor=${cursor}`),
      'month=2026-10',
      'sort=x',
    ]) {
      const { status, body } = await stage.server.operator('GET', `/v1/billing/tenants?${query}`);
      assert.deepEqual([status, body.code], [400, 'invalid_request'], query);
    }
    assert.equal((await list('?month=2026-11')).month, '2026-11');
  });

  it('is the operator’s alone', async () => {
    const client = await stage.clientKey('alpha');
    assert.equal((await client('GET', '/v1/billing/tenants')).status, 404);
  });

  it('has the price of the calls after each correction, change of plan, bill and void', async () => {
    const { server } = stage;
    const steps: [string, () => Promise<unknown>][] = [
      ['a late cost', () => stage.book('alpha', { id: 'a2', at, seconds: 30, costMicros: 7 })],
      ['a longer call', () => stage.book('alpha', { id: 'a1', at, seconds: 90 })],
      ['another kind', () => stage.book('beta', { id: 'b1', at, seconds: 60, type: 'inboundPhoneCall' })],
      [
        'a plan',
        () =>
          mustBe(
            200,
            server.operator('PUT', '/v1/tenants/delta/plan', { plan: simplePlan, from: '2026-12-02' }),
          ),
      ],
    ];
    for (const [what, step] of steps) {
      server.clock.now += 1000;
      await step();
      for (const slug of ['alpha', 'beta', 'delta']) {
        const [calculated, shown] = await both(slug);
        assert.deepEqual(shown, calculated, `${slug} after ${what}`);
      }
    }
    const { body: billed } = await mustBe(200, stage.bill('alpha', '2026-11'));
    const november = async () =>
      (await list('?month=2026-11')).tenants.find(({ tenant }) => tenant === 'alpha');
    assert.deepEqual([(await november())?.billed, (await november())?.priceCents], [true, 1000]);
    await mustBe(200, server.operator('POST', `/v1/tenants/alpha/invoices/${billed.id}/void`));
    assert.equal((await november())?.billed, false);
  });

  it('shows the earlier price with its time while a large month is calculated again', async () => {
    const { server } = stage;
    const { pricedAt, priceCents } = await row('gamma');
    const calls = (change: number) =>
      server.ctx.store
        .updateTable('tenantMonths')
        .set(({ eb }) => ({ calls: eb('calls', '+', change) }))
        .where('month', '=', '2026-12')
        .where('tenantId', '=', ({ selectFrom }) =>
          selectFrom('tenants').select('id').where('slug', '=', 'gamma'),
        )
        .execute();
    await calls(5000);
    server.clock.now += 2000;
    await stage.book('gamma', { id: 'g2', at, seconds: 60 });
    const old = await row('gamma');
    assert.deepEqual([old.pricedAt, old.priceCents, old.current], [pricedAt, priceCents, false]);
    assert.equal((await list()).totals.asOf, pricedAt);
    await calls(-5000);
    server.clock.now += 60_000;
    while (await refreshPrices(server.ctx, 'test'));
    const now = await row('gamma');
    assert.deepEqual([now.priceCents, now.current], [2100, true]);
    assert.equal((await list()).totals.asOf, null);
  });

  it('is priced by one process at a time, and by another once that is gone', async () => {
    const { ctx, clock } = stage.server;
    const other = { name: 'month-prices', owner: 'other', expiresAt: clock.now + 60_000 };
    assert.ok(await takeLease(ctx.store, other, clock.now));
    await stage.book('gamma', { id: 'g3', at, seconds: 60 });
    const stored = () =>
      ctx.store
        .selectFrom('tenantMonths')
        .select('priceCents')
        .where('month', '=', '2026-12')
        .where('currency', '=', 'eur')
        .executeTakeFirst();
    assert.equal(await refreshPrices(ctx, 'test'), false);
    assert.equal((await stored())?.priceCents, 2100);
    clock.now += 61_000;
    while (await refreshPrices(ctx, 'test'));
    assert.equal((await stored())?.priceCents, 2200);
  });

  it('has the price of a call that turns out to have lasted no second, once its length is known', async () => {
    const price = { kind: 'cost-plus', markupBps: 0 };
    const plan = { ...simplePlan, rates: [{ ...perCall[0], price }] } as Plan;
    await stage.addTenant('unknown', plan, '2026-12-01');
    // A time that must be wrong.
    await stage.book('unknown', { id: 'u1', at, seconds: 100_000 });
    assert.equal((await row('unknown')).priceCents, 1000);
    stage.server.clock.now += 1000;
    await stage.book('unknown', { id: 'u1', at, seconds: 0 });
    await agrees('unknown');
  });

  it('says why a client has no price, and prices those behind it', async () => {
    const { server } = stage;
    await server.createTenant({ slug: 'broken', name: 'AAA' });
    const tenant = (await findTenant(server.ctx.store, 'broken')) as Tenant;
    await insertPlanVersion(
      server.ctx.store,
      tenant.id,
      '2026-12-01',
      { ...simplePlan, rates: [] } as never,
      0,
    );
    await stage.book('broken', { id: 'x1', at, seconds: 60 });
    await stage.book('beta', { id: 'b4', at, seconds: 60 });
    const { priceCents, problem, attention, current } = await row('broken');
    assert.deepEqual([priceCents, attention, current], [null, ['no-price'], true]);
    assert.match(problem ?? '', /./);
    assert.doesNotMatch(problem ?? '', /rate/);
    assert.equal((await list()).totals.unpriced, 1);
    await agrees('beta');
  });
}

it('prices follow in the background', async () => {
  const stage = await startBillingStage({ prices: true });
  try {
    await stage.addTenant('alone', simplePlan, '2026-12-01');
    const row = () =>
      stage.server.ctx.store
        .selectFrom('tenantMonths')
        .selectAll()
        .where('month', '=', '2026-12')
        .executeTakeFirst();
    await until(async () => (await row())?.priceCents === 1000, 'the price');
  } finally {
    await stage.close();
  }
});
