/** A number asks who answers: a call is decided before it costs, held for once, and refused with the client's sentence. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { callChannels } from '../../../server/contract.ts';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { freePort } from '../../support/free-port.ts';
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
    // Numbers are pointed at the address by which the server is known.
    const port = await freePort();
    const config = { port, publicUrl: `http://127.0.0.1:${port}` };
    network = await startTestNetwork({ server: { engine, config } });
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
  const atVapi = async ({ privateKey }: TestTenant, method: string, path = '', body?: object) => {
    const response = await fetch(`${network.emulator.url}/phone-number${path}`, {
      ...{ method, ...(body ? { body: JSON.stringify(body) } : {}) },
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
    });
    return (await response.json()) as { id: string; [field: string]: unknown };
  };
  /** Made at Vapi by its owner, then assigned: it asks our server. */
  const numberOf = async (tenant: TestTenant, wish: object = {}) => {
    const { id } = await atVapi(tenant, 'POST', '', { provider: 'vapi' });
    const assigned = await assign(tenant, id, wish);
    assert.equal(assigned.status, 200, assigned.text);
    return id;
  };
  const assign = ({ slug }: TestTenant, id: string, wish: object = {}) =>
    network.server.operator('PUT', `/v1/tenants/${slug}/phone-numbers/${id}`, { mode: 'ask', ...wish });
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
  const isLive = async (id: string) =>
    (
      await network.server.ctx.store
        .selectFrom('calls')
        .select('status')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
    ).status !== 'ended';
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

  it('is paid from the client’s wallet before it is answered', async () => {
    const tenant = await add('prepaid');
    const put = async (path: string, body: object, method = 'PUT') => {
      const { ok, status, text } = await network.server
        .operator(method, `/v1/tenants/prepaid/${path}`, body)
        .then((answer) => ({ ...answer, ok: answer.status < 300 }));
      assert.ok(ok, `${status} ${text}`);
    };
    const rates = [{ channels: callChannels, price: { kind: 'per-minute', perMinuteMicros: 1_000_000 } }];
    const from = new Date(network.server.clock.now).toISOString().slice(0, 10);
    await put('plan', { plan: { name: 'Minutes', currency: 'usd', rates }, from });
    await put('wallet', { on: true });
    const phoneNumberId = await numberOf(tenant);
    const ring = async () => (await network.emulator.callIn({ phoneNumberId })).met;
    assert.equal(await ring(), 'sentence');
    const topUp = { kind: 'top-up', currency: 'usd', amountCents: 100, reference: 'bank' };
    await put('wallet/entries', topUp, 'POST');
    assert.deepEqual([await ring(), await ring()], ['assistant', 'sentence']);
  });

  it('that was refused uses up none of what the same person may call', async () => {
    const tenant = await add('tries', { concurrentCalls: 1, callsPerMinutePerIp: 2 });
    const number = from();
    const tell = async (message: object) => {
      const headers = { 'x-vapi-agent-token': tenant.webhookSecret };
      const told = await network.server.request('POST', '/v1/webhooks/vapi/tries', {
        ...{ headers, body: { message } },
      });
      assert.equal(told.status, 200, told.text);
      return told.body;
    };
    const callOf = (caller: string) => ({
      ...{ id: randomUUID(), type: 'inboundPhoneCall', customer: { number: caller } },
    });
    const other = callOf(from());
    assert.equal((await tell({ type: 'assistant-request', call: other })).assistantId, tenant.assistantId);
    for (const call of [callOf(number), callOf(number), callOf(number)]) {
      await tell({ type: 'status-update', status: 'ringing', call });
      assert.deepEqual(await tell({ type: 'assistant-request', call }), { error: say });
      const endedReason = 'assistant-request-returned-error';
      await tell({ type: 'end-of-call-report', endedReason, cost: 0, call });
    }
    await tell({ type: 'end-of-call-report', endedReason: 'customer-ended-call', cost: 0.01, call: other });
    for (const expected of [tenant.assistantId, tenant.assistantId, undefined]) {
      const call = callOf(number);
      await tell({ type: 'status-update', status: 'ringing', call });
      assert.equal((await tell({ type: 'assistant-request', call })).assistantId, expected);
      await tell({ type: 'end-of-call-report', endedReason: 'customer-ended-call', cost: 0.01, call });
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
    // An end that Vapi did not answer in time is tried again by the next poll; the last one sees that it is over.
    for (let round = 0; round < 20 && (await isLive(lost.callId)); round += 1) {
      while (await pollNext(network.server.ctx));
      await network.server.ctx.backgroundDone();
      network.server.clock.now += 10_000;
    }
    assert.equal(statusOf(lost.callId), 'ended');
    const second = await network.emulator.callIn({ phoneNumberId, from: from(), webhooks: false });
    assert.equal((await network.server.operator('POST', '/v1/tenants/ended/pause')).body.calls.ended, 1);
    assert.equal(statusOf(second.callId), 'ended');
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
    const phoneNumberId = await numberOf(tenant, { fallback: '+14155550188' });
    // A caller with a wrong secret gets no answer.
    const changes = { webhookSecret: 'another-secret', webhookSecretOverlapSeconds: 0 };
    assert.equal((await network.server.operator('PATCH', '/v1/tenants/away', changes)).status, 200);
    const met = await network.emulator.callIn({ phoneNumberId, from: from() });
    assert.deepEqual([met.met, met.destination], ['fallback', '+14155550188']);
    assert.equal((await heldBy(tenant)).length, 0);
    const { body } = await network.server.operator('GET', '/v1/tenants/away/phone-numbers');
    assert.match(body.numbers[0].problem, /old secret/);
    const { rows } = (await network.server.operator('POST', '/v1/tenants/away/doctor')).body;
    const row = rows.find((one: { id: string }) => one.id === 'phone-numbers');
    assert.deepEqual([row.outcome, /old secret/.test(row.detail)], ['fail', true]);
    // Wiring points the numbers here again, too.
    const wired = await network.server.operator('POST', '/v1/tenants/away/wire');
    assert.match(wired.body.notes.join(), /asks this server/);
    assert.equal((await network.emulator.callIn({ phoneNumberId, from: from() })).met, 'assistant');
  });

  it('is found by its number when its reports are lost, though Vapi names no assistant of the client', async () => {
    const tenant = await add('by-number', { monthlyBudgetMicros: 0 });
    const phoneNumberId = await numberOf(tenant);
    const { callId } = await network.emulator.callIn({ phoneNumberId, from: from(), webhooks: false });
    const at = (ms: number) => new Date(network.server.clock.now + ms).toISOString();
    const period = { from: at(-3_600_000), to: at(3_600_000) };
    assert.equal((await network.server.operator('POST', '/v1/reconcile', period)).status, 200);
    const { body } = await network.server.operator('GET', `/v1/tenants/by-number/calls/${callId}`);
    assert.equal(body.endedReason, 'assistant-request-returned-error');
  });

  it('belongs to the client whose number it is, and to no other', async () => {
    const tenant = await add('owner');
    const id = await numberOf(tenant, { name: 'Front desk' });
    const { orgId, privateKey } = tenant;
    const shared = { phoneCalls: 'ask', orgId, privateKey, assistantId: tenant.assistantId };
    const other = await network.addTenant('neighbour', { ...shared });
    const refused = await assign(other, id, { takeOver: true });
    assert.deepEqual([refused.status, refused.body.code], [404, 'not_found']);
    assert.doesNotMatch(refused.text, /owner/);
    const list = await network.server.operator('GET', '/v1/tenants/neighbour/phone-numbers');
    assert.deepEqual(list.body.numbers, []);
    const own = await network.server.operator('GET', '/v1/tenants/owner/phone-numbers');
    assert.deepEqual(
      own.body.numbers.map(({ name, mode, state, problem }: Record<string, unknown>) => [
        name,
        mode,
        state,
        problem,
      ]),
      [['Front desk', 'ask', 'asks', null]],
    );
    const asked = await network.server.request('POST', '/v1/webhooks/vapi/neighbour', {
      headers: { 'x-vapi-agent-token': other.webhookSecret },
      body: {
        message: {
          type: 'assistant-request',
          call: { id: randomUUID(), type: 'inboundPhoneCall', phoneNumberId: id },
        },
      },
    });
    assert.ok(asked.body.error, asked.text);
    const changed = { assistantId: tenant.assistantId, server: null };
    await atVapi(tenant, 'PATCH', `/${id}`, changed);
    const drifted = await network.server.operator('GET', '/v1/tenants/owner/phone-numbers');
    assert.deepEqual(
      [drifted.body.numbers[0].state, /Save it again/.test(drifted.body.numbers[0].problem)],
      ['answers', true],
    );
    assert.equal((await assign(tenant, id)).body.problem, null);
    assert.equal((await network.server.operator('DELETE', '/v1/tenants/owner')).status, 204);
    const { assistantId, server } = await atVapi(tenant, 'GET', `/${id}`);
    assert.deepEqual([assistantId, server], [tenant.assistantId, undefined]);
    assert.equal((await assign(other, id)).status, 200);
  });

  it('is not taken from another server, nor assigned to what the client does not have', async () => {
    const tenant = await add('careful');
    const server = { url: 'https://other.example/hook' };
    const { id } = await atVapi(tenant, 'POST', '', { provider: 'vapi', server });
    assert.deepEqual((await assign(tenant, id)).body.code, 'conflict');
    const strange = await assign(tenant, id, { takeOver: true, assistantId: randomUUID() });
    assert.equal(strange.body.errors[0].path, 'assistantId');
    assert.equal((await assign(tenant, randomUUID())).status, 404);
    const direct = await assign(tenant, id, { takeOver: true, mode: 'assistant' });
    assert.deepEqual([direct.body.state, direct.body.problem], ['answers', null]);
    assert.equal((await network.emulator.callIn({ phoneNumberId: id })).met, 'assistant');
    // It began without asking: held for once it is reported.
    await until(async () => (await heldBy(tenant)).length === 1, 'the call to be held for');
    const path = `/v1/tenants/careful/phone-numbers/${id}`;
    assert.equal((await network.server.operator('DELETE', path)).status, 204);
    assert.equal((await network.server.operator('DELETE', path)).status, 404);
    const signed = await add('signed', {}, { webhookAuth: { kind: 'hmac' } });
    const unsigned = await atVapi(signed, 'POST', '', { provider: 'vapi' });
    assert.equal((await assign(signed, unsigned.id)).body.errors[0].path, 'credentialId');
    const keeps = await network.addTenant('keeps');
    const kept = await atVapi(keeps, 'POST', '', { provider: 'vapi' });
    assert.equal((await assign(keeps, kept.id)).body.errors[0].path, 'mode');
  });

  it('of 400 at once against a limit of 7: 7 are answered by the agent, 393 by the sentence', async () => {
    const tenant = await add('crowd', { concurrentCalls: 7, maxCallSeconds: 3600 });
    const phoneNumberId = await numberOf(tenant);
    const calls = Array.from({ length: 400 }, () =>
      network.emulator.callIn({ phoneNumberId, from: from(), webhooks: false }),
    );
    const outcomes = await Promise.all(calls);
    assert.equal(outcomes.filter(({ met }) => met === 'assistant').length, 7);
    assert.equal(outcomes.filter(({ said }) => said === say).length, 393);
    const held = await heldBy(tenant);
    assert.equal(held.length, 7);
    assert.equal(
      held.reduce((sum, { amountMicros }) => sum + amountMicros, 0),
      7 * 6_000_000,
    );
  });
}
