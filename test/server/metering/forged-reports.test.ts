import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';

const hour = 3_600_000;

describe('a webhook from anyone who can read the tenant’s token', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork();
  });
  after(() => network?.close());

  const forge = (tenant: TestTenant, callId: string, changes: Record<string, unknown>) => {
    const at = new Date(network.server.clock.now).toISOString();
    const message = {
      ...{ type: 'end-of-call-report', timestamp: network.server.clock.now, endedReason: 'x' },
      ...{ startedAt: at, endedAt: at, call: { id: callId }, ...changes },
    };
    return network.server.request('POST', `/v1/webhooks/vapi/${tenant.slug}`, {
      headers: { 'x-vapi-agent-token': tenant.webhookSecret },
      body: { message },
    });
  };
  const booked = async (tenant: TestTenant, callId: string) => {
    const { body } = await network.server.operator('GET', `/v1/tenants/${tenant.slug}/calls/${callId}`);
    return [body.costMicros, body.seconds];
  };
  const reportedCall = async (tenant: TestTenant) => {
    const call = network.emulator.makeCall({ assistantId: tenant.assistantId, seconds: 60, cost: 0.9 });
    await network.emulator.waitForCall(call.id, 'settled');
    assert.deepEqual(await booked(tenant, call.id), [900_000, 60]);
    return call.id;
  };
  const pollAll = async () => {
    let asked = 0;
    while (await pollNext(network.server.ctx)) asked += 1;
    return asked;
  };

  it('lowers no cost and no length: they stay until Vapi is asked, and then are as Vapi reports them', async () => {
    const tenant = await network.addTenant('lowered');
    const callId = await reportedCall(tenant);
    network.server.clock.now += 60_000;
    assert.equal((await forge(tenant, callId, { cost: 0 })).status, 200);
    assert.equal((await forge(tenant, callId, { cost: 0.9 })).status, 200);
    assert.deepEqual(await booked(tenant, callId), [900_000, 60]);
    assert.equal(await pollAll(), 1);
    assert.deepEqual(await booked(tenant, callId), [900_000, 60]);
    network.server.clock.now += 86_400_000;
    assert.equal(await pollAll(), 0, 'asked once');
  });

  it('changes nothing in a call that ended long ago, not even upwards', async () => {
    const tenant = await network.addTenant('old');
    const callId = await reportedCall(tenant);
    network.server.clock.now += 26 * hour;
    for (const cost of [0, 5]) assert.equal((await forge(tenant, callId, { cost })).status, 200);
    assert.deepEqual(await booked(tenant, callId), [900_000, 60]);
    await pollAll();
    assert.deepEqual(await booked(tenant, callId), [900_000, 60]);
  });

  it('is corrected if it was the first report of a call and came late', async () => {
    const tenant = await network.addTenant('first-late');
    const { id } = network.emulator.makeCall({
      ...{ assistantId: tenant.assistantId, seconds: 60, cost: 0.9, webhooks: false },
    });
    const at = new Date(network.server.clock.now).toISOString();
    network.server.clock.now += 2 * hour;
    await forge(tenant, id, { cost: 0.01, startedAt: at, endedAt: at });
    assert.deepEqual(await booked(tenant, id), [10_000, 0]);
    await pollAll();
    assert.deepEqual(await booked(tenant, id), [900_000, 60]);
  });

  it('cannot add to the budget: a negative cost is not counted', async () => {
    const tenant = await network.addTenant('negative');
    const callId = randomUUID();
    await forge(tenant, callId, { cost: -1_000_000 });
    assert.deepEqual(await booked(tenant, callId), [null, 0]);
    const { total } = (await network.server.operator('GET', '/v1/tenants/negative/usage')).body;
    assert.deepEqual([total.costMicros, total.callsWithoutCost], [0, 1]);
  });
});
