/** A squad stands wherever an assistant does, except where a browser gets a key. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { addSquadOrg, clientOf, type SquadOrg } from '../squad-stage.ts';

describe('a client whose website is answered by a squad', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ emulator: { speed: 50 } });
  });
  after(() => network?.close());

  let slug: string;
  let org: SquadOrg;
  let count = 0;
  beforeEach(async () => {
    count += 1;
    slug = `hotel-${count}`;
    org = addSquadOrg(network, slug);
    await network.server.createTenant(clientOf(org, slug));
  });

  const operator = (method: string, end = '', body?: unknown) =>
    network.server.operator(method, `/v1/tenants/${slug}${end}`, body);
  const start = async (assistant?: string) => {
    const opened = await network.visitor('/v1/sessions', { tenant: slug, assistant });
    return network.visitor('/v1/calls', { session: opened.body.session });
  };
  const atVapi = async (path: string) => {
    const headers = { authorization: `Bearer ${org.privateKey}` };
    return (await (await fetch(`${network.emulator.url}${path}`, { headers })).json()) as Record<
      string,
      unknown
    >;
  };

  it('is saved with the squad’s members; an id that is neither an assistant nor a squad is refused', async () => {
    const { body } = await operator('GET');
    assert.deepEqual(body.squads, { [org.squad]: [org.desk, org.sales] });
    const refused = await operator('PATCH', '', { assistantIds: [org.desk, randomUUID()] });
    assert.deepEqual([refused.status, refused.body.errors[0].path], [400, 'assistantIds.1']);
    assert.deepEqual((await operator('PATCH', '', { assistantId: org.desk })).body.squads, {});
    // While Vapi does not answer, what is known stays.
    await operator('PATCH', '', { assistantId: org.squad });
    network.emulator.setSwitch('failEverythingWith', 503);
    const saved = await operator('PATCH', '', { assistantIds: [org.sales] });
    network.emulator.setSwitch('failEverythingWith', 0);
    assert.deepEqual(
      [saved.body.vapiCheck, saved.body.squads],
      ['unreachable', { [org.squad]: [org.desk, org.sales] }],
    );
  });

  it('its call is created with the squad, the limit and the tags, and the browser gets a room and no key', async () => {
    const grant = await start();
    assert.equal(grant.status, 201, grant.text);
    assert.equal(grant.body.mode, 'proxy');
    const call = await atVapi(`/call/${grant.body.callId}`);
    assert.deepEqual([call.squadId, call.assistantId], [org.squad, undefined]);
    const overrides = call.squadOverrides as { maxDurationSeconds: number; metadata: Record<string, string> };
    assert.equal(overrides.maxDurationSeconds, grant.body.maxDurationSeconds);
    assert.equal(overrides.metadata.tenant, slug);
    assert.ok(!('assistantOverrides' in call));
  });

  it('its conversation is the squad’s from the first message to the last', async () => {
    const opened = await network.visitor('/v1/sessions', { tenant: slug });
    const first = await network.visitor('/v1/chats', { session: opened.body.session, message: 'Hello' });
    assert.equal(first.status, 200, first.text);
    const next = /"chat":"([^"]+)"/.exec(first.text)?.[1];
    assert.equal((await network.visitor('/v1/chats', { chat: next, message: 'And then?' })).status, 200);
    await network.server.ctx.backgroundDone();
    const { calls } = (await operator('GET', '/calls')).body;
    assert.deepEqual(
      calls.map(({ type, assistantId }: Record<string, string>) => [type, assistantId]),
      [
        ['chat', org.squad],
        ['chat', org.squad],
      ],
    );
    for (const { id } of calls) assert.equal((await atVapi(`/chat/${id}`)).squadId, org.squad);
  });

  it('the squad may be one of several on the site; its members alone may not be started', async () => {
    await operator('PATCH', '', {
      ...{ assistantId: org.desk, assistantIds: [org.squad], siteAssistantIds: [org.squad] },
    });
    const call = await start(org.squad);
    assert.equal((await atVapi(`/call/${call.body.callId}`)).squadId, org.squad);
    assert.equal((await atVapi(`/call/${(await start()).body.callId}`)).assistantId, org.desk);
    const opened = await network.visitor('/v1/sessions', { tenant: slug, assistant: org.sales });
    assert.equal(codeOf(opened), 'assistant_not_allowed');
  });

  it('a mode in which browsers get a key is refused with the reason, whichever is set first', async () => {
    const refusals = [
      await operator('PATCH', '', { accessMode: 'scoped-key' }),
      await operator('PATCH', '', { accessMode: 'public-key', publicKey: org.publicKey }),
      await network.server.operator('POST', '/v1/tenants', {
        ...{ ...clientOf(org, 'keyed'), accessMode: 'scoped-key' },
      }),
    ];
    for (const refused of refusals) {
      assert.deepEqual([refused.status, refused.body.errors[0].path], [400, 'assistantId']);
      assert.match(refused.body.errors[0].message, /can only name assistants/);
    }
    await operator('PATCH', '', { assistantId: org.desk, accessMode: 'scoped-key' });
    const named = { assistantIds: [org.squad], siteAssistantIds: [org.squad] };
    const refused = await operator('PATCH', '', named);
    assert.deepEqual([refused.status, refused.body.errors[0].path], [400, 'siteAssistantIds.0']);
    // One that answers the phone only needs no key.
    assert.equal((await operator('PATCH', '', { assistantIds: [org.squad] })).status, 200);
  });

  it('no public key is made that would have to open the squad, and one that exists keeps the squad out', async () => {
    const refused = await operator('POST', '/vapi-key');
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'conflict']);
    await operator('PATCH', '', { assistantId: org.desk });
    assert.equal((await operator('POST', '/vapi-key')).status, 200);
    const { value } = (
      (await atVapi('/token')) as unknown as { value: string; tag: string; name?: string }[]
    ).find(({ name }) => name?.includes(slug)) ?? { value: '' };
    network.server.secrets.add('made public key', value);
    const squad = await operator('PATCH', '', { assistantId: org.squad });
    assert.deepEqual([squad.status, squad.body.errors[0].path], [400, 'assistantId']);
    assert.match(squad.body.errors[0].message, /revoke the public key first/);
    assert.equal((await operator('DELETE', '/vapi-key')).status, 200);
    assert.equal((await operator('PATCH', '', { assistantId: org.squad })).status, 200);
  });

  it('its members are wired without being named, also one that joins later, and the doctor says so', async () => {
    type Row = { id: string; outcome: string; detail: string };
    const rowOf = async (wanted: string): Promise<Row> =>
      (await operator('POST', '/doctor', {})).body.rows.find(({ id }: Row) => id === wanted);
    const wire = async () => {
      const { status, body, text } = await operator('POST', '/wire', {});
      assert.equal(status, 200, text);
      return body.assistants.map(({ assistantId }: { assistantId: string }) => assistantId).sort();
    };
    assert.deepEqual(await wire(), [org.desk, org.sales].sort());
    assert.equal((await rowOf('assistant')).detail, 'Reception team (squad of 2).');
    assert.equal((await rowOf('organization')).outcome, 'pass');
    assert.equal((await rowOf('wiring')).outcome, 'pass');
    const joined = randomUUID();
    network.emulator.addOrg({
      orgId: org.orgId,
      ...{ privateKeys: [org.privateKey], publicKeys: [{ value: org.publicKey }] },
      assistants: [{ id: joined, name: 'Night' }],
      squads: [{ id: org.squad, members: [{ assistantId: org.desk }, { assistantId: joined }] }],
    });
    const finding = await rowOf('wiring');
    assert.deepEqual([finding.outcome, finding.detail.includes('Night')], ['fail', true]);
    // Sales was wired before, and may be in calls that have begun.
    assert.deepEqual(await wire(), [org.desk, joined, org.sales].sort());
    assert.deepEqual((await operator('GET')).body.squads, { [org.squad]: [org.desk, joined] });
    const { body } = await operator('GET', '/wiring');
    assert.ok(body.assistants.every(({ assistantId }: Record<string, string>) => assistantId !== org.squad));
  });
});
