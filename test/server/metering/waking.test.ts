/** An org in which nothing happened for days is compared with Vapi soon after something does. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { enroll } from '../../../server/metering/sweeps.ts';
import { findSweep } from '../../../server/store/sweeps.ts';

import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { until } from '../../support/until.ts';

const minute = 60_000;

describe('an org that is asleep', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork();
  });
  after(() => network?.close());

  const asleep = async (slug: string) => {
    const tenant = await network.addTenant(slug);
    const { ctx, clock } = network.server;
    await enroll(ctx);
    await ctx.store
      .updateTable('sweeps')
      .set({ cadence: 'asleep', nextSweepAt: clock.now + 60 * minute })
      .where('orgId', '=', tenant.orgId)
      .execute();
    return tenant;
  };
  const dueIn = async ({ orgId }: TestTenant) =>
    ((await findSweep(network.server.ctx.store, orgId))?.nextSweepAt ?? 0) - network.server.clock.now;

  it('is swept soon after a start', async () => {
    const [started, other] = [await asleep('started'), await asleep('other')];
    const answer = await network.visitor('/v1/calls', { session: await network.session('started') });
    assert.equal(answer.status, 201);
    await until(async () => (await dueIn(started)) === 5 * minute, 'the org to be awake');
    assert.equal(await dueIn(other), 60 * minute);
  });

  it('is swept soon after a report', async () => {
    const reported = await asleep('reported');
    network.emulator.makeCall({
      ...{ assistantId: reported.assistantId, seconds: 60, cost: 0.1, type: 'inboundPhoneCall' },
      createdAt: new Date(network.server.clock.now).toISOString(),
    });
    await until(async () => (await dueIn(reported)) === 5 * minute, 'the org to be awake');
  });

  it('is swept at once, and its last day listed, after a change of its key', async () => {
    const changed = await asleep('changed');
    const { privateKey, orgId } = changed;
    const answer = await network.server.operator('PATCH', '/v1/tenants/changed', { privateKey });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await dueIn(changed), 0);
    assert.equal((await findSweep(network.server.ctx.store, orgId))?.listedTo, null);
  });
});
