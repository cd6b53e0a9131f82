/** A client's public key at Vapi: made with restrictions, kept in step with the settings, rotated, revoked, never left over. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { keyNameOf, retryKey } from '../../../server/access/tenants/public-key.ts';
import { makeVapiKey } from '../../../server/access/tenants/vapi-key.ts';
import { removeTenant } from '../../../server/billing/plan/tenant-deletion.ts';
import { findPendingKey } from '../../../server/store/pending-keys.ts';
import { findTenant, findTenantById, type Tenant } from '../../../server/store/tenants.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { codeOf, pageOrigin } from '../../support/test-server.ts';

interface KeyAtVapi {
  id: string;
  value: string;
  name: string | undefined;
  restrictions: { allowedOrigins: string[]; allowedAssistantIds: string[]; allowTransientAssistant: boolean };
}

let network: TestNetwork;
let count = 0;
let acme: TestTenant;
let path: string;
before(async () => {
  network = await startTestNetwork();
});
after(() => network?.close());
beforeEach(async () => {
  network.emulator.setSwitch('refuseTokensWith', 0);
  acme = await network.addTenant(`bakery-${++count}`, { publicKey: null });
  path = `/v1/tenants/${acme.slug}`;
});

const by = { actor: 'test', requestId: 'test' };
const operator = (method: string, end = '', body?: unknown) =>
  network.server.operator(method, `${path}${end}`, body);
const stored = async () => (await findTenant(network.server.ctx.store, acme.slug)) as Tenant;

async function make() {
  const { status, body, text } = await operator('POST', '/vapi-key');
  assert.equal(status, 200, text);
  return body;
}

/** What Vapi has of this client's, apart from the keys that its organization began with. */
async function keysAtVapi(): Promise<KeyAtVapi[]> {
  const headers = { authorization: `Bearer ${acme.privateKey}` };
  const response = await fetch(`${network.emulator.url}/token`, { headers });
  assert.equal(response.status, 200);
  const all = (await response.json()) as KeyAtVapi[];
  const made = all.filter(({ value }) => value !== acme.privateKey && value !== acme.publicKey);
  for (const { value } of made) network.server.secrets.add('made public key', value);
  return made;
}

async function theKeyAtVapi(): Promise<KeyAtVapi> {
  const [key, ...more] = await keysAtVapi();
  assert.ok(key && more.length === 0);
  return key;
}

async function callStatus(key: string, origin = pageOrigin): Promise<number> {
  const response = await fetch(`${network.emulator.url}/call/web`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, origin, 'content-type': 'application/json' },
    body: JSON.stringify({ assistantId: acme.assistantId }),
  });
  await response.body?.cancel();
  return response.status;
}

/** As the background work does, once everything is due. */
async function retryAll() {
  network.server.clock.now += 6 * 3600_000;
  while (await retryKey(network.server.ctx));
}

test('a key is made for the client’s pages and assistant alone, and the mode public-key then works with it', async () => {
  const answer = await make();
  const key = await theKeyAtVapi();
  assert.deepEqual(answer, {
    outcome: 'made',
    publicKey: `…${key.value.slice(-4)}`,
    publicKeyId: key.id,
    accessMode: 'proxy',
    ...{ origins: [pageOrigin], assistantIds: [acme.assistantId], steps: [], notes: [] },
  });
  assert.equal(key.name, keyNameOf(await stored()));
  assert.deepEqual(key.restrictions, {
    enabled: true,
    allowedOrigins: [pageOrigin],
    allowedAssistantIds: [acme.assistantId],
    allowTransientAssistant: false,
  });
  assert.equal((await operator('PATCH', '', { accessMode: 'public-key' })).body.publicKeyId, key.id);
  const session = await network.session(acme.slug);
  const granted = await network.visitor('/v1/calls', { session });
  assert.equal(granted.body.key, key.value, granted.text);
  assert.deepEqual(
    [await callStatus(key.value), await callStatus(key.value, 'https://evil.example')],
    [201, 403],
  );
});

test('the key follows the allowed origins and the assistant; without a page it opens none, rather than all', async () => {
  await make();
  const { body } = await operator('POST', '/allowed-origins', { origin: 'https://www.acme.example' });
  assert.deepEqual(body.allowedOrigins, [pageOrigin, 'https://www.acme.example']);
  assert.deepEqual((await theKeyAtVapi()).restrictions.allowedOrigins, body.allowedOrigins);
  const emptied = await operator('PATCH', '', { allowedOrigins: [] });
  assert.match(emptied.body.notes.join(' '), /No page can use the key/);
  const { restrictions, value } = await theKeyAtVapi();
  assert.equal(restrictions.allowedOrigins.length, 1);
  assert.equal(await callStatus(value), 403);
  const wild = await operator('PATCH', '', { allowedOrigins: [pageOrigin, 'https://*.acme.example'] });
  assert.match(wild.body.notes.join(' '), /https:\/\/\*\.acme\.example/);
  assert.deepEqual((await theKeyAtVapi()).restrictions.allowedOrigins, [pageOrigin]);
});

