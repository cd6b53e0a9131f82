import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { everyDatabase } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';

/** The parts of a report that metering reads, in Vapi's format (vapi-facts 3.4). */
function report(tenant: TestTenant, changes: Record<string, unknown> = {}, callId: string = randomUUID()) {
  return {
    message: {
      type: 'end-of-call-report',
      timestamp: Date.parse('2026-11-10T12:01:05Z'),
      startedAt: '2026-11-10T12:00:05.000Z',
      endedAt: '2026-11-10T12:01:00.000Z',
      endedReason: 'customer-ended-call',
      cost: 0.0797,
      costs: [
        { type: 'transcriber', cost: 0.0101 },
        { type: 'voice', cost: 0.0234 },
        { type: 'vapi', cost: 0.0462 },
      ],
      call: {
        id: callId,
        orgId: tenant.orgId,
        type: 'webCall',
        // The snapshot of the call's creation, as Vapi sends it.
        status: 'queued',
        assistantId: tenant.assistantId,
        createdAt: '2026-11-10T12:00:00.000Z',
        updatedAt: '2026-11-10T12:00:00.000Z',
      },
      ...changes,
    },
  };
}

describe('a report from Vapi', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { now: Date.parse('2026-11-10T12:02:00Z') } });
  });
  after(() => network?.close());

  const deliver = (tenant: TestTenant, body: unknown, headers?: Record<string, string>) =>
    network.server.request('POST', `/v1/webhooks/vapi/${tenant.slug}`, {
      headers: headers ?? { 'x-vapi-agent-token': tenant.webhookSecret },
      body,
    });
  const usage = async (slug: string, query = '') =>
    (await network.server.operator('GET', `/v1/tenants/${slug}/usage${query}`)).body;

  it('becomes a row of the ledger and a part of the day’s usage, to the micro', async () => {
    const tenant = await network.addTenant('booked');
    const body = report(tenant);
    assert.deepEqual((await deliver(tenant, body)).body, {});
    const row = (await network.server.operator('GET', `/v1/tenants/booked/calls/${body.message.call.id}`))
      .body;
    assert.equal(row.status, 'ended');
    assert.equal(row.seconds, 55);
    assert.equal(row.costMicros, 79_700);
    // 79,700 - 10,100 - 23,400 - 46,200 = 0
    assert.deepEqual(row.cost, {
      transport: 0,
      stt: 10_100,
      llm: 0,
      tts: 23_400,
      vapi: 46_200,
      analysis: 0,
      knowledgeBase: 0,
      other: 0,
    });
    assert.deepEqual((await usage('booked')).rows, [
      { key: '2026-11-10', calls: 1, seconds: 55, costMicros: 79_700 },
    ]);
    assert.deepEqual((await usage('booked', '?by=assistant')).rows[0].key, tenant.assistantId);
    const components = (await usage('booked', '?by=component')).rows as { key: string; costMicros: number }[];
    assert.equal(components.find(({ key }) => key === 'tts')?.costMicros, 23_400);
  });

  it('counts once, however often it comes', async () => {
    const tenant = await network.addTenant('repeated');
    const body = report(tenant);
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(tenant, body)));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.deepEqual((await usage('repeated')).total, {
      calls: 1,
      seconds: 55,
      costMicros: 79_700,
      callsWithoutCost: 0,
    });
  });

  it('without a cost leaves the cost unknown until a later one has it', async () => {
    const tenant = await network.addTenant('later');
    const callId = randomUUID();
    await deliver(tenant, report(tenant, { cost: undefined, costs: undefined }, callId));
    assert.deepEqual((await usage('later')).total, {
      calls: 1,
      seconds: 55,
      costMicros: 0,
      callsWithoutCost: 1,
    });
    await deliver(tenant, report(tenant, { timestamp: Date.parse('2026-11-10T12:01:30Z') }, callId));
    assert.deepEqual((await usage('later')).total, {
      calls: 1,
      seconds: 55,
      costMicros: 79_700,
      callsWithoutCost: 0,
    });
  });

  it('of a new kind or with new fields is accepted and changes nothing', async () => {
    const tenant = await network.addTenant('newer');
    for (const type of ['hologram-update', 'transcript[transcriptType="final"]', 'call.deleted']) {
      assert.equal((await deliver(tenant, report(tenant, { type, hologram: { x: 1 } }))).status, 200);
    }
    assert.equal((await usage('newer')).total.calls, 0);
  });

  it('with fields of an unexpected form loses neither the call nor what can be read', async () => {
    const tenant = await network.addTenant('odd');
    const odd = { cost: '0.0797', startedAt: 'yesterday', endedReason: 7, timestamp: 'now', assistant: [] };
    assert.equal((await deliver(tenant, report(tenant, odd))).status, 200);
    // The text is not an amount, so the items' sum is the cost.
    assert.deepEqual((await usage('odd')).total, {
      calls: 1,
      seconds: 0,
      costMicros: 79_700,
      callsWithoutCost: 0,
    });
  });

  it('dated far ahead does not outrank what comes after it', async () => {
    const tenant = await network.addTenant('ahead');
    const callId = randomUUID();
    await deliver(tenant, report(tenant, { timestamp: Date.parse('2036-01-01T00:00:00Z') }, callId));
    network.server.clock.now += 120_000;
    await deliver(
      tenant,
      report(tenant, { timestamp: network.server.clock.now, cost: 0.09, costs: [] }, callId),
    );
    assert.equal((await usage('ahead')).total.costMicros, 90_000);
  });

  it('of five megabytes is accepted; a larger one is refused', async () => {
    const tenant = await network.addTenant('large');
    const filler = (megabytes: number) => ({ transcript: 'x'.repeat(megabytes * 1_000_000) });
    assert.equal((await deliver(tenant, report(tenant, filler(5)))).status, 200);
    const tooLarge = await deliver(tenant, report(tenant, filler(6)));
    assert.equal(codeOf(tooLarge), 'payload_too_large');
  });

  it('claiming a call of another tenant changes nothing of that tenant', async () => {
    const [mine, theirs] = [await network.addTenant('mine'), await network.addTenant('theirs')];
    const callId = randomUUID();
    await deliver(theirs, report(theirs, {}, callId));
    assert.equal((await deliver(mine, report(mine, { cost: 9, costs: [] }, callId))).status, 200);
    assert.equal((await usage('theirs')).total.costMicros, 79_700);
  });

  it('is refused with another tenant’s secret, and an unknown tenant is refused alike', async () => {
    const [one, two] = [await network.addTenant('one'), await network.addTenant('two')];
    const wrong = await deliver(one, report(one), { 'x-vapi-agent-token': two.webhookSecret });
    const unknown = await deliver({ ...one, slug: 'nobody' }, report(one));
    assert.equal(codeOf(wrong), 'unauthorized');
    assert.equal(codeOf(unknown), 'unauthorized');
    assert.equal((await usage('one')).total.calls, 0);
  });
});

for (const engine of everyDatabase()) {
  it(`of a call whose browser wrote zero bytes into its tags is booked, on ${engine.name}`, async () => {
    const network = await startTestNetwork({
      server: { engine, now: Date.parse('2026-11-10T12:02:00Z') },
      tenant: { accessMode: 'scoped-key' },
    });
    const { message } = report(network.acme, { endedReason: 'a\0b' });
    const assistantOverrides = { metadata: { session: 'ses_\0', tenant: '\0' } };
    const answer = await network.server.request('POST', '/v1/webhooks/vapi/acme', {
      headers: { 'x-vapi-agent-token': network.acme.webhookSecret },
      body: { message: { ...message, call: { ...message.call, assistantOverrides } } },
    });
    assert.equal(answer.status, 200);
    const row = await network.server.operator('GET', `/v1/tenants/acme/calls/${message.call.id}`);
    assert.deepEqual([row.body.costMicros, row.body.session], [79_700, null]);
    await network.close();
  });
}
