/** The report of a month's close whose process was killed: as if it had not been. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { driveClose } from '../../../server/billing/clerk/close-drive.ts';
import { beginClose } from '../../../server/billing/clerk/close-job.ts';
import { createClosing } from '../../../server/billing/stripe/billing-context.ts';
import { type CloseReport, closeRequestSchema } from '../../../server/contract.ts';
import { listen } from '../../support/listen.ts';
import { testDatabases } from '../../support/postgres.ts';
import { type StripeStandIn, startStripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import { killAfterWrites, useStore } from './kill-after-writes.ts';
import { type BillingStage, mustBe, simplePlan, startBillingStage } from './stage.ts';

const secretKey = 'sk_test_onlyForThisTest';

for (const engine of testDatabases()) {
  describe(`the report of an interrupted close on ${engine.name}`, () => {
    let stage: BillingStage;
    let stripe: StripeStandIn;
    let vapi: { url: string; close(): Promise<void> };
    let vapiStatus = 200;
    before(async () => {
      vapi = await listen(createServer((_, response) => void response.writeHead(vapiStatus).end('[]')));
      stripe = await startStripeStandIn({ secretKey, now: () => stage.server.clock.now });
      stage = await startBillingStage({
        engine,
        vapiBaseUrl: vapi.url,
        now: Date.parse('2026-12-03T12:00:00Z'),
        config: { stripeApiUrl: stripe.url },
        secrets: { stripe: { secretKey, webhookSecret: null } },
      });
      // The server's own worker would continue the runs.
      stage.server.ctx.closing.isStopping = true;
    });
    after(async () => {
      await stripe?.close();
      await stage?.close();
      await vapi?.close();
    });

    const operator = (method: string, path: string, body?: unknown) =>
      stage.server.operator(method, `/v1/${path}`, body);
    const reportOf = async (id: string) =>
      (await mustBe(200, operator('GET', `billing/runs/${id}`))).body as CloseReport;

    it('has everything that a person must know, whichever write was the last', async () => {
      const { ctx, clock } = stage.server;
      for (let kill = 1, more = true; more; kill += 1) {
        const tenant = `kill-${kill}`;
        await stage.addTenant(tenant, simplePlan, '2026-11-16');
        const buyer = { name: tenant, email: 'k@example.com' };
        await mustBe(200, operator('PUT', `tenants/${tenant}/billing`, { buyer, collection: 'send' }));
        await stage.book(tenant, { id: `${tenant}-1`, at: '2026-11-05T00:00:00Z', seconds: 60 });
        const id = await beginClose(ctx, closeRequestSchema.parse({ tenant, month: '2026-11' }), 'operator');
        vapiStatus = 401;
        const killed = { ...ctx, closing: createClosing() };
        useStore(killed, ctx.store.withPlugin(killAfterWrites(kill)));
        more = await driveClose(killed, id).then(
          () => false,
          () => true,
        );
        clock.now += 60_001;
        await driveClose({ ...ctx, closing: createClosing() }, id);
        vapiStatus = 200;
        const { state, entries } = await reportOf(id);
        assert.deepEqual(
          [state, entries.map((entry) => [entry.outcome, entry.unplannedCalls, entry.notCompared])],
          ['finished', [['pushed', 1, 'Vapi refuses the private key']]],
          `killed after write ${kill}`,
        );
        assert.ok(kill < 60, 'it ends');
      }
    });

    it('of a dry run has no invoice that was issued beside it', async () => {
      const { ctx, clock } = stage.server;
      await stage.addTenant('beside', simplePlan, '2026-11-01');
      const request = closeRequestSchema.parse({ tenant: 'beside', month: '2026-11', dryRun: true });
      const id = await beginClose(ctx, request, 'operator');
      const killed = { ...ctx, closing: createClosing() };
      useStore(killed, ctx.store.withPlugin(killAfterWrites(1)));
      await assert.rejects(driveClose(killed, id), /killed|dead/);
      clock.now += 60_001;
      await mustBe(200, stage.bill('beside', '2026-11'));
      await driveClose({ ...ctx, closing: createClosing() }, id);
      const { state, entries, totals } = await reportOf(id);
      assert.deepEqual([state, entries, totals], ['finished', [], []]);
    });

    it('of a server that is restarted while Stripe has too many requests leaves no one to a person', async () => {
      const { ctx } = stage.server;
      await stage.addTenant('limited', simplePlan, '2026-11-01');
      const buyer = { name: 'limited', email: 'l@example.com' };
      await mustBe(200, operator('PUT', 'tenants/limited/billing', { buyer, collection: 'send' }));
      const request = closeRequestSchema.parse({ tenant: 'limited', month: '2026-11' });
      const id = await beginClose(ctx, request, 'operator');
      const closing = createClosing();
      const findCustomer = async () => {
        closing.isStopping = true;
        throw Object.assign(new Error('too many requests'), { statusCode: 429 });
      };
      assert.ok(ctx.stripe);
      await driveClose({ ...ctx, closing, stripe: { ...ctx.stripe, findCustomer } }, id);
      assert.equal((await reportOf(id)).progress.pending, 1);
      await driveClose({ ...ctx, closing: createClosing() }, id);
      const { state, needsPerson, entries } = await reportOf(id);
      assert.deepEqual(
        [state, needsPerson, entries.map(({ outcome, totalCents }) => [outcome, totalCents])],
        ['finished', 0, [['pushed', 1000]]],
      );
    });
  });
}