test('a rotation keeps one key: the new one is given out, the one before stops', async () => {
  await make();
  const old = await theKeyAtVapi();
  assert.equal((await make()).publicKey, `…${(await theKeyAtVapi()).value.slice(-4)}`);
  assert.notEqual((await theKeyAtVapi()).id, old.id);
  assert.equal(await callStatus(old.value), 401);
});

test('of two rotations at once one key remains, and it is the saved one', async () => {
  const answers = await Promise.all([operator('POST', '/vapi-key'), operator('POST', '/vapi-key')]);
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.includes(200), statuses.join());
  for (const answer of answers) if (answer.status !== 200) assert.equal(codeOf(answer), 'conflict');
  assert.equal((await theKeyAtVapi()).id, (await stored()).publicKeyId);
});

test('a key that was made but never saved is deleted, and the saved one stays', async () => {
  await make();
  const saved = await theKeyAtVapi();
  const { ctx } = network.server;
  const box = Object.assign(Object.create(ctx.box), {
    seal() {
      throw new Error('killed');
    },
  });
  await assert.rejects(makeVapiKey({ ...ctx, box }, await stored(), by), /killed/);
  assert.equal((await keysAtVapi()).length, 2);
  await retryAll();
  assert.equal((await theKeyAtVapi()).id, saved.id);
});

test('what Vapi does not do at once is noted and done later, as the settings are then', async () => {
  await make();
  network.emulator.setSwitch('refuseTokensWith', 500);
  const removed = await operator('PATCH', '', { allowedOrigins: ['https://a.acme.example'] });
  assert.match(removed.body.notes.join(' '), /tried again/);
  await operator('PATCH', '', { allowedOrigins: ['https://b.acme.example'] });
  await retryAll();
  network.emulator.setSwitch('refuseTokensWith', 0);
  assert.deepEqual((await theKeyAtVapi()).restrictions.allowedOrigins, [pageOrigin]);
  await retryAll();
  assert.deepEqual((await theKeyAtVapi()).restrictions.allowedOrigins, ['https://b.acme.example']);
  assert.equal(await findPendingKey(network.server.ctx.store, (await stored()).id), null);
});

test('a private key that may not make keys leads to the steps by hand, and changes nothing', async () => {
  for (const status of [401, 403, 404]) {
    network.emulator.setSwitch('refuseTokensWith', status);
    const { outcome, publicKey, steps } = await make();
    assert.deepEqual([outcome, publicKey], ['by-hand', null]);
    for (const part of [acme.orgId, pageOrigin, acme.assistantId, 'API Keys'])
      assert.ok(steps.join('\n').includes(part), part);
    assert.equal(await findPendingKey(network.server.ctx.store, (await stored()).id), null);
  }
  network.emulator.setSwitch('refuseTokensWith', 500);
  assert.equal(codeOf(await operator('POST', '/vapi-key')), 'vapi_unavailable');
});

test('a revoked key stops at Vapi, and the client continues in the mode proxy', async () => {
  await make();
  await operator('PATCH', '', { accessMode: 'public-key' });
  const { value } = await theKeyAtVapi();
  const { status, body } = await operator('DELETE', '/vapi-key');
  assert.deepEqual([status, body.outcome, body.publicKey, body.accessMode], [200, 'revoked', null, 'proxy']);
  assert.deepEqual(body.steps, []);
  assert.equal(await callStatus(value), 401);
  assert.equal(codeOf(await operator('DELETE', '/vapi-key')), 'conflict');
  const session = await network.session(acme.slug);
  const granted = await network.visitor('/v1/calls', { session });
  assert.equal(granted.body.mode, 'proxy', granted.text);
});

test('a key is found among the hundreds of keys of an organization with many clients', async () => {
  await make();
  const { value } = await theKeyAtVapi();
  const headers = { authorization: `Bearer ${acme.privateKey}`, 'content-type': 'application/json' };
  for (let others = 0; others < 100; others += 1) {
    const body = JSON.stringify({ tag: 'public', name: `another ${others}` });
    await fetch(`${network.emulator.url}/token`, { method: 'POST', headers, body });
  }
  assert.deepEqual((await operator('DELETE', '/vapi-key')).body.notes, []);
  assert.equal(await callStatus(value), 401);
});

