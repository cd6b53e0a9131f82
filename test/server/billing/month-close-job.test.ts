/** A month's close as a job: shared by processes, followed, stopped, resumed, and continued after a kill. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { driveClose } from '../../../server/billing/clerk/close-drive.ts';
import { beginClose, resumeClose, stopClose } from '../../../server/billing/clerk/close-job.ts';
import { type BillingContext, createClosing } from '../../../server/billing/stripe/billing-context.ts';
import {
  type CloseClientsAnswer,
  type CloseReport,
  closeRequestSchema,
  type InvoiceSummary,
} from '../../../server/contract.ts';
import { testDatabases } from '../../support/postgres.ts';
import { type StripeStandIn, startStripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';
import { killAfterWrites } from './kill-after-writes.ts';
import { type BillingStage, mustBe, simplePlan, startBillingStage } from './stage.ts';

const secretKey = 'sk_test_onlyForThisTest';
const parallel = 4;

for (const engine of testDatabases()) {
  describe(`a close of many clients on ${engine.name}`, () => {
    let stage: BillingStage;
    let stripe: StripeStandIn;
    let made = 0;
    before(async () => {
      stripe = await startStripeStandIn({ secretKey, now: () => stage.server.clock.now });
      stage = await startBillingStage({
        engine,
        now: Date.parse('2026-12-03T12:00:00Z'),
        config: { stripeApiUrl: stripe.url, closeParallel: parallel },
        secrets: { stripe: { secretKey, webhookSecret: null } },
      });
    });
    after(async () => {
      await stripe?.close();
      await stage?.close();
    });

    const operator = (method: string, path: string, body?: unknown) =>
      stage.server.operator(method, `/v1/billing/${path}`, body);
    const runOf = async (id: string) =>
      (await mustBe(200, operator('GET', `runs/${id}`))).body as CloseReport;
    const ended = (id: string) =>
      until(async () => {
        const run = await runOf(id);
        return run.state === 'finished' ? run : null;
      }, 'the end of the close');
    const invoicesOf = async (slug: string): Promise<InvoiceSummary[]> =>
      (await stage.server.operator('GET', `/v1/tenants/${slug}/invoices`)).body.invoices;

    /** Clients whose invoices are sent through Stripe, with one more minute at 1.00 each, after a fee of 10.00. */
    async function addClients(name: string, count: number): Promise<string[]> {
      const slugs = Array.from({ length: count }, (_, index) => `${name}-${String(index).padStart(2, '0')}`);
      for (const [index, slug] of slugs.entries()) {
        const { id } = await stage.addTenant(slug, simplePlan, '2026-11-01');
        const buyer = { name: slug, email: `${slug}@example.com` };
        await mustBe(
          200,
          stage.server.operator('PUT', `/v1/tenants/${slug}/billing`, { buyer, collection: 'send' }),
        );
        const seconds = 60 * (index + 1);
        await stage.book(slug, { id: `${id}-1`, at: '2026-11-05T00:00:00Z', seconds });
      }
      made += count;
      return slugs;
    }

    /** Each client has one invoice, of its amount, here and at Stripe; all numbers together have no gap. */
    async function checkBooks(slugs: string[]): Promise<void> {
      for (const [index, slug] of slugs.entries()) {
        const invoices = await invoicesOf(slug);
        assert.deepEqual(
          invoices.map(({ month, totalCents, status }) => [month, totalCents, status]),
          [['2026-11', 1000 + 100 * (index + 1), 'pushed']],
          slug,
        );
        const there = stripe.books.invoices.filter(({ number }) => number === invoices[0]?.number);
        assert.deepEqual(
          there.map(({ total, status }) => [total, status]),
          [[1000 + 100 * (index + 1), 'open']],
          slug,
        );
      }
      const numbers = stripe.books.invoices.map(({ number }) => Number(number?.slice(4)));
      assert.deepEqual(
        numbers.sort((a, b) => a - b),
        Array.from({ length: made }, (_, index) => index + 1),
      );
    }

    it('is shared by three processes, one of which is killed: each client is billed once, and reported', async () => {
      const slugs = await addClients('shared', 60);
      const { ctx, clock } = stage.server;
      const whole = ctx.store;
      // The server's own worker would help.
      ctx.closing.isStopping = true;
      const processOn = (store: typeof whole): BillingContext => ({
        ...ctx,
        store,
        backgroundStore: store,
        closing: createClosing(),
      });
      const killed = processOn(whole.withPlugin(killAfterWrites(150)));
      const id = await beginClose(killed, closeRequestSchema.parse({ month: '2026-11' }), 'operator');
      await assert.rejects(driveClose(killed, id), /killed|dead/);
      const half = await runOf(id);
      assert.ok(half.progress.done > 0 && half.progress.pending > 0 && half.progress.underWay > 0);
      const others = [processOn(whole), processOn(whole)];
      await Promise.all(others.map((other) => driveClose(other, id)));
      // What the killed one had claimed is left alone until that lapses.
      const { state, progress } = await runOf(id);
      assert.deepEqual([state, progress.pending, progress.underWay], ['running', 0, half.progress.underWay]);
      clock.now += 60_001;
      await Promise.all(others.map((other) => driveClose(other, id)));
      const run = await ended(id);
      ctx.closing.isStopping = false;
      assert.deepEqual(run.progress, { pending: 0, underWay: 0, done: 60, forPerson: 0 });
      assert.deepEqual(run.totals, [
        { currency: 'usd', invoices: 60, totalCents: 60_000 + (100 * 60 * 61) / 2 },
      ]);
      assert.deepEqual(
        run.entries.map(({ tenant, outcome, totalCents }) => [tenant, outcome, totalCents]),
        slugs.map((slug, index) => [slug, 'pushed', 1000 + 100 * (index + 1)]),
      );
      await checkBooks(slugs);
    });

    it('works on as many clients at once as is set, can be stopped, and resumes with the rest', async () => {
      const slugs = await addClients('abreast', parallel * 2 + 1);
      let inFlight = 0;
      let most = 0;
      const gate = Promise.withResolvers<void>();
      stripe.fault = async (request) => {
        if (request !== 'POST /v1/invoices') return null;
        inFlight += 1;
        most = Math.max(most, inFlight);
        await gate.promise;
        inFlight -= 1;
        return null;
      };
      const begun = await mustBe(202, operator('POST', 'close', { month: '2026-11' }));
      const { id } = begun.body as CloseReport;
      assert.equal(
        new URL(begun.headers.get('location') ?? '', 'https://a.example/v1/billing/close').pathname,
        `/v1/billing/runs/${id}`,
      );
      await until(() => inFlight === parallel, 'as many requests at once');
      const { progress } = await runOf(id);
      assert.equal(progress.underWay, parallel);
      const { clients } = (await mustBe(200, operator('GET', `runs/${id}/clients?state=under-way&limit=3`)))
        .body as CloseClientsAnswer;
      assert.equal(clients.length, 3);
      const stopped = (await mustBe(200, operator('POST', `runs/${id}/stop`))).body as CloseReport;
      assert.deepEqual([stopped.state, stopped.finishedAt], ['stopped', null]);
      gate.resolve();
      const rest = await until(async () => {
        const run = await runOf(id);
        return run.progress.underWay === 0 ? run : null;
      }, 'those that had begun');
      assert.deepEqual([rest.state, rest.progress.pending], ['stopped', progress.pending]);
      await mustBe(202, operator('POST', `runs/${id}/resume`));
      assert.equal((await ended(id)).needsPerson, 0);
      assert.equal(most, parallel);
      stripe.fault = () => null;
      assert.equal(codeOf(await operator('POST', `runs/${id}/stop`)), 'conflict');
      assert.equal(codeOf(await operator('POST', `runs/${id}/resume`)), 'conflict');
      assert.equal(codeOf(await operator('POST', 'runs/run_none/resume')), 'not_found');
      await checkBooks(slugs);
    });

    it('that two people resume at the same moment is still the only one', async () => {
      const slugs = await addClients('twice', 1);
      const { ctx } = stage.server;
      ctx.closing.isStopping = true;
      const request = closeRequestSchema.parse({ month: '2026-11' });
      const id = await beginClose(ctx, request, 'operator');
      await stopClose(ctx.store, id);
      const resumed = await Promise.all([resumeClose(ctx, id), resumeClose(ctx, id)]);
      assert.deepEqual(
        resumed.map(({ state }) => state),
        ['running', 'running'],
      );
      await assert.rejects(
        beginClose(ctx, { ...request, tenant: 'twice-00' }, 'operator'),
        /already being closed/,
      );
      ctx.closing.isStopping = false;
      await driveClose(ctx, id);
      await ended(id);
      await checkBooks(slugs);
    });

    it('is begun once by a double click, and another request is refused meanwhile', async () => {
      const slugs = await addClients('double', 2);
      const gate = Promise.withResolvers<null>();
      stripe.fault = (request) => (request === 'POST /v1/invoices' ? gate.promise : null);
      const answers = await Promise.all(
        [1, 2].map(() => mustBe(202, operator('POST', 'close', { month: '2026-11' }))),
      );
      const [id, ...same] = answers.map(({ body }) => (body as CloseReport).id);
      assert.deepEqual(same, [id]);
      const other = await operator('POST', 'close', { tenant: 'double-00' });
      assert.equal(codeOf(other), 'conflict');
      assert.ok(other.body.detail.includes(id));
      // A dry run changes nothing, and is not in the way.
      const dry = await mustBe(200, operator('POST', 'close?wait=true', { dryRun: true }));
      assert.equal(dry.body.dryRun, true);
      gate.resolve(null);
      assert.equal((await ended(String(id))).needsPerson, 0);
      stripe.fault = () => null;
      await checkBooks(slugs);
    });

    it('keeps the report of a close, and that of a dry run for five weeks', async () => {
      const { clock } = stage.server;
      const [tenant] = await addClients('kept', 1);
      const close = async (dryRun: boolean) => {
        const request = { tenant, month: '2026-11', dryRun };
        return (await mustBe(200, operator('POST', 'close?wait=true', request))).body as CloseReport;
      };
      const [dry, real] = [await close(true), await close(false)];
      const { now } = clock;
      clock.now += 36 * 86_400_000;
      await close(true);
      clock.now = now;
      const statusOf = async ({ id }: CloseReport) => (await operator('GET', `runs/${id}`)).status;
      assert.deepEqual([await statusOf(dry), await statusOf(real)], [404, 200]);
    });

    it('leaves a client that takes too long to a person, without delaying the others', async () => {
      const slugs = await addClients('slow', parallel + 2);
      const hangs = Promise.withResolvers<null>();
      stripe.fault = (request) => {
        if (request !== 'POST /v1/invoices') return null;
        stripe.fault = () => null;
        return hangs.promise;
      };
      const { closing } = stage.server.ctx;
      const { limitOf } = closing;
      const patience = new AbortController();
      closing.limitOf = () => patience.signal;
      const { id } = (await mustBe(202, operator('POST', 'close', { month: '2026-11' }))).body;
      await until(async () => {
        const { progress } = await runOf(id);
        return progress.underWay === 1 && progress.pending === 0;
      }, 'all others');
      patience.abort();
      const run = await ended(id);
      closing.limitOf = limitOf;
      assert.deepEqual([run.progress.forPerson, run.needsPerson], [1, 1]);
      assert.match(run.entries.find(({ problem }) => problem)?.problem ?? '', /took too long/);
      const { clients } = (await mustBe(200, operator('GET', `runs/${id}/clients?state=for-person`)))
        .body as CloseClientsAnswer;
      const [{ tenant = '' } = {}] = clients;
      hangs.resolve(null);
      // The request that hung was its last: what has happened since is found done.
      await until(async () => (await invoicesOf(tenant))[0]?.status === 'pushed', 'its end');
      assert.equal((await mustBe(200, operator('POST', 'close?wait=true', { tenant }))).body.needsPerson, 0);
      await checkBooks(slugs);
    });

    it('gives up a client at which processes die, and the next close takes it again', async () => {
      const slugs = await addClients('deadly', 2);
      const { ctx, clock } = stage.server;
      ctx.closing.isStopping = true;
      const id = await beginClose(ctx, closeRequestSchema.parse({ month: '2026-11' }), 'operator');
      await ctx.store
        .updateTable('closeClients')
        .set({ state: 'under-way', claimedBy: 'dead', claimedUntil: clock.now - 1, tries: 3 })
        .where('runId', '=', id)
        .where('handle', '=', 'deadly-00')
        .execute();
      ctx.closing.isStopping = false;
      await driveClose(ctx, id);
      const run = await ended(id);
      assert.deepEqual(
        run.entries.flatMap(({ tenant, problem }) => (problem ? [[tenant, problem]] : [])),
        [['deadly-00', 'Interrupted 3 times while it was being closed; see the log.']],
      );
      assert.deepEqual(await invoicesOf('deadly-00'), []);
      await mustBe(200, operator('POST', 'close?wait=true', { month: '2026-11' }));
      await checkBooks(slugs);
    });

    it('waits when Stripe has too many requests, and no invoice is left to a person', async () => {
      const slugs = await addClients('limited', parallel);
      let refusals = 20;
      stripe.fault = () => {
        refusals -= 1;
        return refusals >= 0 ? 'limited' : null;
      };
      const { body } = await mustBe(200, operator('POST', 'close?wait=true', { month: '2026-11' }));
      stripe.fault = () => null;
      assert.equal(body.needsPerson, 0);
      await checkBooks(slugs);
    });
  });
}
