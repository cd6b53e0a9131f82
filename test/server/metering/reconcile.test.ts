import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { DriftReport } from '../../../server/contract.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { metric } from './webhooks/support.ts';

const hour = 3_600_000;

describe('reconciling', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork();
  });
  after(() => network?.close());

  const iso = (ms: number) => new Date(ms).toISOString();
  const reconcile = async (tenant: string, fromMs: number, toMs: number) => {
    const answer = await network.server.operator('POST', '/v1/reconcile', {
      tenant,
      from: iso(fromMs),
      to: iso(toMs),
    });
    assert.equal(answer.status, 200, answer.text);
    return answer.body as DriftReport;
  };
  const lastHour = () => [network.server.clock.now - hour, network.server.clock.now + hour] as const;

  it('books calls that were never reported, web and phone, no matter who started them', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId } = await addTenant('lost');
    emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, webhooks: false });
    emulator.makeCall({ assistantId, seconds: 30, cost: 0.25, type: 'inboundPhoneCall', webhooks: false });
    const report = await reconcile('lost', ...lastHour());
    assert.deepEqual(report.tenants, [
      {
        tenant: 'lost',
        vapi: { calls: 2, costMicros: 350_000 },
        ledgerBefore: { calls: 0, costMicros: 0 },
        ledgerAfter: { calls: 2, costMicros: 350_000 },
        differenceMicros: 0,
        added: 2,
        changed: 0,
        missing: 0,
        missingIds: [],
        callsWithoutCost: 0,
      },
    ]);
    const { calls } = (await server.operator('GET', '/v1/tenants/lost/calls')).body;
    assert.deepEqual(calls.map((call: { type: string }) => call.type).sort(), [
      'inboundPhoneCall',
      'webCall',
    ]);
  });

  it('counts what it books as booked cost, as a webhook does', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId } = await addTenant('counted');
    emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, webhooks: false });
    const before = await metric(server, 'vapi_agent_booked_micros');
    await reconcile('counted', ...lastHour());
    assert.equal((await metric(server, 'vapi_agent_booked_micros')) - before, 100_000);
  });

  it('finds nothing to do in a correct ledger, and changes nothing', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId } = await addTenant('right');
    const call = emulator.makeCall({ assistantId, seconds: 60 });
    await emulator.waitForCall(call.id, 'settled');
    const before = (await server.operator('GET', `/v1/tenants/right/calls/${call.id}`)).body;
    const [drift] = (await reconcile('right', ...lastHour())).tenants;
    assert.deepEqual(
      [drift?.added, drift?.changed, drift?.differenceMicros, drift?.vapi.calls],
      [0, 0, 0, 1],
    );
    assert.deepEqual((await server.operator('GET', `/v1/tenants/right/calls/${call.id}`)).body, {
      ...before,
      confirmed: true,
    });
  });

  it('corrects a cost that has changed and keeps what it was', async () => {
    const { addTenant, emulator, server } = network;
    emulator.setSwitch('costChangesMs', 0);
    const { assistantId } = await addTenant('dearer', {}, { scenario: 'cost-changes' });
    const call = emulator.makeCall({ assistantId, seconds: 60 });
    await emulator.waitForCall(call.id, 'settled');
    const booked = (await server.operator('GET', `/v1/tenants/dearer/calls/${call.id}`)).body
      .costMicros as number;
    await emulator.waitForAnyCall(
      ({ id, view }) =>
        id === call.id && view.cost !== undefined && Math.round((view.cost as number) * 1e6) !== booked,
    );
    const [drift] = (await reconcile('dearer', ...lastHour())).tenants;
    assert.equal(drift?.changed, 1);
    assert.equal(drift?.differenceMicros, 0);
    const corrected = (await server.operator('GET', `/v1/tenants/dearer/calls/${call.id}`)).body;
    assert.ok(corrected.costMicros > booked);
    assert.deepEqual(
      corrected.revisions.map(({ costMicros, source }: Record<string, unknown>) => [costMicros, source]),
      [
        [booked, 'webhook'],
        [corrected.costMicros, 'poll'],
      ],
    );
    const usage = (await server.operator('GET', '/v1/tenants/dearer/usage')).body;
    assert.equal(usage.total.costMicros, corrected.costMicros);
  });

  it('learns that a call of unknown length had none, which gives it a price', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId } = await addTenant('no-length');
    const { id } = emulator.makeCall({ assistantId, seconds: 0, cost: 0.01, webhooks: false });
    await reconcile('no-length', ...lastHour());
    const calls = server.ctx.store.updateTable('calls').where('id', '=', id);
    await calls.set({ seconds: null }).execute();
    // Sums do not show it, but another call that is missing has the list read.
    emulator.makeCall({ assistantId, seconds: 30, cost: 0.02, webhooks: false });
    const [drift] = (await reconcile('no-length', ...lastHour())).tenants;
    assert.deepEqual([drift?.added, drift?.changed, drift?.differenceMicros], [1, 1, 0]);
    assert.equal((await server.operator('GET', `/v1/tenants/no-length/calls/${id}`)).body.seconds, 0);
  });

  it('keeps booked what Vapi no longer lists', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId, privateKey } = await addTenant('forgotten');
    const call = emulator.makeCall({ assistantId, seconds: 60, cost: 0.2 });
    await emulator.waitForCall(call.id, 'settled');
    await fetch(`${emulator.url}/call/${call.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${privateKey}` },
    });
    const [drift] = (await reconcile('forgotten', ...lastHour())).tenants;
    assert.equal(drift?.ledgerAfter.costMicros, 200_000);
    assert.equal(
      (await server.operator('GET', '/v1/tenants/forgotten/usage')).body.total.costMicros,
      200_000,
    );
  });

  it('of two tenants in one org, gives each the calls of its own assistant and reports those that belong to none', async () => {
    const { addTenant, emulator, server } = network;
    const first = await addTenant('first');
    const [second, stranger] = [randomUUID(), randomUUID()];
    for (const id of [second, stranger]) {
      await fetch(`${emulator.url}/_emulator/orgs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          orgId: first.orgId,
          privateKeys: [first.privateKey],
          publicKeys: [],
          assistants: [{ id, name: id }],
        }),
      });
    }
    await server.createTenant({
      slug: 'second',
      orgId: first.orgId,
      privateKey: first.privateKey,
      assistantId: second,
    });
    emulator.makeCall({ assistantId: first.assistantId, seconds: 60, cost: 0.1, webhooks: false });
    emulator.makeCall({ assistantId: second, seconds: 60, cost: 0.2, webhooks: false });
    emulator.makeCall({ assistantId: stranger, seconds: 60, cost: 0.4, webhooks: false });
    const report = await reconcile('second', ...lastHour());
    assert.deepEqual(
      report.tenants.map(({ tenant, vapi }) => [tenant, vapi.costMicros]),
      [['second', 200_000]],
    );
    assert.deepEqual(report.unassigned, [{ orgId: first.orgId, calls: 1, costMicros: 400_000 }]);
    assert.equal((await server.operator('GET', '/v1/tenants/first/usage')).body.total.costMicros, 100_000);
  });

  it('reads a period with more calls than a page holds, whole', async () => {
    const { addTenant, emulator } = network;
    const { assistantId } = await addTenant('many');
    for (let index = 0; index < 1203; index += 1) {
      // Several calls share each instant, also at page boundaries.
      const createdAt = iso(network.server.clock.now - hour / 2 + Math.floor(index / 7));
      emulator.makeCall({ assistantId, seconds: 10, cost: 0.001, createdAt, webhooks: false });
    }
    const [drift] = (await reconcile('many', ...lastHour())).tenants;
    assert.equal(drift?.added, 1203);
    assert.equal(drift?.ledgerAfter.costMicros, 1_203_000);
    assert.equal(drift?.differenceMicros, 0);
  });

  it('names the tenants of an org whose key is refused, and reconciles the others', async () => {
    const { addTenant, emulator, server } = network;
    const { assistantId } = await addTenant('healthy');
    const { orgId } = await addTenant('revoked');
    emulator.addOrg({ orgId, privateKeys: [], publicKeys: [], assistants: [] });
    emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, webhooks: false });
    const [from, to] = lastHour();
    const answer = await server.operator('POST', '/v1/reconcile', { from: iso(from), to: iso(to) });
    const report = answer.body as DriftReport;
    assert.deepEqual(report.failures, [{ tenants: ['revoked'], reason: 'Vapi refuses the private key' }]);
    assert.equal(report.tenants.find(({ tenant }) => tenant === 'healthy')?.added, 1);
  });

  it('refuses a period that ends before it begins', async () => {
    const answer = await network.server.operator('POST', '/v1/reconcile', {
      from: '2026-11-02',
      to: '2026-11-01',
    });
    assert.equal(codeOf(answer), 'invalid_request');
  });
});
