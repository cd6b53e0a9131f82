/** One Vapi organization with several clients: no one pays for, or reads, another's call. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { DriftReport } from '../../../server/contract.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { metric } from './webhooks/support.ts';

const day = 86_400_000;

for (const engine of testDatabases()) {
  describe(`an organization that clients share, on ${engine.name}`, () => sharing(engine));
  describe(`a call that is reported to two clients, on ${engine.name}`, () => claiming(engine));
}

function sharing(engine: Engine): void {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
  });
  after(() => network?.close());

  /** An org with that many assistants, and how its tenants are made. */
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
  /** A current phone call about which nothing is reported. */
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
    await sweepAll(network.server.ctx);
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
    const before = await metric(network.server, 'vapi_agent_unassigned_calls');
    await sweep();
    assert.deepEqual([await spent('two-lines'), await spent('one-line')], [300_000, 400_000]);
    // The fourth is reported, and not reported again when it is seen again.
    await sweep();
    assert.equal(await metric(network.server, 'vapi_agent_unassigned_calls'), before + 1);
    assert.ok(network.server.log.some((line) => line.includes('calls with an assistant of no tenant')));
  });

  it('with one client so far, gives it no calls of future clients’ assistants', async () => {
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

  it('leaves the calls of a deleted client to no one, and its transcripts unread', async () => {
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

  it('shows what was said to the client whose call it is, and not to another whose webhook has named it', async () => {
    const { assistants, create } = org(2);
    const webhookSecret = `webhook-${randomUUID()}`;
    await create('spoke', assistants[0]);
    await create('curious', assistants[1], { webhookSecret });
    const { id } = untold(assistants[0]);
    await network.emulator.waitForCall(id, 'settled');
    const call = { id, type: 'inboundPhoneCall', assistantId: assistants[0] };
    const times = { startedAt: '2026-11-10T11:00:00Z', endedAt: '2026-11-10T11:01:00Z' };
    const message = { type: 'end-of-call-report', ...times, cost: 0.01, call };
    const headers = { 'x-vapi-agent-token': webhookSecret };
    await network.server.request('POST', '/v1/webhooks/vapi/curious', { headers, body: { message } });
    const read = async (slug: string, what: string) => {
      const { body } = await network.server.operator('POST', '/v1/keys', { name: 'reads', tenant: slug });
      const authorization = `Bearer ${body.key}`;
      const path = `/v1/tenants/${slug}/calls/${id}`;
      assert.equal((await network.server.request('GET', path, { headers: { authorization } })).status, 200);
      return (await network.server.request('GET', `${path}/${what}`, { headers: { authorization } })).status;
    };
    assert.deepEqual([await read('curious', 'transcript'), await read('curious', 'recording')], [404, 404]);
    await sweep();
    assert.deepEqual([await read('curious', 'transcript'), await read('curious', 'recording')], [404, 404]);
    const path = `/v1/tenants/curious/calls/${id}/content`;
    const { body } = await network.server.operator('DELETE', path, { of: 'call' });
    assert.deepEqual(body, { deleted: [], notYet: [id] });
    assert.equal(await read('spoke', 'transcript'), 200);
  });

  it('gives a client that was deleted and created again its new calls', async () => {
    const { assistants, create } = org(1);
    for (let time = 0; time < 6; time += 1) {
      if (time > 0) await network.server.operator('DELETE', '/v1/tenants/again');
      await create('again', assistants[0]);
    }
    untold(assistants[0]);
    await sweep();
    assert.equal(await spent('again'), 500_000);
  });

  it('belongs to one client as a whole only if requested, and then to no other', async () => {
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

  it('is no longer asked about once its last client is deleted, however long a period is compared', async () => {
    const { assistants, create } = org(1);
    await create('last', assistants[0]);
    await network.server.operator('DELETE', '/v1/tenants/last');
    const compare = async () => {
      const [from, to] = [-60 * day, day].map((ms) => new Date(network.server.clock.now + ms).toISOString());
      return (await network.server.operator('POST', '/v1/reconcile', { from, to })).body as DriftReport;
    };
    const id = (await network.server.operator('GET', '/v1/billing/deleted-tenants')).body.tenants[0].id;
    assert.ok((await compare()).tenants.some(({ tenant }) => tenant === id));
    network.server.clock.now += 3 * day;
    assert.ok(!(await compare()).tenants.some(({ tenant }) => tenant === id));
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
}

function claiming(engine: Engine): void {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
  });
  after(() => network?.close());

  const untold = (assistantId: string) =>
    network.emulator.makeCall({
      assistantId,
      seconds: 60,
      cost: 0.5,
      type: 'inboundPhoneCall',
      webhooks: false,
      createdAt: new Date(network.server.clock.now).toISOString(),
    });
  /** A report of the call as the tenant's webhook would deliver it. */
  const tell = (tenant: TestTenant, callId: string, cost: number, assistantId = tenant.assistantId) => {
    const at = (ms: number) => new Date(network.server.clock.now + ms).toISOString();
    const message = {
      type: 'end-of-call-report',
      timestamp: network.server.clock.now,
      startedAt: at(-60_000),
      endedAt: at(0),
      endedReason: 'customer-ended-call',
      cost,
      call: { id: callId, type: 'webCall', assistantId, createdAt: at(-61_000) },
    };
    return network.server.request('POST', `/v1/webhooks/vapi/${tenant.slug}`, {
      headers: { 'x-vapi-agent-token': tenant.webhookSecret },
      body: { message },
    });
  };
  const total = async (slug: string) => {
    const { body } = await network.server.operator('GET', `/v1/tenants/${slug}/usage`);
    return [body.total.costMicros, body.total.seconds];
  };
  const sweep = async () => {
    network.server.clock.now += 1000;
    await sweepAll(network.server.ctx);
  };

  it('belongs to the first; the other is answered as usual, and nothing of it is kept', async () => {
    const [first, second] = [await network.addTenant('first'), await network.addTenant('second')];
    const callId = randomUUID();
    assert.equal((await tell(first, callId, 0.1)).status, 200);
    const late = await tell(second, callId, 0.4);
    assert.deepEqual([late.status, late.body], [200, {}]);
    assert.deepEqual(await total('first'), [100_000, 60]);
    assert.deepEqual(await total('second'), [0, 0]);
    assert.equal((await network.server.operator('GET', `/v1/tenants/second/calls/${callId}`)).status, 404);
    assert.ok(network.server.log.some((line) => line.includes('report of a call of another tenant')));
  });

  it('belongs to one client, however many report it at once', async () => {
    const tenants = [await network.addTenant('racer-1'), await network.addTenant('racer-2')];
    const calls = Array.from({ length: 20 }, () => randomUUID());
    const reports = calls.flatMap((id) => tenants.map((tenant) => tell(tenant, id, 0.01)));
    assert.ok((await Promise.all(reports)).every(({ status }) => status === 200));
    const [one, two] = [await total('racer-1'), await total('racer-2')];
    assert.equal((one[0] ?? 0) + (two[0] ?? 0), 200_000);
  });

  it('goes to the one in whose org Vapi shows it, and the wrong one has nothing to pay', async () => {
    const [right, wrong] = [await network.addTenant('right'), await network.addTenant('wrong')];
    const call = untold(right.assistantId);
    await tell(wrong, call.id, 0.01);
    assert.deepEqual(await total('wrong'), [10_000, 60]);
    await sweep();
    assert.deepEqual(await total('right'), [500_000, 60]);
    assert.deepEqual(await total('wrong'), [0, 0]);
    // For good: what Vapi has shown can no longer be claimed.
    await tell(wrong, call.id, 0.01);
    await sweep();
    assert.deepEqual(
      [await total('right'), await total('wrong')],
      [
        [500_000, 60],
        [0, 0],
      ],
    );
  });

  it('stays with its client when its assistant goes to another', async () => {
    const from = await network.addTenant('from');
    const call = untold(from.assistantId);
    await sweep();
    const next = randomUUID();
    const { orgId, privateKey, assistantId } = from;
    network.emulator.addOrg({
      orgId,
      privateKeys: [privateKey],
      publicKeys: [],
      assistants: [{ id: assistantId }, { id: next }],
    });
    await network.server.operator('PATCH', '/v1/tenants/from', { assistantId: next });
    await network.server.createTenant({ slug: 'to', orgId, privateKey, assistantId });
    await sweep();
    assert.deepEqual(
      [await total('from'), await total('to')],
      [
        [500_000, 60],
        [0, 0],
      ],
    );
    assert.equal((await network.server.operator('GET', `/v1/tenants/to/calls/${call.id}`)).status, 404);
  });

  it('in an org that was entered under two ids is booked once, and the wrong id is reported', async () => {
    const one = await network.addTenant('one-id');
    const other = randomUUID();
    network.emulator.setSwitch('failEverythingWith', 500);
    await network.server.createTenant({
      slug: 'other-id',
      orgId: other,
      privateKey: one.privateKey,
      assistantId: randomUUID(),
      wholeOrg: true,
    });
    network.emulator.setSwitch('failEverythingWith', 0);
    untold(one.assistantId);
    await sweep();
    assert.deepEqual(
      [await total('one-id'), await total('other-id')],
      [
        [500_000, 60],
        [0, 0],
      ],
    );
    const [from, to] = [-3_600_000, 3_600_000].map((ms) =>
      new Date(network.server.clock.now + ms).toISOString(),
    );
    const { body } = await network.server.operator('POST', '/v1/reconcile', { tenant: 'other-id', from, to });
    const reason = `The private key is of the organization ${one.orgId}: correct the orgId`;
    assert.deepEqual((body as DriftReport).failures, [{ tenants: ['other-id'], reason }]);
  });
}