test('a key is revoked here although Vapi does not answer, and at Vapi as soon as it does', async () => {
  await make();
  const { value } = await theKeyAtVapi();
  network.emulator.setSwitch('refuseTokensWith', 500);
  const { body } = await operator('DELETE', '/vapi-key');
  assert.equal((await stored()).publicKeySealed, null);
  assert.match(body.notes.join(' '), /still works/);
  assert.equal(body.steps.length, 2);
  network.emulator.setSwitch('refuseTokensWith', 0);
  await retryAll();
  assert.equal(await callStatus(value), 401);
});

test('a key entered by hand is left alone at Vapi: revoked or replaced here, with a step to delete it there', async () => {
  await operator('PATCH', '', { publicKey: acme.publicKey });
  assert.match((await make()).steps.join(' '), new RegExp(`…${acme.publicKey.slice(-4)}`));
  assert.equal(await callStatus(acme.publicKey), 201);
  // The made one goes when another one is entered.
  await operator('PATCH', '', { publicKey: acme.publicKey });
  assert.deepEqual(await keysAtVapi(), []);
  const { body } = await operator('DELETE', '/vapi-key');
  assert.match(body.steps.join(' '), new RegExp(`…${acme.publicKey.slice(-4)}`));
  assert.equal(await callStatus(acme.publicKey), 201);
});

test('a key that someone has renamed at Vapi is deleted like any other', async () => {
  const headers = { authorization: `Bearer ${acme.privateKey}`, 'content-type': 'application/json' };
  const makeRenamed = async () => {
    await make();
    const { id, value } = await theKeyAtVapi();
    const body = JSON.stringify({ name: 'the website' });
    await fetch(`${network.emulator.url}/token/${id}`, { method: 'PATCH', headers, body });
    return value;
  };
  const rotated = await makeRenamed();
  const revoked = await makeRenamed();
  const { body } = await operator('DELETE', '/vapi-key');
  assert.deepEqual([body.steps, body.notes], [[], []]);
  const left = await makeRenamed();
  await operator('DELETE');
  assert.deepEqual(
    await Promise.all([rotated, revoked, left].map((key) => callStatus(key))),
    [401, 401, 401],
  );
});

test('until a revoked key is deleted at Vapi, the operator is told that calls with a copy of it are not ended', async () => {
  const told = /can start calls that this server no longer ends: set `webCallsWithoutGrant` to `end`/;
  const notesOfRevoking = async (settings: object) => {
    await operator('PATCH', '', { publicKey: acme.publicKey, ...settings });
    return (await operator('DELETE', '/vapi-key')).body.notes.join(' ');
  };
  assert.match(await notesOfRevoking({ accessMode: 'public-key' }), told);
  assert.doesNotMatch(await notesOfRevoking({ accessMode: 'proxy' }), told);
  assert.doesNotMatch(await notesOfRevoking({ accessMode: 'public-key', webCallsWithoutGrant: 'end' }), told);
});

test('the same key saved again stays the one that was made', async () => {
  await make();
  const { id, value } = await theKeyAtVapi();
  assert.equal((await operator('PATCH', '', { publicKey: value })).body.publicKeyId, id);
  assert.equal((await theKeyAtVapi()).id, id);
});

test('the key of a deleted client is deleted, later when Vapi does not answer now', async () => {
  await make();
  const { id } = await stored();
  const { value } = await theKeyAtVapi();
  network.emulator.setSwitch('refuseTokensWith', 500);
  assert.equal((await operator('DELETE')).status, 204);
  assert.equal(await callStatus(value), 201);
  network.emulator.setSwitch('refuseTokensWith', 0);
  await retryAll();
  assert.equal(await callStatus(value), 401);
  assert.ok((await findTenantById(network.server.ctx.store, id))?.deletedAt);
});

interface KeyNotice {
  kind: string;
  title: string;
  text: string;
  pending: boolean;
}

const notices = async (): Promise<KeyNotice[]> => {
  const { body } = await network.server.operator('GET', '/v1/notices');
  const all = body.notices as (KeyNotice & { tenant: string })[];
  return all.filter(({ tenant, kind }) => tenant === acme.slug && kind === 'key-not-changed');
};

/** More than a week of attempts that are due, each answered as Vapi is set to. */
async function aWeek() {
  for (let hours = 0; hours < 24 * 10; hours += 6) await retryAll();
}

