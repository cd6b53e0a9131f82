import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EmulatorAssistant } from '../../../demo/vapi-emulator/emulator.ts';
import type { DriftReport, KeyGrant, ProxyGrant } from '../../../server/contract.ts';
import { ingestCallEvent } from '../../../server/metering/ingest.ts';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { enroll, placesOf, sweepNext } from '../../../server/metering/sweeps.ts';
import { endSweep, findSweep, takeDueSweep } from '../../../server/store/sweeps.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { sweepAll, sweepDue } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

const hour = 3_600_000;

/** A message as the chat route books it when Vapi reports no cost. */
const chatEvent = {
  kind: 'report',
  source: 'answer',
  type: 'chat',
  status: 'ended',
  sessionId: null,
  endedReason: null,
  controlUrl: null,
  cost: null,
} as const;

describe('the reconciler in the background', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork();
  });
  after(() => network?.close());

  it('asks about a call whose report was lost, once its end is known', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId } = await addTenant('silent', {}, { scenario: 'report-lost' });
    const call = emulator.makeCall({ assistantId, seconds: 60, cost: 0.3 });
    await emulator.waitForCall(call.id, 'settled');
    const read = async () => (await server.operator('GET', `/v1/tenants/silent/calls/${call.id}`)).body;
    assert.equal((await read()).costMicros, null, 'unknown, not zero');
    assert.equal((await server.operator('GET', '/v1/tenants/silent/usage')).body.total.callsWithoutCost, 1);
    assert.equal(await pollNext(server.ctx), false, 'not before Vapi had time to report');
    server.clock.now += 30_000;
    assert.equal(await pollNext(server.ctx), true);
    assert.equal((await read()).costMicros, 300_000);
    assert.equal(await pollNext(server.ctx), false, 'nothing is missing now');
  });

  it('asks about a call that was not reported after its grant, once it must be over', async () => {
    const { addTenant, visitor, session, emulator, server } = network;
    emulator.setSwitch('joinTimeoutMs', 1);
    await addTenant('mute', { limits: { maxCallSeconds: 60 } }, { server: {} });
    const { callId } = (await visitor('/v1/calls', { session: await session('mute') })).body as ProxyGrant;
    await emulator.waitForCall(callId, 'settled');
    server.clock.now += 121_000;
    assert.equal(await pollNext(server.ctx), true);
    assert.equal((await server.operator('GET', `/v1/tenants/mute/calls/${callId}`)).body.status, 'ended');
  });

  it('sweeps every org, and releases what was reserved for keys that never became a call', async () => {
    const { addTenant, visitor, session, emulator, server } = network;
    const limits = { monthlyBudgetMicros: 5_000_000, maxCallSeconds: 600 };
    const { assistantId } = await addTenant('unused', { accessMode: 'scoped-key', limits });
    assert.equal((await visitor('/v1/calls', { session: await session('unused') })).status, 201);
    assert.equal(
      codeOf(await visitor('/v1/calls', { session: await session('unused') })),
      'budget_exhausted',
    );
    const createdAt = new Date(server.clock.now).toISOString();
    emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, webhooks: false, createdAt });
    server.clock.now += 2 * hour;
    await sweepAll(server.ctx);
    assert.equal((await server.operator('GET', '/v1/tenants/unused/usage')).body.total.costMicros, 100_000);
    assert.equal((await visitor('/v1/calls', { session: await session('unused') })).status, 201);
  });

  describe('a call whose cost is never reported', () => {
    /** The budget pays for one call; the next one is refused while all of it is reserved. */
    const limits = { monthlyBudgetMicros: 5_000_000, maxCallSeconds: 600, worstCaseMicrosPerMinute: 500_000 };
    before(() => {
      network.emulator.setSwitch('joinTimeoutMs', 60_000);
      network.emulator.setSwitch('costLateMs', 1e9);
    });
    const begin = async (slug: string, assistant: Partial<EmulatorAssistant>) => {
      const alerts = { email: 'alerts@agency.example' };
      const tenant = await network.addTenant(slug, { limits, alerts }, assistant);
      const grant = await network.visitor('/v1/calls', { session: await network.session(slug) });
      assert.equal(grant.status, 201);
      assert.equal(await next(slug), 'budget_exhausted');
      return { tenant, callId: (grant.body as ProxyGrant).callId };
    };
    const next = async (slug: string) => {
      const answer = await network.visitor('/v1/calls', { session: await network.session(slug) });
      return answer.status === 201 ? answer.body.maxDurationSeconds : codeOf(answer);
    };
    const forget = ({ privateKey }: TestTenant, callId: string) =>
      fetch(`${network.emulator.url}/call/${callId}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${privateKey}` },
      });
    const pollFor = async (ms: number) => {
      network.server.clock.now += ms;
      while (await pollNext(network.server.ctx));
    };
    const noticed = async (callId: string) => {
      const rows = await network.server.ctx.store
        .selectFrom('notices')
        .select('payload')
        .where('kind', '=', 'cost-unknown')
        .execute();
      const data = rows.map(({ payload }) => JSON.parse(payload).data as Record<string, unknown>);
      return data.find(({ call }) => call === callId)?.heldMicros;
    };

    it('reserves nothing once Vapi does not know it and no one reported its start, and the operator is notified', async () => {
      const { tenant, callId } = await begin('vanished', { server: {} });
      await forget(tenant, callId);
      await pollFor(661_000);
      assert.equal(await noticed(callId), 0);
      assert.equal(await next('vanished'), 600);
    });

    it('reserves all of it if it began and Vapi has lost it', async () => {
      const { tenant, callId } = await begin('began', {});
      const message = { type: 'status-update', status: 'in-progress', call: { id: callId } };
      const headers = { 'x-vapi-agent-token': tenant.webhookSecret };
      await network.server.request('POST', '/v1/webhooks/vapi/began', { headers, body: { message } });
      await forget(tenant, callId);
      await pollFor(16 * 60_000);
      assert.equal(await noticed(callId), 5_000_000);
      assert.equal(await next('began'), 'budget_exhausted');
    });

    it('reserves no more than its length can have cost, as soon as Vapi reports the length', async () => {
      const { callId } = await begin('no-microphone', { scenario: 'cost-late' });
      network.emulator.endCall(callId, 'customer-did-not-give-microphone-permission');
      const row = () => network.server.operator('GET', `/v1/tenants/no-microphone/calls/${callId}`);
      await until(async () => (await row()).body.endedReason, 'the report');
      assert.equal(await next('no-microphone'), 'budget_exhausted', 'not by a webhook’s word');
      await pollFor(30_000);
      assert.equal(await next('no-microphone'), 600);
    });

    it('is given up after the last request, and the operator is notified', async () => {
      const { callId } = await begin('priceless', { scenario: 'cost-late' });
      network.emulator.endCall(callId);
      await until(
        async () =>
          (await network.server.operator('GET', `/v1/tenants/priceless/calls/${callId}`)).body.status ===
          'ended',
        'the end',
      );
      for (let day = 0; day < 3; day += 1) await pollFor(86_400_000);
      assert.equal(await noticed(callId), undefined);
      for (let day = 0; day < 5; day += 1) await pollFor(86_400_000);
      assert.equal(await noticed(callId), 0);
    });
  });

  it('asks about a text chat whose cost was not reported, and mistakes no chat for a call that Vapi has lost', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId, privateKey } = await addTenant('wrote');
    const made = await fetch(`${emulator.url}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ assistantId, input: 'Hello' }),
    });
    const chat = (await made.json()) as { id: string; cost: number };
    const tenant = (await findTenant(server.ctx.store, 'wrote')) as Tenant;
    const now = server.clock.now;
    const untold = {
      ...chatEvent,
      callId: chat.id,
      assistantId,
      asOf: now,
      createdAt: now,
      startedAt: now,
      endedAt: now,
    };
    await ingestCallEvent(server.ctx, tenant, untold);
    const read = async () => (await server.operator('GET', `/v1/tenants/wrote/calls/${chat.id}`)).body;
    assert.equal((await read()).costMicros, null);
    server.clock.now += 30_000;
    while (await pollNext(server.ctx));
    assert.equal((await read()).costMicros, Math.round(chat.cost * 1e6));

    const from = new Date(now - hour).toISOString();
    const to = new Date(now + hour).toISOString();
    const report = (await server.operator('POST', '/v1/reconcile', { tenant: 'wrote', from, to }))
      .body as DriftReport;
    assert.deepEqual(
      report.tenants.map(({ missing, differenceMicros }) => [missing, differenceMicros]),
      [[0, 0]],
    );
    const row = await server.ctx.store
      .selectFrom('calls')
      .select('goneAt')
      .where('id', '=', chat.id)
      .executeTakeFirst();
    assert.equal(row?.goneAt, null);
  });

  it('meters every other client when the key of one cannot be opened, and gives each org back', async () => {
    const { addTenant, emulator, server } = network;
    const created = (slug: string) => server.operator('GET', `/v1/tenants/${slug}/usage`);
    const slugs = ['opens-1', 'opens-2', 'opens-3', 'sealed'];
    const createdAt = new Date(server.clock.now).toISOString();
    for (const slug of slugs) {
      const { assistantId } = await addTenant(slug);
      emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, webhooks: false, createdAt });
    }
    // The first in the order of the sweep, under an unknown key.
    await server.ctx.store
      .updateTable('tenants')
      .set({ id: 'ten_!first', privateKeySealed: 'v1.unknown.AAAA' })
      .where('slug', '=', 'sealed')
      .execute();
    server.clock.now += 1000;
    await sweepAll(server.ctx);
    const totals = await Promise.all(slugs.map(created));
    assert.deepEqual(
      totals.map(({ body }) => body.total.costMicros),
      [100_000, 100_000, 100_000, 0],
    );
    const rows = await server.ctx.store.selectFrom('sweeps').select(['claim', 'failures']).execute();
    assert.ok(rows.every(({ claim }) => claim === null));
    assert.equal(rows.filter(({ failures }) => failures === 1).length, 1);
    const [from, to] = [-hour, hour].map((ms) => new Date(server.clock.now + ms).toISOString());
    const { body } = await server.operator('POST', '/v1/reconcile', { tenant: 'sealed', from, to });
    assert.deepEqual((body as DriftReport).failures, [
      { tenants: ['sealed'], reason: 'Something went wrong on our side; see the log' },
    ]);
    await server.ctx.store.deleteFrom('tenants').where('id', '=', 'ten_!first').execute();
  });

  it('ends the call of a paused tenant that it finds in progress, though its webhooks go elsewhere', async () => {
    const { addTenant, emulator, server, visitor, session } = network;
    const { assistantId } = await addTenant('stopped', { accessMode: 'scoped-key' });
    const grant = (await visitor('/v1/calls', { session: await session('stopped') })).body as KeyGrant;
    await server.operator('POST', '/v1/tenants/stopped/pause');
    const begin = (id: string, assistantOverrides = {}) =>
      emulator.makeCall({
        ...{ assistantId: id, seconds: 0, live: true, createdAt: new Date(server.clock.now).toISOString() },
        assistantOverrides: { ...assistantOverrides, server: { url: 'http://127.0.0.1:9/' } },
      });
    const call = begin(assistantId, grant.assistantOverrides);
    // A deleted client's phone calls stay its own, whichever assistant answers them now.
    const gone = await addTenant('gone');
    await server.operator('DELETE', '/v1/tenants/gone');
    const other = begin(gone.assistantId);
    server.clock.now += 1000;
    await sweepAll(server.ctx);
    await emulator.waitForCall(call.id, 'ended');
    assert.equal(emulator.calls().find(({ id }) => id === other.id)?.status, 'in-progress');
    emulator.endCall(other.id);
  });

  it('tries again to end such a call at the next poll or sweep', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId } = await addTenant('stubborn');
    const assistantOverrides = { server: { url: 'http://127.0.0.1:9/' } };
    const createdAt = new Date(server.clock.now).toISOString();
    const call = emulator.makeCall({ assistantId, seconds: 0, live: true, createdAt, assistantOverrides });
    server.clock.now += 1000;
    await sweepAll(server.ctx);
    // As if the control URL had not answered at the pause.
    await server.ctx.store
      .updateTable('tenants')
      .set({ status: 'paused' })
      .where('slug', '=', 'stubborn')
      .execute();
    server.clock.now += 15 * 60_000;
    while (await pollNext(server.ctx));
    await emulator.waitForCall(call.id, 'ended');
  });

  it('sweeps an org once per turn, however many processes there are, and again when one was interrupted', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId, orgId } = await addTenant('replicas');
    const calls = async () =>
      (await server.operator('GET', '/v1/tenants/replicas/usage')).body.total.calls as number;
    const oneMore = () => {
      const createdAt = new Date(server.clock.now).toISOString();
      emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, webhooks: false, createdAt });
      server.clock.now += 1000;
    };
    await enroll(server.ctx);
    for (let process = 0; process < 3; process += 1) {
      oneMore();
      await sweepDue(server.ctx);
    }
    assert.equal(await calls(), 1);
    server.clock.now += 15 * 60_000;
    const stopped = { ...placesOf(server.ctx), stopped: AbortSignal.abort() };
    assert.equal(await sweepNext(server.ctx, stopped), true);
    assert.equal(await calls(), 1);
    await sweepDue(server.ctx);
    assert.equal(await calls(), 3);
    assert.equal((await findSweep(server.ctx.store, orgId))?.claim, null);
  });

  it('leaves an org to the process that has it, until that process must be gone', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId, orgId } = await addTenant('leased');
    const createdAt = new Date(server.clock.now).toISOString();
    emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, webhooks: false, createdAt });
    const calls = async () => (await server.operator('GET', '/v1/tenants/leased/usage')).body.total.calls;
    server.clock.now += 1000;
    await enroll(server.ctx);
    await server.ctx.store.updateTable('sweeps').set({ nextSweepAt: server.clock.now }).execute();
    const lapsesAt = server.clock.now + 60_000;
    for (;;) {
      const row = await takeDueSweep(server.ctx.store, { claim: 'another', lapsesAt }, server.clock.now);
      if (!row) break;
    }
    await sweepDue(server.ctx);
    assert.equal(await calls(), 0);
    server.clock.now += 61_000;
    await sweepDue(server.ctx);
    assert.equal(await calls(), 1);
    // Whatever the first one does now, it no longer has the org.
    await endSweep(server.ctx.store, orgId, 'another', { nextSweepAt: 0 });
    assert.ok(((await findSweep(server.ctx.store, orgId))?.nextSweepAt ?? 0) > server.clock.now);
  });
});
