/** One tenant's failure does not affect others: they are billed, and the report names it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CloseReport, MarginAnswer, Plan } from '../../../server/contract.ts';
import { insertPlanVersion } from '../../../server/store/plans.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { testDatabases } from '../../support/postgres.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';
import { type PriceInput, planOf } from './support.ts';

for (const engine of testDatabases()) {
  describe(`one tenant’s failure on ${engine.name}`, () => {
    let stage: BillingStage;
    before(async () => {
      stage = await startBillingStage({ engine });
      const { ctx } = stage.server;
      const perMinute = planOf({ kind: 'per-minute', perMinuteMicros: 0 });
      const costPlus = planOf({ kind: 'cost-plus', markupBps: 0 });
      const broken = { ...perMinute, rates: [] } as Plan;
      // As they could be set before prices had a limit, and as no version ever wrote one.
      const plans: Record<string, Plan> = {
        'a-dear': {
          ...perMinute,
          rates: perMinute.rates.map(({ channels }) => ({
            channels,
            price: {
              ...{ kind: 'per-minute', perMinuteMicros: 9_000_000_000_000_000 },
              ...{ initialSeconds: 1, incrementSeconds: 1 },
            },
          })),
        },
        'b-rate': {
          ...costPlus,
          usdRateMicros: 1_000_000_000_000,
          rates: costPlus.rates.map(({ channels }) => ({
            channels,
            price: {
              ...{ kind: 'cost-plus', markupBps: 1_000_000, markupBpsByComponent: {}, perMinuteMicros: 0 },
              ...{ initialSeconds: 1, incrementSeconds: 1 },
            },
          })),
        },
        'c-broken': broken,
      };
      for (const [slug, plan] of Object.entries(plans)) {
        await stage.server.createTenant({ slug });
        await stage.book(slug, {
          ...{ id: `${slug}-1`, at: '2026-11-10T10:00:00Z' },
          ...{ seconds: 600, costMicros: 500_000_000 },
        });
        const tenant = (await findTenant(ctx.store, slug)) as Tenant;
        await insertPlanVersion(ctx.store, tenant.id, '2026-11-01', plan, 0);
      }
      await stage.addTenant('z-good', planOf({ kind: 'free' }, { monthlyFeeCents: 1000 }), '2026-11-01');
    });
    after(() => stage?.close());

    it('is named once in the report of a close, which bills all others', async () => {
      for (const dryRun of [true, false]) {
        const { body } = await mustBe(
          200,
          stage.server.operator('POST', '/v1/billing/close?wait=true', { dryRun }),
        );
        const { entries, needsPerson } = body as CloseReport;
        assert.deepEqual(
          entries.map(({ tenant, month, outcome }) => [tenant, month, outcome]),
          [
            ['a-dear', '2026-11', 'failed'],
            ['b-rate', '2026-11', 'failed'],
            ['c-broken', '2026-11', 'failed'],
            ['z-good', '2026-11', dryRun ? 'would-finalize' : 'finalized'],
          ],
        );
        assert.match(entries[0]?.problem ?? '', /^The result is an amount of 90000000000000000, /);
        assert.match(entries[1]?.problem ?? '', /^The result is an amount of 50500000000000000, /);
        assert.equal(entries[2]?.problem, 'Something went wrong on our side; see the log.');
        assert.equal(needsPerson, 3);
        const { runs } = (await stage.server.operator('GET', '/v1/billing/runs?dry-runs=true')).body;
        const kept = runs.find(({ id }: CloseReport) => id === body.id);
        assert.deepEqual(kept, body);
      }
    });

    it('omits its row from the margins, and says so', async () => {
      const { body } = await mustBe(200, stage.server.operator('GET', '/v1/billing/margin?month=2026-11'));
      const { rows, leftOut } = body as MarginAnswer;
      assert.deepEqual(
        rows.map(({ tenant, revenueCents }) => [tenant, revenueCents]),
        [['z-good', 1000]],
      );
      assert.deepEqual(
        leftOut.map(({ tenant }) => tenant),
        ['a-dear', 'b-rate', 'c-broken'],
      );
      assert.match(leftOut[0]?.problem ?? '', /^The result is an amount of 90000000000000000, /);
    });

    it('is reported to a caller that asks for an amount that is too large', async () => {
      const ask = (path: string) => stage.server.operator('GET', `/v1/tenants/a-dear/${path}`);
      for (const path of ['preview?period=2026-11', 'margin?month=2026-11']) {
        const { body } = await mustBe(409, ask(path));
        assert.match(body.detail, /^The result is an amount of 90000000000000000, /);
      }
      const { body } = await mustBe(200, ask('calls?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z'));
      assert.deepEqual(
        body.calls.map(({ id }: { id: string }) => id),
        ['a-dear-1'],
      );
    });
  });
}

it('a price, a markup or an exchange rate too large to sum up a month is refused', () => {
  const isRefused = (price: PriceInput, changes = {}) =>
    assert.throws(() => planOf(price, changes), /too_big/);
  isRefused({ kind: 'per-minute', perMinuteMicros: 1_000_000_000_001 });
  isRefused({ kind: 'per-call', perCallMicros: 1_000_000_000_001 });
  isRefused({ kind: 'cost-plus', markupBps: 100_001 });
  isRefused({ kind: 'cost-plus', markupBps: 0 }, { usdRateMicros: 200_000_000_001 });
});
