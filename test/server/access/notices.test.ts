/** What the operator is notified of: budget and bursts, once each, signed, repeated until accepted. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { deliverNext } from '../../../server/access/notices/notice-delivery.ts';
import { type HookReceiver, hasValidSignature, startHookReceiver } from '../../support/hook-receiver.ts';
import { type MailSink, startMailSink } from '../../support/mail-sink.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

const hookSecret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const webhookSecret = 'a-secret-of-these-webhooks';

for (const engine of testDatabases()) {
  describe(`notices, on ${engine.name}`, () => {
    let server: TestServer;
    let receiver: HookReceiver;
    let sink: MailSink;
    before(async () => {
      receiver = await startHookReceiver();
      sink = await startMailSink();
      server = await startTestServer({
        engine,
        secrets: { smtp: { url: sink.url, from: 'voice@agency.example' } },
      });
    });
    after(async () => {
      await Promise.all([server.close(), receiver.close(), sink.close()]);
    });

    /** A tenant with a budget of $10. */
    async function newTenant(slug: string): Promise<void> {
      receiver.hooks.length = 0;
      sink.mails.length = 0;
      receiver.answer = { status: 200 };
      await server.createTenant({
        slug,
        name: `The ${slug}`,
        webhookSecret,
        hookSecret,
        limits: { monthlyBudgetMicros: 10_000_000 },
        alerts: { url: receiver.url, email: 'owner@agency.example' },
      });
    }

    async function book(slug: string, cost: number): Promise<void> {
      const endedAt = new Date(server.clock.now).toISOString();
      const startedAt = new Date(server.clock.now - 60_000).toISOString();
      const call = { id: randomUUID(), type: 'webCall', createdAt: startedAt };
      const message = {
        type: 'end-of-call-report',
        timestamp: server.clock.now,
        startedAt,
        endedAt,
        cost,
        call,
      };
      const answer = await server.request('POST', `/v1/webhooks/vapi/${slug}`, {
        headers: { 'x-vapi-agent-token': webhookSecret, 'content-type': 'application/json' },
        body: { message },
      });
      assert.equal(answer.status, 200, answer.text);
    }

    /** Delivers what is due now, whichever is faster, this or the server's own loop. */
    async function delivered(hooks: number): Promise<string[]> {
      await until(async () => {
        await deliverNext(server.ctx);
        return receiver.hooks.length >= hooks;
      }, `${hooks} hooks`);
      return receiver.hooks.map(({ body }) => body.type as string);
    }

    const pending = () =>
      server.ctx.store.selectFrom('notices').selectAll().where('nextAttemptAt', 'is not', null).execute();
    const settled = () => until(async () => (await pending()).length === 0, 'all notices to be settled');

    it('report 80 % and 100 % of the budget, once a month each', async () => {
      await newTenant('spender');
      await book('spender', 7.99);
      assert.deepEqual(await pending(), []);
      await book('spender', 0.01);
      assert.deepEqual(await delivered(1), ['tenant.budget-80']);
      const [hook] = receiver.hooks;
      assert.ok(hook && hasValidSignature(hook, hookSecret));
      assert.equal(hasValidSignature({ ...hook, raw: `${hook.raw} ` }, hookSecret), false);
      assert.deepEqual(hook.body.data, {
        tenant: 'spender',
        period: '2026-11',
        spentMicros: 8_000_000,
        budgetMicros: 10_000_000,
      });
      await book('spender', 2);
      await book('spender', 1);
      assert.deepEqual(await delivered(2), ['tenant.budget-80', 'tenant.budget-100']);
      await settled();
      assert.equal(receiver.hooks.length, 2);
      const { now } = server.clock;
      server.clock.now = Date.parse('2026-12-02T12:00:00Z');
      await book('spender', 9);
      assert.deepEqual((await delivered(3)).at(-1), 'tenant.budget-80');
      assert.equal(receiver.hooks.at(-1)?.body.data.period, '2026-12');
      await settled();
      server.clock.now = now;
    });

    it('come by e-mail too', async () => {
      await newTenant('mailed');
      await book('mailed', 8.5);
      await delivered(1);
      await settled();
      assert.equal(sink.mails.length, 1);
      const mail = sink.mails[0] ?? '';
      assert.match(mail, /^To: owner@agency\.example$/m);
      assert.match(mail, /^From: voice@agency\.example$/m);
      assert.match(mail, /^Subject: .*80%/m);
      assert.match(mail, /have cost \$8\.50 so far\. Further calls are refused at/);
      assert.match(mail, /\/portal\/#\/tenants\/mailed/);
    });

    it('are sent again, with the same id, until they are accepted', async () => {
      await newTenant('stubborn');
      receiver.answer = { status: 503 };
      await book('stubborn', 8.5);
      await delivered(1);
      await until(async () => (await pending())[0]?.attempts === 1, 'the first attempt to be kept');
      server.clock.now += 9_000;
      assert.equal(await deliverNext(server.ctx), false);
      server.clock.now += 1_000;
      await delivered(2);
      receiver.answer = { status: 200 };
      server.clock.now += 20_000;
      await delivered(3);
      await settled();
      const ids = new Set(receiver.hooks.map(({ headers }) => headers['webhook-id']));
      assert.equal(ids.size, 1);
      assert.equal(new Set(receiver.hooks.map(({ headers }) => headers['webhook-timestamp'])).size, 3);
      assert.equal(sink.mails.length, 1, 'the e-mail was taken at once and is not sent again');
    });

    it('are given up after twelve attempts', async () => {
      await newTenant('deaf');
      receiver.answer = { status: 500 };
      await book('deaf', 8.5);
      for (let attempt = 1; attempt <= 12; attempt += 1) {
        await delivered(attempt);
        await until(
          async () => ((await pending())[0]?.attempts ?? 12) >= attempt,
          `attempt ${attempt} to be kept`,
        );
        server.clock.now += 3_600_000;
      }
      await settled();
      assert.equal(receiver.hooks.length, 12);
    });

    it('report a burst of refused pages, once a day', async () => {
      await newTenant('attacked');
      const knock = () =>
        server.request('GET', '/v1/widget/attacked', { headers: { origin: 'https://evil.example' } });
      for (let count = 0; count < 49; count += 1) await knock();
      await server.ctx.refusals.flush();
      assert.deepEqual(await pending(), []);
      for (let count = 0; count < 60; count += 1) await knock();
      await server.ctx.refusals.flush();
      assert.deepEqual(await delivered(1), ['tenant.refused-origins']);
      await settled();
      assert.equal(receiver.hooks.length, 1);
    });

    it('report at most twenty calls a day that cannot have cost what was reported', async () => {
      await newTenant('flooded');
      const kept = async () => {
        const all = await server.ctx.store.selectFrom('notices').select(['kind', 'payload']).execute();
        return all.filter(({ kind, payload }) => kind === 'cost-refused' && payload.includes('flooded'))
          .length;
      };
      for (let count = 0; count < 22; count += 1) await book('flooded', 1_000_000);
      assert.equal(await kept(), 20);
      server.clock.now += 86_400_000;
      await book('flooded', 1_000_000);
      assert.equal(await kept(), 21);
      await settled();
    });
  });
}
