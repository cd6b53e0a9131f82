/** Wiring is read back, in the version that calls use, and looked after: what no longer reports is noticed within the hour. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WireAnswer } from '../../../../server/contract.ts';
import { checkNextWiring } from '../../../../server/metering/wiring-watch.ts';
import { findTenant } from '../../../../server/store/tenants.ts';
import { serve } from '../../../support/listen.ts';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { minute, startWatchStage, theirs, type WatchStage } from './watch-stage.ts';

for (const engine of testDatabases()) describe(`wiring, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let stage: WatchStage;
  let network: WatchStage['network'];
  before(async () => {
    stage = await startWatchStage(engine);
    network = stage.network;
  });
  afterEach(() => stage.forget());
  after(() => stage?.close());

  describe('read back', () => {
    it('is waiting as Vapi shows it, and connected once a call made since then was reported', async () => {
      const tenant = await stage.add({ server: theirs });
      assert.equal((await tenant.wiring()).state, 'not-wired');
      const dry = await tenant.operator<WireAnswer>('POST', '/wire?dry-run=true', {});
      assert.equal(dry.assistants[0]?.state, null);
      assert.equal((await tenant.wiring()).state, 'not-wired');
      const wired = await tenant.wire();
      assert.deepEqual([wired.state, wired.problem, wired.differences], ['waiting', null, []]);
      assert.equal((await tenant.wiring()).lastReportAt, null);
      await tenant.call();
      const { state, lastReportAt, wiredAt } = await tenant.wiring();
      assert.equal(state, 'connected');
      assert.ok(Date.parse(lastReportAt ?? '') >= Date.parse(wiredAt ?? ''));
      assert.equal((await tenant.wire()).state, 'connected', 'also when nothing is left to change');
    });

    it('is good when the change makes a new version', async () => {
      network.emulator.setSwitch('assistantEdits', 'publishes');
      const tenant = await stage.add();
      assert.deepEqual([(await tenant.wire()).state, await tenant.notices()], ['waiting', []]);
    });

    it('reports that a draft waits to be published, and is good once it is', async () => {
      network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
      const tenant = await stage.add({ server: theirs });
      const wired = await tenant.wire();
      assert.equal(wired.state, 'draft');
      assert.match(wired.problem ?? '', /^Vapi keeps the change as a draft.* Publish/);
      assert.ok(wired.differences.includes('server.url'));
      await tenant.call();
      network.emulator.publishDraft(tenant.assistantId);
      await stage.passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['waiting', []]);
      await tenant.call();
      assert.equal((await tenant.wiring()).state, 'connected');
    });

    it('notifies the operator of a draft that no one publishes', async () => {
      network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
      const tenant = await stage.add();
      await tenant.wire();
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['draft']);
    });

    it('reports that Vapi refused the change, and wires again when it no longer does', async () => {
      network.emulator.setSwitch('assistantEdits', 'conflicts');
      const tenant = await stage.add();
      const refused = await tenant.wire();
      assert.deepEqual([refused.state, (await tenant.wiring()).state], ['refused', 'refused']);
      network.emulator.setSwitch('assistantEdits', 'publishes');
      assert.equal((await tenant.wire()).state, 'waiting');
    });
  });

  describe('that someone undoes', () => {
    it('is noticed within the hour, once, and again after it was repaired', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      for (const round of [1, 2]) {
        await stage.passAnHour(tenant);
        await tenant.patch({ server: theirs });
        await stage.passAnHour(tenant);
        await stage.passAnHour(tenant);
        assert.deepEqual(await tenant.notices(), Array(round).fill('elsewhere'));
        assert.equal((await tenant.wiring()).state, 'elsewhere');
        assert.equal((await tenant.wire()).state, 'waiting');
      }
      const { body } = await network.server.operator('GET', '/v1/notices?limit=1');
      assert.match(body.notices[0].title, /are not reported$/);
    });

    it('by restoring an old version is noticed', async () => {
      network.emulator.setSwitch('assistantEdits', 'publishes');
      const tenant = await stage.add({ server: theirs });
      await tenant.wire();
      await tenant.restore('v1');
      assert.equal(await tenant.serverAtVapi(), theirs.url);
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['elsewhere']);
    });

    it('by omitting the required messages is noticed', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      await tenant.patch({ serverMessages: ['tool-calls'] });
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['messages']);
    });

    it('by changing the secret here, and not there, is noticed when the old one is no longer accepted', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      const change = { webhookSecret: `webhook-${randomUUID()}`, webhookSecretOverlapSeconds: 7200 };
      await tenant.operator('PATCH', '', change);
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), []);
      await stage.pass(3 * 60 * minute);
      assert.deepEqual(await tenant.notices(), ['secret']);
      assert.equal((await tenant.wire()).state, 'waiting');
    });

    it('by deleting the assistant is noticed', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      await tenant.remove();
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['gone']);
    });

    it('is not considered undone while Vapi does not answer', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      network.emulator.setSwitch('failEverythingWith', 503);
      await stage.pass();
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['waiting', []]);
    });

    it('is not reported once the client no longer has the assistant', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      const other = randomUUID();
      network.emulator.addOrg({
        ...{ orgId: tenant.orgId, privateKeys: [tenant.privateKey], publicKeys: [] },
        assistants: [{ id: other }],
      });
      await tenant.operator('PATCH', '', { assistantId: other });
      await tenant.patch({ server: theirs });
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), []);
    });
  });

  describe('whose calls are not reported', () => {
    it('is noticed within the hour after the first call that no report follows', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      await tenant.call(false);
      await stage.passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['silent', ['silent']]);
    });

    it('is noticed after the second one if reports had come, and settled by the next report', async () => {
      const tenant = await stage.add();
      await tenant.wire();
      await tenant.call();
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), []);
      await tenant.call(false);
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), [], 'one may have been lost in a restart');
      await tenant.call(false);
      await stage.passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['silent', ['silent']]);
      assert.equal((await tenant.wire()).state, 'silent', 'there is nothing to change at Vapi');
      await tenant.call();
      await stage.passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['connected', ['silent']]);
    });

    it('is not suspected when only the cost came late', async () => {
      network.emulator.setSwitch('costLateMs', 0);
      const tenant = await stage.add({ scenario: 'cost-late' });
      await tenant.wire();
      await tenant.call();
      await stage.passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['connected', []]);
    });

    it('was set up by hand: it is watched from its first report on', async () => {
      const tenant = await stage.add();
      const headers = { Authorization: `Bearer ${tenant.webhookSecret}` };
      await tenant.patch({ server: { url: tenant.view.webhookUrl, headers } });
      await tenant.call();
      await stage.passAnHour(tenant);
      assert.equal((await tenant.wiring()).state, 'connected');
      await tenant.patch({ server: theirs });
      await stage.passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['elsewhere']);
    });

    it('is watched although it was wired while it was being checked', async (t) => {
      const tenant = await stage.add({ server: theirs });
      const { ctx } = network.server;
      const { id: tenantId } = (await findTenant(ctx.store, tenant.slug)) as { id: string };
      // As after a report of it that came before it was wired.
      const row = { tenantId, assistantId: tenant.assistantId, attempts: 0, nextAttemptAt: 0 };
      await ctx.store.insertInto('wirings').values(row).execute();
      const vapiBaseUrl = await serve(t, async (request, response) => {
        const { authorization = '' } = request.headers;
        const answer = await fetch(network.emulator.url + request.url, { headers: { authorization } });
        const before = await answer.text();
        await tenant.wire();
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(before);
      });
      await checkNextWiring({ ...ctx, config: { ...ctx.config, vapiBaseUrl } });
      assert.equal((await tenant.wiring()).state, 'waiting');
    });

    it('was never wired here: its calls, which others report, cause no notice', async () => {
      const tenant = await stage.add({ server: theirs });
      await tenant.call(false);
      await stage.passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['not-wired', []]);
    });
  });
}
