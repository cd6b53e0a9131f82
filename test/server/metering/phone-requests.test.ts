/** A number asks who answers: a call is decided before it costs, held for once, and refused with the client's sentence. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { makePatient } from '../../support/patience.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { until } from '../../support/until.ts';

for (const engine of testDatabases())
  describe(`a call to a number that asks, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  makePatient();
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
  });
  after(() => network?.close());

  const say = 'All lines are busy.';
  /** One minute at ten cents is held for each call. */
  const minute = { maxCallSeconds: 60, worstCaseMicrosPerMinute: 100_000, concurrentCalls: 100 };
  const add = (slug: string, limits: object = {}, changes: object = {}) =>
    network.addTenant(slug, {
      ...{ phoneCalls: 'ask', phoneRefusal: { say, transferTo: null }, limits: { ...minute, ...limits } },
      ...changes,
    });
  /** At Vapi, as its owner makes it: it asks our server. */
  const numberOf = async ({ slug, privateKey, webhookSecret }: TestTenant, fields: object = {}) => {
    const response = await fetch(`${network.emulator.url}/phone-number`, {
      method: 'POST',
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        provider: 'vapi',
        server: {
          url: `${network.server.url}/v1/webhooks/vapi/${slug}`,
          headers: { 'x-vapi-agent-token': webhookSecret },
        },
        ...fields,
      }),
    });
    assert.equal(response.status, 201);
    return ((await response.json()) as { id: string }).id;
  };
  let callers = 0;
  const from = () => {
    callers += 1;
    return `+1415555${String(callers).padStart(4, '0')}`;
  };
  const statusOf = (id: string) => network.emulator.calls().find((call) => call.id === id)?.status;
  const heldBy = async ({ slug }: TestTenant) =>
    network.server.ctx.store
      .selectFrom('reservations')
      .innerJoin('tenants', 'tenants.id', 'reservations.tenantId')
      .select(['amountMicros', 'callId'])
      .where('slug', '=', slug)
      .where('state', '=', 'held')
      .execute();
  const isFree = (tenant: TestTenant) =>
    until(async () => (await heldBy(tenant)).length === 0, 'what was held to be free again');

  it('is answered by the assistant for as long as is held, and its cost frees what was held', async () => {
    const tenant = await add('answered', { monthlyBudgetMicros: 150_000 });
    const phoneNumberId = await numberOf(tenant);
    const first = await network.emulator.callIn({ phoneNumberId, from: from() });
    assert.equal(first.met, 'assistant');
    const call = network.emulator.calls().find(({ id }) => id === first.callId);
    const overrides = call?.view.assistantOverrides as { maxDurationSeconds: number };
    assert.equal(overrides.maxDurationSeconds, 60);
    assert.deepEqual(await heldBy(tenant), [{ amountMicros: 100_000, callId: first.callId }]);
    // What is left pays for half a minute.
    const second = await network.emulator.callIn({ phoneNumberId, from: from(), seconds: 20, cost: 0.01 });
    assert.equal(second.met, 'assistant');
    await until(async () => (await heldBy(tenant)).length === 1, 'the second call to be booked');
    const page = await network.visitor('/v1/calls', { session: await network.session('answered') });
    assert.equal(page.status, 201, page.text);
    assert.deepEqual(
      await network.emulator.callIn({ phoneNumberId, from: from() }).then(({ said }) => said),
      say,
    );
    network.emulator.endCall(first.callId);
    await until(async () => (await heldBy(tenant)).length === 1, 'the first call to be booked');
  });

  it('is held for once, however often Vapi asks about it, and answered the same', async () => {
    const tenant = await add('twice', { concurrentCalls: 1 });
    const call = { id: randomUUID(), type: 'inboundPhoneCall', customer: { number: from() } };
    const ask = (message: object = {}) =>
      network.server.request('POST', '/v1/webhooks/vapi/twice', {
        headers: { 'x-vapi-agent-token': tenant.webhookSecret },
        body: { message: { type: 'assistant-request', call, ...message } },
      });
    const answers = await Promise.all([ask(), ask(), ask()]);
    for (const { status, body } of answers) {
      assert.equal(status, 200);
      assert.equal(body.assistantId, tenant.assistantId);
    }
    assert.equal((await heldBy(tenant)).length, 1);
    const other = await ask({ call: { ...call, id: randomUUID() } });
    assert.deepEqual(other.body, { error: say });
    // One that never begins: Vapi, when asked, does not know it.
    network.server.clock.now += 60_000;
    while (await pollNext(network.server.ctx));
    await isFree(tenant);
  });

  it('is refused while the client is paused, closed, without budget or called too often by the same person', async () => {
    const closed = { hours: [{ days: [1], from: '00:00', to: '00:01' }] };
    const often = from();
    const cases: [string, object, object?][] = [
      ['closed', closed],
      ['poor', { monthlyBudgetMicros: 0 }],
      ['often', { callsPerMinutePerIp: 1 }],
      ['paused', {}],
    ];
    for (const [slug, limits] of cases) {
      const tenant = await add(slug, limits);
      const phoneNumberId = await numberOf(tenant);
      if (slug === 'often') {
        const first = await network.emulator.callIn({ phoneNumberId, from: often });
        assert.equal(first.met, 'assistant');
        // Someone else is not kept out by it, nor one who withholds the number.
        assert.equal((await network.emulator.callIn({ phoneNumberId, from: from() })).met, 'assistant');
        assert.equal((await network.emulator.callIn({ phoneNumberId })).met, 'assistant');
      }
      if (slug === 'paused') await network.server.operator('POST', '/v1/tenants/paused/pause');
      const refused = await network.emulator.callIn({ phoneNumberId, from: often });
      assert.deepEqual([slug, refused.met, refused.said], [slug, 'sentence', say]);
    }
  });

  it('is sent on where the client wants it, but not when the caller is blocked', async () => {
    const refusal = { phoneRefusal: { say, transferTo: '+14155550123' } };
    const tenant = await add('sent-on', { concurrentCalls: 1 }, refusal);
    const phoneNumberId = await numberOf(tenant);
    const nuisance = from();
    const path = '/v1/tenants/sent-on/blocked-callers';
    const spelled = nuisance.replace('+1415', '001 (415) ');
    const blocked = await network.server.operator('POST', path, { caller: spelled, note: 'Fax' });
    assert.equal(blocked.status, 201, blocked.text);
    const again = await network.server.operator('POST', path, { caller: nuisance });
    assert.deepEqual([again.status, again.body.id], [200, blocked.body.id]);
    assert.equal((await network.emulator.callIn({ phoneNumberId, from: nuisance })).said, say);
    assert.equal((await network.emulator.callIn({ phoneNumberId, from: from() })).met, 'assistant');
    const full = await network.emulator.callIn({ phoneNumberId, from: from() });
    assert.deepEqual([full.met, full.destination], ['transfer', '+14155550123']);
    assert.equal((await network.emulator.callIn({ phoneNumberId, from: nuisance })).met, 'sentence');
    const { body } = await network.server.operator('GET', path);
    assert.deepEqual(
      body.callers.map(({ ending, note }: { ending: string; note: string }) => [ending, note]),
      [[nuisance.slice(-4), 'Fax']],
    );
    assert.equal((await network.server.operator('DELETE', `${path}/${blocked.body.id}`)).status, 204);
    assert.equal((await network.server.operator('DELETE', `${path}/${blocked.body.id}`)).status, 404);
    assert.equal((await network.emulator.callIn({ phoneNumberId, from: nuisance })).met, 'transfer');
  });

  it('is ended by a pause at once, and by a poll when its reports are lost and its time is up', async () => {
    const tenant = await add('ended');
    const phoneNumberId = await numberOf(tenant);
    const lost = await network.emulator.callIn({ phoneNumberId, from: from(), webhooks: false });
    network.server.clock.now += 60_000;
    while (await pollNext(network.server.ctx));
    await network.server.ctx.backgroundDone();
    await until(() => statusOf(lost.callId) === 'ended', 'the call to be ended');
    network.server.clock.now += 60_000;
    while (await pollNext(network.server.ctx));
    const second = await network.emulator.callIn({ phoneNumberId, from: from(), webhooks: false });
    assert.equal((await network.server.operator('POST', '/v1/tenants/ended/pause')).body.calls.ended, 1);
    await until(() => statusOf(second.callId) === 'ended', 'the call to be ended');
  });

  it('that was refused is left to hear its sentence, whatever is reported of it', async () => {
    const tenant = await add('hears', { monthlyBudgetMicros: 0 });
    const id = randomUUID();
    const headers = { 'x-vapi-agent-token': tenant.webhookSecret };
    const call = { id, type: 'inboundPhoneCall', customer: { number: from() } };
    for (const message of [
      { type: 'assistant-request', call },
      { type: 'status-update', status: 'in-progress', call },
    ]) {
      const path = '/v1/webhooks/vapi/hears';
      assert.equal((await network.server.request('POST', path, { headers, body: { message } })).status, 200);
    }
    const row = await network.server.ctx.store
      .selectFrom('calls')
      .select('unwanted')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    assert.equal(row.unwanted, null);
  });

  it('goes to the number’s own destination while this server does not answer', async () => {
    const tenant = await add('away');
    const fallbackDestination = { type: 'number', number: '+14155550188' };
    const server = { url: `${network.server.url}/v1/webhooks/vapi/away`, headers: {} };
    const phoneNumberId = await numberOf(tenant, { server, fallbackDestination });
    const met = await network.emulator.callIn({ phoneNumberId, from: from() });
    assert.deepEqual([met.met, met.destination], ['fallback', '+14155550188']);
    assert.equal((await heldBy(tenant)).length, 0);
  });

  it('of 400 at once against a limit of 7: 7 are answered by the agent, 393 by the sentence', async (t) => {
    const tenant = await add('crowd', { concurrentCalls: 7, maxCallSeconds: 3600 });
    const phoneNumberId = await numberOf(tenant);
    const cpu = process.cpuUsage();
    const calls = Array.from({ length: 400 }, () => network.emulator.callIn({ phoneNumberId, from: from() }));
    const outcomes = await Promise.all(calls);
    assert.equal(outcomes.filter(({ met }) => met === 'assistant').length, 7);
    assert.equal(outcomes.filter(({ said }) => said === say).length, 393);
    const held = await heldBy(tenant);
    assert.equal(held.length, 7);
    assert.equal(
      held.reduce((sum, { amountMicros }) => sum + amountMicros, 0),
      7 * 6_000_000,
    );
    const { user, system } = process.cpuUsage(cpu);
    t.diagnostic(`cpu ${(user + system) / 1000} ms`);
    const times = outcomes.map(({ askedMs = 0 }) => askedMs).sort((a, b) => a - b);
    t.diagnostic(
      `answered within ${Math.round(times[395] ?? 0)} ms (p99), ${Math.round(times[199] ?? 0)} ms (half)`,
    );
  });
}