test('a change that Vapi has not made for a week is a notice with what to do by hand, once, until it is done', async () => {
  await make();
  network.emulator.setSwitch('refuseTokensWith', 500);
  await operator('PATCH', '', { allowedOrigins: ['https://a.acme.example'] });
  await retryAll();
  assert.deepEqual(await notices(), []);
  await aWeek();
  await retryAll();
  const [notice, ...more] = await notices();
  assert.deepEqual([notice?.title, more], ['its public key at Vapi must be changed by hand', []]);
  const { publicKey } = (await operator('GET')).body;
  for (const part of ['for a week', acme.orgId, publicKey, 'https://a.acme.example', acme.assistantId])
    assert.ok(notice?.text.includes(part), part);
  const { rows } = (await operator('POST', '/doctor', {})).body;
  const row = rows.find(({ id }: { id: string }) => id === 'public-key');
  assert.deepEqual([row.outcome, /as the notice/.test(row.fix)], ['fail', true], JSON.stringify(row));
  network.emulator.setSwitch('refuseTokensWith', 0);
  network.server.clock.now += 24 * 3600_000;
  await retryAll();
  assert.deepEqual((await theKeyAtVapi()).restrictions.allowedOrigins, ['https://a.acme.example']);
  const [settled, ...others] = await notices();
  assert.match(settled?.text ?? '', / It was done on 20\d\d-\d\d-\d\d\.$/);
  assert.deepEqual(others, []);
  assert.equal(await findPendingKey(network.server.ctx.store, (await stored()).id), null);
});

test('the key of a deleted client that Vapi refuses to delete is a notice, settled when it was deleted by hand', async () => {
  await make();
  const { id } = await stored();
  const key = await theKeyAtVapi();
  network.emulator.setSwitch('refuseTokensWith', 403);
  assert.equal((await operator('DELETE')).status, 204);
  const [notice] = await notices();
  assert.equal(notice?.title, 'its public key at Vapi must be deleted by hand');
  assert.ok(notice?.text.includes(`“${key.name}”`), notice?.text);
  network.emulator.setSwitch('refuseTokensWith', 0);
  const headers = { authorization: `Bearer ${acme.privateKey}` };
  await fetch(`${network.emulator.url}/token/${key.id}`, { method: 'DELETE', headers });
  network.server.clock.now += 24 * 3600_000;
  await retryAll();
  assert.match((await notices())[0]?.text ?? '', / It was done on /);
  assert.equal(await findPendingKey(network.server.ctx.store, id), null);
});

test('a change that waits for the operator is no longer tried after a month, and its notice stays open', async () => {
  await make();
  network.emulator.setSwitch('refuseTokensWith', 500);
  await operator('DELETE', '/vapi-key');
  await aWeek();
  for (let day = 0; day < 31; day += 1) {
    network.server.clock.now += 24 * 3600_000;
    await retryAll();
  }
  assert.equal(await findPendingKey(network.server.ctx.store, (await stored()).id), null);
  const [notice, ...more] = await notices();
  assert.doesNotMatch(notice?.text ?? '', /It was done/);
  assert.deepEqual(more, []);
});

test('a key that was made while its client was being deleted is deleted, too', async () => {
  const before = await stored();
  await make();
  const { value } = await theKeyAtVapi();
  await removeTenant(network.server.ctx, before, by);
  assert.equal(await callStatus(value), 401);
});

test('the organization does not change while a key made in it exists, since another key could not delete it', async () => {
  await make();
  const other = await network.addTenant(`${acme.slug}-moved`);
  const { orgId, privateKey, assistantId } = other;
  const answer = await operator('PATCH', '', { orgId, privateKey, assistantId });
  assert.equal(codeOf(answer), 'invalid_request');
  assert.match(answer.body.errors[0].message, /revoke the public key first/);
  await operator('DELETE', '/vapi-key');
  assert.equal((await operator('PATCH', '', { orgId, privateKey, assistantId })).status, 200);
});

test('the command line makes and revokes the key, and exits with 3 when something is left to do by hand', async () => {
  const cli = (verb: string) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const args = [
        join(import.meta.dirname, '../../../server/cli.ts'),
        'tenants',
        'vapi-key',
        acme.slug,
        verb,
      ];
      const { url, operatorKey } = network.server;
      const env = { PATH: process.env.PATH ?? '', VAPI_AGENT_URL: url, OPERATOR_API_KEY: operatorKey };
      const child = execFile(process.execPath, args, { env }, (_error, out, err) =>
        resolve({ code: child.exitCode, out, err }),
      );
    });
  const made = await cli('make');
  assert.equal(made.out, `…${(await theKeyAtVapi()).value.slice(-4)}: made for ${pageOrigin}\n`, made.err);
  assert.equal(made.code, 0);
  const revoked = await cli('revoke');
  assert.deepEqual([revoked.code, await keysAtVapi()], [0, []]);
  network.emulator.setSwitch('refuseTokensWith', 403);
  const refused = await cli('make');
  assert.equal(refused.code, 3);
  assert.match(refused.err, /1\. Open Vapi’s dashboard.*\n2\. Create a public key/);
});
