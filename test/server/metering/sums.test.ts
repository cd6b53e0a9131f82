/** Days are compared with Vapi by their sums first. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type { DriftReport } from '../../../server/contract.ts';
import { createLedgerCheck } from '../../../server/metering/ledger-check.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { testTime } from '../../support/test-server.ts';
import { startVapiRelay, type VapiRelay } from '../../support/vapi-relay.ts';

const hour = 3_600_000;
const day = 24 * hour;
const midnight = Date.parse('2026-11-10T00:00:00Z');
const iso = (ms: number) => new Date(ms).toISOString();

for (const engine of testDatabases()) describe(`comparing by sums, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  let relay: VapiRelay;
  before(async () => {
    relay = await startVapiRelay();
    network = await startTestNetwork({ server: { engine, vapiBaseUrl: relay.url } });
    relay.target = network.emulator.url;
  });
  afterEach(() => {
    relay.answer = () => null;
  });
  after(async () => {
    await network?.close();
    await relay?.close();
  });

  const add = async (slug: string, assistant = {}) => {
    relay.target = network.emulator.url;
    return network.addTenant(slug, {}, assistant);
  };
  const make = (assistantId: string, atMs: number, cost: number) =>
    network.emulator.makeCall({ assistantId, seconds: 60, cost, createdAt: iso(atMs), webhooks: false });
  const reconcile = async ({ slug }: TestTenant, from: number, to: number) => {
    relay.requests = [];
    const body = { tenant: slug, from: iso(from), to: iso(to) };
    const answer = await network.server.operator('POST', '/v1/reconcile', body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body as DriftReport;
  };
  const lists = () => relay.requests.filter((request) => request.startsWith('GET /call?'));
  const addStranger = async ({ orgId, privateKey }: TestTenant) => {
    const id = randomUUID();
    await fetch(`${network.emulator.url}/_emulator/orgs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ orgId, privateKeys: [privateKey], publicKeys: [] },
        assistants: [{ id, name: 'stranger' }],
      }),
    });
    return id;
  };
  const costOf = async ({ slug }: TestTenant, id: string) =>
    (await network.server.operator('GET', `/v1/tenants/${slug}/calls/${id}`)).body.costMicros;

  it('asks once about a quiet day, and reports the same as by its lists', async () => {
    const tenant = await add('quiet');
    const stranger = await addStranger(tenant);
    for (const cost of [0.1, 0.2, 0.0000004, 0.30000000000000004])
      make(tenant.assistantId, testTime - hour, cost);
    make(stranger, testTime - hour, 0.5);
    const first = await reconcile(tenant, midnight, midnight + day);
    assert.equal(lists().length, 1);
    const again = await reconcile(tenant, midnight, midnight + day);
    assert.deepEqual(relay.requests, ['POST /analytics']);
    assert.equal(again.requests, 1);
    const [drift] = first.tenants;
    const ledgerBefore = drift?.ledgerAfter;
    assert.deepEqual(again.tenants, [{ ...drift, ledgerBefore, added: 0 }]);
    assert.deepEqual(again.unassigned, [{ orgId: tenant.orgId, calls: 1, costMicros: 500_000 }]);
    assert.deepEqual(again.unassigned, first.unassigned);
  });

  it('lists only those days of a month that differ', async () => {
    const tenant = await add('month');
    const [from, to] = [midnight - 31 * day, midnight];
    for (const age of [30, 20, 10, 1]) make(tenant.assistantId, midnight - age * day, 0.1);
    await reconcile(tenant, from, to);
    make(tenant.assistantId, midnight - 20 * day + hour, 0.2);
    const report = await reconcile(tenant, from, to);
    const [list = '', ...more] = lists();
    assert.deepEqual([report.requests, more], [2, []]);
    assert.equal(new URLSearchParams(list.split('?')[1]).get('createdAtGe'), iso(midnight - 20 * day));
    assert.equal(new URLSearchParams(list.split('?')[1]).get('createdAtLt'), iso(midnight - 19 * day));
    const [drift] = report.tenants;
    assert.deepEqual(
      [drift?.added, drift?.differenceMicros, drift?.vapi.calls, drift?.missing],
      [1, 0, 5, 0],
    );
  });

  for (const [what, status, body] of [
    ['403', 403, { message: 'Forbidden', statusCode: 403 }],
    ['404', 404, { message: 'Cannot POST /analytics', statusCode: 404 }],
    ['429', 429, { message: 'Rate limit exceeded', statusCode: 429 }],
    ['500', 500, {}],
    ['no sums at all', 201, []],
    ['something else', 201, { results: [] }],
    ['a sum without its status', 201, [{ name: 'p0', result: [{ calls: 1, cost: 0.1 }] }]],
  ] as const) {
    it(`reads the lists when Vapi answers with ${what}`, async () => {
      const tenant = await add(`refused-${what.replaceAll(' ', '-')}`);
      make(tenant.assistantId, testTime - hour, 0.1);
      await reconcile(tenant, midnight, midnight + day);
      relay.answer = (request) => (request === 'POST /analytics' ? { status, body } : null);
      const report = await reconcile(tenant, midnight, midnight + day);
      assert.equal(lists().length, 1);
      assert.deepEqual(report.failures, []);
      assert.deepEqual(report.tenants[0]?.vapi, { calls: 1, costMicros: 100_000 });
    });
  }

  it('reads the list of a day on which a call is in progress', async () => {
    const tenant = await add('talking');
    const { assistantId } = tenant;
    const createdAt = iso(testTime - hour);
    const call = network.emulator.makeCall({ assistantId, seconds: 0, live: true, createdAt });
    for (let time = 0; time < 2; time += 1) {
      await reconcile(tenant, midnight, midnight + day);
      assert.equal(lists().length, 1);
    }
    network.emulator.endCall(call.id);
  });

  it('still notices that the key is of another organization, whose calls it sums up', async () => {
    const tenant = await add('strayed');
    const other = await add('other-org');
    make(other.assistantId, testTime - hour, 0.1);
    await network.server.ctx.store
      .updateTable('tenants')
      .set({ orgId: randomUUID() })
      .where('slug', '=', other.slug)
      .execute();
    const { failures } = await reconcile(other, midnight, midnight + day);
    assert.match(failures[0]?.reason ?? '', /is of the organization/);
    assert.deepEqual((await reconcile(tenant, midnight, midnight + day)).failures, []);
    await network.server.operator('DELETE', `/v1/tenants/${other.slug}`);
  });

  it('a sweep books a correction that leaves the sums as they are', async () => {
    const { server } = network;
    network.emulator.setSwitch('costChangesMs', 0);
    const tenant = await add('set-off', { scenario: 'cost-changes' });
    const { id } = network.emulator.makeCall({
      ...{ assistantId: tenant.assistantId, seconds: 60, cost: 0.1 },
      createdAt: iso(network.server.clock.now),
    });
    await network.emulator.waitForAnyCall((call) => call.id === id && call.view.cost === 0.1021);
    network.server.clock.now += 1000;
    await sweepAll(network.server.ctx);
    assert.equal(await costOf(tenant, id), 102_100);
    // As if Vapi then lowered the cost of this call, and raised another's by as much.
    server.clock.now += hour;
    await fetch(`${network.emulator.url}/call/${id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${tenant.privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'changed' }),
    });
    await server.ctx.store.updateTable('calls').set({ costMicros: 100_000 }).where('id', '=', id).execute();
    const sums = [{ assistantId: tenant.assistantId, status: 'ended', calls: 1, cost: 0.1 }];
    relay.answer = (request) =>
      request === 'POST /analytics' ? { status: 201, body: [{ name: 'p0', result: sums }] } : null;
    server.clock.now += 1000;
    await sweepAll(server.ctx);
    assert.equal(await costOf(tenant, id), 102_100);
  });

  it('a month that is billed is compared call by call', async () => {
    const tenant = (await findTenant(network.server.ctx.store, 'month')) as Tenant;
    relay.requests = [];
    const period = { from: midnight - 31 * day, to: midnight };
    assert.equal(await createLedgerCheck(network.server.ctx)(tenant, period), null);
    assert.deepEqual([lists().length, relay.requests.length], [1, 1], 'one list of the whole, and no sums');
  });
}
