import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { closeMonths } from '../../../server/billing/clerk/close-job.ts';
import { createClosing } from '../../../server/billing/stripe/billing-context.ts';
import {
  type CloseReport,
  closeRequestSchema,
  type InvoiceSummary,
  type PlanInput,
} from '../../../server/contract.ts';
import { takeLease } from '../../../server/store/leases.ts';
import { testDatabases } from '../../support/postgres.ts';
import { type StripeStandIn, startStripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import { codeOf } from '../../support/test-server.ts';
import { killAfterWrites, useStore } from './kill-after-writes.ts';
import { type BillingStage, channels, mustBe, simplePlan as plan, startBillingStage } from './stage.ts';

const secretKey = 'sk_test_onlyForThisTest';
const at = (iso: string) => Date.parse(iso);

for (const engine of testDatabases()) {
  describe(`closing months on ${engine.name}`, () => {
    let stage: BillingStage;
    let stripe: StripeStandIn;
    before(async () => {
      stripe = await startStripeStandIn({ secretKey, now: () => stage.server.clock.now });
      stage = await startBillingStage({
        engine,
        now: at('2026-12-01T12:00:00Z'),
        config: { stripeApiUrl: stripe.url },
        secrets: { stripe: { secretKey, webhookSecret: null } },
      });
    });
    after(async () => {
      await stripe.close();
      await stage.close();
    });
    const operator = (method: string, path: string, body?: unknown) =>
      stage.server.operator(method, `/v1/${path}`, body);
    const close = async (request: Record<string, unknown> = {}) =>
      (await mustBe(200, operator('POST', 'billing/close?wait=true', request))).body as CloseReport;
    const figures = ({ entries }: CloseReport) =>
      entries.map(({ tenant, month, outcome, totalCents }) => [tenant, month, outcome, totalCents]);
    const invoicesOf = async (slug: string): Promise<InvoiceSummary[]> =>
      (await operator('GET', `tenants/${slug}/invoices`)).body.invoices;

    it('waits for each tenant’s own midnight and for late costs, and a dry run only reports', async () => {
      await stage.addTenant('utc', plan, '2026-10-16');
      await stage.addTenant('pacific', plan, '2026-11-01', { timeZone: 'America/Los_Angeles' });
      await stage.book('utc', { id: 'utc-1', at: '2026-11-05T00:00:00Z', seconds: 60 });
      // October has 16 of 31 days: 10.00 × 16 ÷ 31 = 5.16; November is not 24 hours past.
      assert.deepEqual(figures(await close({ dryRun: true })), [['utc', '2026-10', 'would-finalize', 516]]);
      assert.deepEqual(await invoicesOf('utc'), []);
      stage.server.clock.now = at('2026-12-02T00:00:00Z');
      assert.deepEqual(figures(await close()), [
        ['utc', '2026-10', 'finalized', 516],
        ['utc', '2026-11', 'finalized', 1100],
      ]);
      stage.server.clock.now = at('2026-12-02T07:59:59Z');
      assert.deepEqual(figures(await close()), []);
      stage.server.clock.now = at('2026-12-02T08:00:00Z');
      assert.deepEqual(figures(await close()), [['pacific', '2026-11', 'finalized', 1000]]);
      assert.deepEqual(figures(await close()), []);
    });

    it('reports what needs a person, and one tenant’s failure does not delay others', async () => {
      await stage.addTenant('waiting', plan, '2026-11-01');
      await stage.addTenant('worse', plan, '2026-11-01');
      await mustBe(
        200,
        operator('PUT', 'tenants/worse/billing', {
          buyer: { name: 'W', email: 'w@example.com' },
          collection: 'send',
        }),
      );
      const cost: PlanInput = { ...plan, rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }] };
      await mustBe(200, operator('PUT', 'tenants/waiting/plan', { plan: cost, from: '2026-11-01' }));
      await stage.book('waiting', { id: 'w-1', at: '2026-11-05T00:00:00Z', seconds: 60, costMicros: null });
      stripe.fault = () => 'unavailable';
      const report = await close();
      stripe.fault = () => null;
      assert.deepEqual(figures(report), [
        ['waiting', '2026-11', 'finalized', 1000],
        ['worse', '2026-11', 'finalized', 1000],
        ['worse', '2026-11', 'failed', null],
      ]);
      assert.equal(report.entries[0]?.openCalls, 1);
      assert.equal(report.needsPerson, 2);
      // The next run pushes what the last one could not, and reports the call for as long as it waits.
      const next = await close();
      assert.deepEqual(figures(next), [
        ['waiting', '2026-11', 'calls-left', null],
        ['worse', '2026-11', 'pushed', 1000],
      ]);
      assert.equal(next.entries[0]?.openCalls, 1);
      await stage.book('waiting', { id: 'w-1', at: '2026-11-05T00:00:00Z', seconds: 60, costMicros: 0 });
      assert.deepEqual(figures(await close()), []);
      const { runs } = (await operator('GET', 'billing/runs')).body as { runs: CloseReport[] };
      assert.ok(runs.some(({ id, needsPerson }) => id === report.id && needsPerson === 2));
    });

    it('reports calls that no one is billed for, and invoices that Stripe never gets because there is no key', async () => {
      await stage.addTenant('half', plan, '2026-11-16');
      await stage.server.createTenant({ slug: 'no-plan', name: 'No plan' });
      const early = { at: '2026-11-10T10:00:00Z', seconds: 600 };
      await stage.book('half', { id: 'half-1', ...early }, { id: 'half-2', ...early });
      await stage.book('no-plan', { id: 'no-plan-1', ...early });
      const account = { buyer: { name: 'H', email: 'h@example.com' }, collection: 'send' };
      await mustBe(200, operator('PUT', 'tenants/half/billing', account));
      const { ctx } = stage.server;
      const whole = ctx.stripe;
      ctx.stripe = null;
      const troubles = ({ entries }: CloseReport) =>
        entries.map(({ tenant, outcome, problem }) => [tenant, outcome, problem]);
      const first = await close();
      const keyless = ['half', 'failed', 'STRIPE_SECRET_KEY is not set.'];
      const unplanned = ['no-plan', 'calls-left', '1 call on days without a plan: on no invoice.'];
      assert.deepEqual(troubles(first), [
        ['half', 'finalized', '2 calls on days without a plan: on no invoice.'],
        keyless,
        unplanned,
      ]);
      assert.equal(first.entries[0]?.unplannedCalls, 2);
      assert.equal(first.needsPerson, 3);
      assert.deepEqual(troubles(await close()), [keyless, unplanned]);
      ctx.stripe = whole;
      assert.deepEqual(troubles(await close({ tenant: 'half' })), [['half', 'pushed', undefined]]);
      const free: PlanInput = { ...plan, monthlyFeeCents: 0, rates: [{ channels, price: { kind: 'free' } }] };
      await mustBe(200, operator('PUT', 'tenants/no-plan/plan', { plan: free, from: '2026-11-01' }));
      assert.deepEqual(troubles(await close({ tenant: 'no-plan' })), [['no-plan', 'finalized', undefined]]);
    });

    it('keeps runs that did something or report something new, not one for each hour in which nothing happens', async () => {
      const runs = async () => (await operator('GET', 'billing/runs')).body.runs as CloseReport[];
      stage.server.clock.now += 1000;
      await close();
      const before = (await runs()).length;
      for (let hour = 0; hour < 3; hour += 1) {
        stage.server.clock.now += 3_600_000;
        await close();
      }
      assert.equal((await runs()).length, before);
      await stage.server.createTenant({ slug: 'news', name: 'News' });
      await stage.book('news', { id: 'news-1', at: '2026-11-10T10:00:00Z', seconds: 60 });
      for (let hour = 0; hour < 3; hour += 1) {
        stage.server.clock.now += 3_600_000;
        await close();
      }
      assert.deepEqual(
        (await runs()).slice(0, (await runs()).length - before).map(({ entries }) => entries[0]?.tenant),
        ['news'],
        'the same trouble is reported once',
      );
      const free: PlanInput = { ...plan, monthlyFeeCents: 0, rates: [{ channels, price: { kind: 'free' } }] };
      await mustBe(200, operator('PUT', 'tenants/news/plan', { plan: free, from: '2026-11-01' }));
      await close({ tenant: 'news' });
      stage.server.clock.now += 3_600_000;
      await close();
      const [last, one] = await runs();
      assert.deepEqual(
        [last?.entries, last?.tenant, last?.needsPerson],
        [[], null, 0],
        'and that it is over',
      );
      assert.deepEqual(one?.tenant, 'news');
    });

    it('is done by one process at a time', async () => {
      const { store } = stage.server.ctx;
      const now = stage.server.clock.now;
      assert.ok(
        await takeLease(store, { name: 'month-close', owner: 'another', expiresAt: now + 600_000 }, now),
      );
      assert.equal(codeOf(await operator('POST', 'billing/close?wait=true', {})), 'conflict');
      stage.server.clock.now += 600_001;
      await close();
    });

    it('by two at once bills each month once, even when one loses its claims meanwhile', async () => {
      const slugs = ['race-a', 'race-b', 'race-c'];
      for (const slug of slugs) {
        await stage.addTenant(slug, plan, '2026-11-01');
        const buyer = { name: slug, email: `${slug}@example.com` };
        await mustBe(200, operator('PUT', `tenants/${slug}/billing`, { buyer, collection: 'send' }));
        await stage.book(slug, { id: `${slug}-1`, at: '2026-11-05T00:00:00Z', seconds: 60 });
      }
      // A client of the first hangs at Stripe for longer than its claim, and another process takes over.
      const hangs = Promise.withResolvers<null>();
      const hanging = Promise.withResolvers<void>();
      stripe.fault = (request) => {
        if (request !== 'POST /v1/invoices') return null;
        stripe.fault = () => null;
        hanging.resolve();
        return hangs.promise;
      };
      const first = operator('POST', 'billing/close?wait=true', {});
      await hanging.promise;
      assert.equal(
        codeOf(await operator('POST', 'billing/close?wait=true', { month: '2026-11' })),
        'conflict',
        'with another request',
      );
      stage.server.clock.now += 60_001;
      const another = { ...stage.server.ctx, closing: createClosing() };
      const second = await closeMonths(another, closeRequestSchema.parse({}), 'another process');
      hangs.resolve(null);
      // The second has finished the run, so the first may continue.
      const { body } = await mustBe(200, first);
      assert.equal(body.id, second.id);
      // Stripe refuses the second's request while the first's is in flight under the same key: the next run continues.
      assert.deepEqual([body.needsPerson, second.needsPerson], [1, 1]);
      for (const slug of slugs) {
        const [invoice, ...others] = await invoicesOf(slug);
        assert.deepEqual([invoice?.totalCents, invoice?.status, others], [1100, 'pushed', []]);
        const there = stripe.books.invoices.filter(({ number }) => number === invoice?.number);
        assert.deepEqual(
          there.map(({ total, status }) => [total, status]),
          [[1100, 'open']],
        );
      }
    });

    it('and a report at the same moment bill each call once, now or next month', async () => {
      const cost: PlanInput = {
        ...{ name: 'Cost', currency: 'usd' },
        rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }],
      };
      const { clock } = stage.server;
      const december = clock.now;
      const slugs = Array.from({ length: 6 }, (_, index) => `moment-${index}`);
      for (const [index, slug] of slugs.entries()) {
        await stage.addTenant(slug, cost, '2026-11-01');
        const call = (id: string, costMicros: number) => ({
          ...{ id: `${slug}-${id}`, at: '2026-11-05T00:00:00Z', seconds: 60, costMicros },
        });
        await stage.book(slug, call('1', 1_000_000), call('2', 1_000_000));
        const draft = await mustBe(201, operator('POST', `tenants/${slug}/invoices`, { period: '2026-11' }));
        clock.now += 1000;
        // One call costs 2.00 more after all, and another of 4.00 is reported.
        const late = async () => {
          // At a different point of the finalization each time.
          for (let turn = 0; turn < index * 8; turn += 1) await setImmediate();
          await stage.book(slug, call('1', 3_000_000), call('3', 4_000_000));
        };
        const finalize = mustBe(200, operator('POST', `tenants/${slug}/invoices/${draft.body.id}/finalize`));
        await Promise.all([finalize, late()]);
      }
      clock.now = at('2027-01-02T12:00:00Z');
      for (const slug of slugs) {
        // Refused if all of it arrived in time for the first.
        const next = await operator('POST', `tenants/${slug}/invoices`, { period: '2026-12' });
        if (next.status === 201)
          await mustBe(200, operator('POST', `tenants/${slug}/invoices/${next.body.id}/finalize`));
        else assert.equal(codeOf(next), 'conflict');
        const totals = (await invoicesOf(slug)).map(({ totalCents }) => totalCents);
        // 3.00 + 1.00 + 4.00, on the two together
        assert.equal(
          totals.reduce((sum, total) => sum + total, 0),
          800,
          `${slug}: ${totals}`,
        );
      }
      clock.now = december;
    });

    for (const memory of ['at once', 'a day later']) {
      it(`that is killed after any of its own writes and repeated ${memory} bills nothing twice`, async () => {
        const { ctx, clock } = stage.server;
        const whole = ctx.store;
        for (let kill = 1, more = true; more; kill += 1) {
          const slug = `kill-${memory.replaceAll(' ', '-')}-${kill}`;
          await stage.addTenant(slug, plan, '2026-11-01');
          const buyer = { name: slug, email: 'k@example.com' };
          await mustBe(200, operator('PUT', `tenants/${slug}/billing`, { buyer, collection: 'send' }));
          await stage.book(slug, { id: `${slug}-1`, at: '2026-11-05T00:00:00Z', seconds: 90 });
          // The clock passes the next month's end.
          const request = { tenant: slug, month: '2026-11' };
          // Only the keys show Stripe then that it is a repetition.
          stripe.books.listLagSeconds = memory === 'at once' ? 120 : 0;
          useStore(ctx, whole.withPlugin(killAfterWrites(kill)));
          const answer = await operator('POST', 'billing/close?wait=true', request);
          useStore(ctx, whole);
          const runs = (await operator('GET', 'billing/runs')).body.runs as CloseReport[];
          const isFrozen = (await invoicesOf(slug)).some(({ number }) => number !== null);
          assert.ok(
            !isFrozen || runs.some(({ tenant }) => tenant === slug),
            'a run that has billed is known, also when it was killed',
          );
          more =
            answer.status !== 200 || answer.body.entries.some((entry: { problem?: string }) => entry.problem);
          if (memory !== 'at once') stripe.forgetKeys();
          // The killed process keeps its claim for a minute.
          clock.now += memory === 'at once' ? 60_001 : 25 * 3_600_000;
          await close(request);
          stripe.books.listLagSeconds = 0;
          const invoices = await invoicesOf(slug);
          // 10.00 + 1.5 minutes
          assert.deepEqual(
            invoices.map(({ month, totalCents, status }) => [month, totalCents, status]),
            [['2026-11', 1150, 'pushed']],
            `killed after write ${kill}`,
          );
          const there = stripe.books.invoices.filter(({ number }) => number === invoices[0]?.number);
          assert.deepEqual(
            there.map(({ total, status }) => [total, status]),
            [[1150, 'open']],
          );
          assert.ok(kill < 60, 'it ends');
        }
      });
    }

    it('leaves no gap in the numbers, whatever happens on the way', async () => {
      const numbers: number[] = [];
      const { tenants } = (await operator('GET', 'tenants?limit=200')).body as {
        tenants: { slug: string }[];
      };
      for (const { slug } of tenants) {
        numbers.push(...(await invoicesOf(slug)).map(({ number }) => Number(number?.slice(4))));
      }
      numbers.sort((a, b) => a - b);
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => index + 1),
      );
    });
  });
}
