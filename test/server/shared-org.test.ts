/** One Vapi organization with several clients: nobody pays for, or reads, a call of another. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { DriftReport } from '../../server/contract.ts';
import { sweepAll } from '../../server/metering/reconciler.ts';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';
import { codeOf } from '../support/test-server.ts';

const day = 86_400_000;

describe('an organization that clients share', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork();
  });
  after(() => network.close());

  /** An org with so many assistants, and how its tenants are made. */
  const org = (count: number) => {
    const orgId = randomUUID();
    const privateKey = `private-${randomUUID()}`;
    const assistants = Array.from({ length: count }, () => randomUUID());
    network.emulator.addOrg({
      orgId,
      privateKeys: [privateKey],
      publicKeys: [],
      assistants: assistants.map((id) => ({ id })),
    });
    const create = (slug: string, assistantId: string | undefined, changes: Record<string, unknown> = {}) =>
      network.server.createTenant({ slug, orgId, privateKey, assistantId, ...changes });
    return { orgId, privateKey, assistants, create };
  };
  /** A phone call of now that nothing is told of. */
  const untold = (assistantId: string | undefined, cost = 0.5) =>
    network.emulator.makeCall({
      assistantId: assistantId ?? '',
      seconds: 60,
      cost,
      type: 'inboundPhoneCall',
      webhooks: false,
      createdAt: new Date(network.server.clock.now).toISOString(),
    });
  const sweep = async () => {
    network.server.clock.now += 1000;
    await sweepAll(network.server.ctx, 'test');
  };
  const spent = async (slug: string) =>
    (await network.server.operator('GET', `/v1/tenants/${slug}/usage`)).body.total.costMicros;

  it('gives a client the calls of all its assistants and of no other', async () => {
    const { assistants, create } = org(4);
    await create('two-lines', assistants[0], { assistantIds: [assistants[1]] });
    await create('one-line', assistants[2]);
    untold(assistants[0], 0.1);
    untold(assistants[1], 0.2);
    untold(assistants[2], 0.4);
    untold(assistants[3], 0.8);
    await sweep();
    assert.deepEqual([await spent('two-lines'), await spent('one-line')], [300_000, 400_000]);
  });

  it('with one client as yet, gives it nothing of the assistants of clients to come', async () => {
    const { assistants, create, orgId } = org(2);
    await create('early', assistants[0]);
    untold(assistants[1]);
    await sweep();
    assert.equal(await spent('early'), 0);
    const [from, to] = [-day, day].map((ms) => new Date(network.server.clock.now + ms).toISOString());
    const { body } = await network.server.operator('POST', '/v1/reconcile', { tenant: 'early', from, to });
    assert.deepEqual((body as DriftReport).unassigned, [{ orgId, calls: 1, costMicros: 500_000 }]);
    await create('later', assistants[1]);
    await sweep();
    assert.deepEqual([await spent('early'), await spent('later')], [0, 500_000]);
  });

  it('leaves the calls of a deleted client to nobody, and its transcripts unread', async () => {
    const { assistants, create } = org(2);
    await create('stays', assistants[0]);
    await create('leaves', assistants[1]);
    await network.server.operator('DELETE', '/v1/tenants/leaves');
    network.server.clock.now += 4 * day;
    const call = untold(assistants[1]);
    await sweep();
    assert.equal(await spent('stays'), 0);
    const { body } = await network.server.operator('POST', '/v1/keys', { name: 'stays', tenant: 'stays' });
    const transcript = await network.server.request('GET', `/v1/tenants/stays/calls/${call.id}/transcript`, {
      headers: { authorization: `Bearer ${body.key}` },
    });
    assert.equal(transcript.status, 404);
  });

  it('gives a client that was deleted and made again its new calls', async () => {
    const { assistants, create } = org(1);
    for (let time = 0; time < 6; time += 1) {
      if (time > 0) await network.server.operator('DELETE', '/v1/tenants/again');
      await create('again', assistants[0]);
    }
    untold(assistants[0]);
    await sweep();
    assert.equal(await spent('again'), 500_000);
  });

  it('is one client’s as a whole only when it is said, and then of no other', async () => {
    const { assistants, create, orgId, privateKey } = org(3);
    await create('all', assistants[0], { wholeOrg: true });
    untold(assistants[1]);
    await sweep();
    assert.equal(await spent('all'), 500_000);
    const second = (changes: Record<string, unknown> = {}) =>
      network.server.operator('POST', '/v1/tenants', {
        ...{ slug: 'some', name: 'some', orgId, privateKey, assistantId: assistants[2] },
        ...changes,
      });
    const refused = await second();
    assert.deepEqual([codeOf(refused), refused.body.errors[0].path], ['invalid_request', 'orgId']);
    const patch = (changes: object) => network.server.operator('PATCH', '/v1/tenants/all', changes);
    assert.equal((await patch({ wholeOrg: false })).body.wholeOrg, false);
    assert.equal((await second({ wholeOrg: true })).body.errors[0].path, 'wholeOrg');
    assert.equal((await second()).status, 201);
    assert.equal((await patch({ wholeOrg: true })).body.errors[0].path, 'wholeOrg');
    // For as long as a deleted client's last calls are still looked for.
    await network.server.operator('DELETE', '/v1/tenants/some');
    assert.match((await patch({ wholeOrg: true })).body.errors[0].message, /some \(deleted\)/);
    network.server.clock.now += 3 * day;
    assert.equal((await patch({ wholeOrg: true })).body.wholeOrg, true);
  });

  it('is read with the key of another client when one’s is refused', async () => {
    const { assistants, create, privateKey } = org(2);
    await create('revoked', assistants[0]);
    await create('current', assistants[1]);
    const row = await network.server.ctx.store
      .selectFrom('tenants')
      .selectAll()
      .where('slug', '=', 'revoked')
      .executeTakeFirstOrThrow();
    network.server.secrets.add('a revoked key', 'private-revoked');
    const sealed = network.server.ctx.box.seal('private-revoked', `tenants/${row.id}/privateKey`);
    await network.server.ctx.store
      .updateTable('tenants')
      .set({ privateKeySealed: sealed })
      .where('id', '=', row.id)
      .execute();
    assert.notEqual(privateKey, 'private-revoked');
    untold(assistants[1]);
    await sweep();
    assert.equal(await spent('current'), 500_000);
  });
});
