/** A phone call begins at Vapi without asking: it is held for when it is first seen, and ended when there is no room. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { until } from '../../support/until.ts';

for (const engine of testDatabases()) describe(`a phone call, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
  });
  after(() => network?.close());

  /** One minute at ten cents is held for each call. */
  const minute = { maxCallSeconds: 60, worstCaseMicrosPerMinute: 100_000 };
  const add = (slug: string, limits: object = {}, changes: object = {}) =>
    network.addTenant(slug, { phoneCalls: 'limit', limits: { ...minute, ...limits }, ...changes });
  const ring = (tenant: TestTenant, webhooks = true) =>
    network.emulator.makeCall({
      ...{ assistantId: tenant.assistantId, type: 'inboundPhoneCall', live: true, seconds: 0, webhooks },
      createdAt: new Date(network.server.clock.now).toISOString(),
    }).id;
  const report = async (tenant: TestTenant, id: string, status = 'in-progress', more: object = {}) => {
    const call = { id, type: 'inboundPhoneCall', assistantId: tenant.assistantId, ...more };
    const body = { message: { type: 'status-update', status, call } };
    const headers = { 'x-vapi-agent-token': tenant.webhookSecret };
    const path = `/v1/webhooks/vapi/${tenant.slug}`;
    assert.equal((await network.server.request('POST', path, { headers, body })).status, 200);
    await network.server.ctx.backgroundDone();
  };
  const rows = ({ slug }: TestTenant) =>
    network.server.ctx.store
      .selectFrom('calls')
      .innerJoin('tenants', 'tenants.id', 'calls.tenantId')
      .select(['calls.id', 'calls.unwanted'])
      .where('slug', '=', slug)
      .execute();
  const statusOf = (id: string) => network.emulator.calls().find((call) => call.id === id)?.status;
  const ended = (ids: string[]) =>
    until(() => ids.every((id) => statusOf(id) === 'ended'), 'the calls to be ended');
  const isEnded = (id: string) => statusOf(id) === 'ended';
  /** An end that Vapi did not answer in time is tried again by the next poll. */
  const endByPolls = async (ids: string[], count: number) => {
    for (let round = 0; round < 20 && ids.filter(isEnded).length < count; round += 1) {
      network.server.clock.now += 10_000;
      await polls();
    }
  };
  const seen = (tenant: TestTenant, count: number) =>
    until(async () => (await rows(tenant)).length === count, 'the calls in the ledger', 300_000);
  const heldMicros = async ({ slug }: TestTenant) => {
    const held = await network.server.ctx.store
      .selectFrom('reservations')
      .innerJoin('tenants', 'tenants.id', 'reservations.tenantId')
      .select('amountMicros')
      .where('slug', '=', slug)
      .where('state', '=', 'held')
      .execute();
    return held.reduce((sum, { amountMicros }) => sum + amountMicros, 0);
  };
  const polls = async () => {
    while (await pollNext(network.server.ctx));
    await network.server.ctx.backgroundDone();
  };

  it('is refused when the budget does not cover it, visitors’ calls included, and its cost frees what was held', async () => {
    const tenant = await add('budget', { monthlyBudgetMicros: 200_000, concurrentCalls: 100 });
    const start = await network.visitor('/v1/calls', { session: await network.session('budget') });
    assert.equal(start.status, 201, start.text);
    const first = ring(tenant);
    await seen(tenant, 2);
    const second = ring(tenant);
    await ended([second]);
    assert.equal(statusOf(first), 'in-progress');
    const refused = await network.visitor('/v1/calls', { session: await network.session('budget') });
    assert.equal(refused.body.code, 'budget_exhausted');
    network.emulator.endCall(first);
    await network.emulator.waitForCall(first, 'settled');
    await until(async () => (await heldMicros(tenant)) === 100_000, 'what was held to be free again');
  });

  it('is ended when it has used up what is held, even if nothing more is reported', async () => {
    const tenant = await add('long');
    const id = ring(tenant);
    await seen(tenant, 1);
    network.server.clock.now += 59_000;
    await polls();
    assert.equal(statusOf(id), 'in-progress');
    network.server.clock.now += 1_000;
    await polls();
    await endByPolls([id], 1);
    assert.ok(isEnded(id));
    const [row] = await rows(tenant);
    assert.equal(row?.unwanted, 'used-up');
  });

  it('whose reports come late, twice and out of order is held for once, and after its end not at all', async () => {
    const tenant = await add('order');
    const id = ring(tenant, false);
    await report(tenant, id);
    await report(tenant, id, 'ringing');
    await report(tenant, id);
    assert.equal(await heldMicros(tenant), 100_000);
    network.emulator.endCall(id);
    await network.emulator.waitForCall(id, 'settled');
    await until(async () => (await heldMicros(tenant)) === 0, 'its cost to be booked');
    await report(tenant, id);
    assert.equal(await heldMicros(tenant), 0);
  });

  it('is ended when the client is paused midway, and stays unwanted after that', async () => {
    const tenant = await add('paused');
    const id = ring(tenant);
    await seen(tenant, 1);
    const { status } = await network.server.operator('POST', '/v1/tenants/paused/pause');
    assert.equal(status, 200);
    await ended([id]);
  });

  it('whose reports are all lost is held for, or ended, when a comparison with Vapi finds it', async () => {
    const silent = { serverMessages: [] };
    const settings = { phoneCalls: 'limit', limits: { ...minute, concurrentCalls: 1 } };
    const tenant = await network.addTenant('lost', settings, silent);
    const ids = [ring(tenant), ring(tenant)];
    const at = (ms: number) => new Date(network.server.clock.now + ms).toISOString();
    const period = { from: at(-3_600_000), to: at(3_600_000) };
    assert.equal((await network.server.operator('POST', '/v1/reconcile', period)).status, 200);
    await network.server.ctx.backgroundDone();
    assert.deepEqual(ids.map(statusOf).sort(), ['ended', 'in-progress']);
    assert.equal(await heldMicros(tenant), 100_000);
  });

  it('of another client’s organization is not held for', async () => {
    const [own, other] = [await add('own'), await add('foreign')];
    const id = ring(own);
    await seen(own, 1);
    await report(other, id);
    assert.equal(await heldMicros(other), 0);
    assert.equal(await heldMicros(own), 100_000);
  });

  it('is deleted alone: other callers are not the same visitor', async () => {
    const tenant = await add('contents', { concurrentCalls: 2 });
    const ids = [ring(tenant), ring(tenant)];
    await seen(tenant, 2);
    for (const id of ids) network.emulator.endCall(id);
    await until(async () => (await heldMicros(tenant)) === 0, 'their costs to be booked');
    const path = `/v1/tenants/contents/calls/${ids[0]}/content`;
    const { body } = await network.server.operator('DELETE', path, { of: 'visitor' });
    assert.deepEqual(body, { deleted: [ids[0]], notYet: [] });
  });

  it('that webhooks alone have claimed holds nothing once Vapi does not know it', async () => {
    const tenant = await add('claimed');
    await report(tenant, randomUUID());
    assert.equal(await heldMicros(tenant), 100_000);
    network.server.clock.now += 60_000;
    await polls();
    assert.equal(await heldMicros(tenant), 0);
  });

  it('that is none by phone, as Vapi shows when asked, holds nothing', async () => {
    const settings = { phoneCalls: 'limit', limits: minute };
    const tenant = await network.addTenant('no-phone', settings, { serverMessages: [] });
    const { assistantId } = tenant;
    const { id } = network.emulator.makeCall({ assistantId, type: 'webCall', live: true, seconds: 0 });
    await report(tenant, id);
    assert.equal(await heldMicros(tenant), 100_000);
    network.server.clock.now += 60_000;
    await polls();
    assert.equal(await heldMicros(tenant), 0);
  });

  it('of the month before, reported late, uses none of this month’s budget', async () => {
    const tenant = await add('late', { monthlyBudgetMicros: 100_000 });
    const createdAt = new Date(network.server.clock.now - 32 * 86_400_000).toISOString();
    await report(tenant, randomUUID(), 'in-progress', { createdAt });
    assert.equal(await heldMicros(tenant), 100_000);
    const start = await network.visitor('/v1/calls', { session: await network.session('late') });
    assert.equal(start.status, 201, start.text);
  });

  it('continues as before unless the client’s phone calls are limited', async () => {
    const tenant = await add('kept', { monthlyBudgetMicros: 0 }, { phoneCalls: 'keep' });
    const id = ring(tenant);
    await seen(tenant, 1);
    assert.equal(statusOf(id), 'in-progress');
    assert.equal(await heldMicros(tenant), 0);
  });

  it('of 400 at once against a limit of 7 calls: 7 continue, 393 are ended', async () => {
    const tenant = await add('crowd', { concurrentCalls: 7, maxCallSeconds: 3600 });
    const ids = Array.from({ length: 400 }, () => ring(tenant));
    await seen(tenant, 400);
    await network.server.ctx.backgroundDone();
    await endByPolls(ids, 393);
    assert.equal(ids.filter(isEnded).length, 393);
    const unwanted = (await rows(tenant)).map((row) => row.unwanted);
    assert.equal(unwanted.filter((reason) => reason === 'no-room').length, 393);
    assert.equal(unwanted.filter((reason) => reason === null).length, 7);
    assert.equal(await heldMicros(tenant), 7 * 6_000_000);
  });
}
