/** A client's public key at Vapi: made with restrictions, kept in step with the settings, rotated, revoked. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { keyNameOf } from '../../../server/access/tenants/public-key.ts';
import { makeVapiKey } from '../../../server/access/tenants/vapi-key.ts';
import { findPendingKey } from '../../../server/store/pending-keys.ts';
import { codeOf, pageOrigin } from '../../support/test-server.ts';
import { by, startVapiKeyStage, type VapiKeyStage } from './vapi-key-stage.ts';

let keys: VapiKeyStage;
before(async () => {
  keys = await startVapiKeyStage();
});
after(() => keys?.close());
beforeEach(() => keys.addClient());

test('a key is made for the client’s pages and assistant alone, and the mode public-key then works with it', async () => {
  const answer = await keys.make();
  const key = await keys.theKeyAtVapi();
  assert.deepEqual(answer, {
    outcome: 'made',
    publicKey: `…${key.value.slice(-4)}`,
    publicKeyId: key.id,
    accessMode: 'proxy',
    ...{ origins: [pageOrigin], assistantIds: [keys.acme.assistantId], steps: [], notes: [] },
  });
  assert.equal(key.name, keyNameOf(await keys.stored()));
  assert.deepEqual(key.restrictions, {
    enabled: true,
    allowedOrigins: [pageOrigin],
    allowedAssistantIds: [keys.acme.assistantId],
    allowTransientAssistant: false,
  });
  assert.equal((await keys.operator('PATCH', '', { accessMode: 'public-key' })).body.publicKeyId, key.id);
  const session = await keys.network.session(keys.acme.slug);
  const granted = await keys.network.visitor('/v1/calls', { session });
  assert.equal(granted.body.key, key.value, granted.text);
  assert.deepEqual(
    [await keys.callStatus(key.value), await keys.callStatus(key.value, 'https://evil.example')],
    [201, 403],
  );
});

test('the key follows the allowed origins and the assistant; without a page it opens none, rather than all', async () => {
  await keys.make();
  const { body } = await keys.operator('POST', '/allowed-origins', { origin: 'https://www.acme.example' });
  assert.deepEqual(body.allowedOrigins, [pageOrigin, 'https://www.acme.example']);
  assert.deepEqual((await keys.theKeyAtVapi()).restrictions.allowedOrigins, body.allowedOrigins);
  const emptied = await keys.operator('PATCH', '', { allowedOrigins: [] });
  assert.match(emptied.body.notes.join(' '), /No page can use the key/);
  const { restrictions, value } = await keys.theKeyAtVapi();
  assert.equal(restrictions.allowedOrigins.length, 1);
  assert.equal(await keys.callStatus(value), 403);
  const wild = await keys.operator('PATCH', '', { allowedOrigins: [pageOrigin, 'https://*.acme.example'] });
  assert.match(wild.body.notes.join(' '), /https:\/\/\*\.acme\.example/);
  assert.deepEqual((await keys.theKeyAtVapi()).restrictions.allowedOrigins, [pageOrigin]);
});

test('a rotation keeps one key: the new one is given out, the one before stops', async () => {
  await keys.make();
  const old = await keys.theKeyAtVapi();
  assert.equal((await keys.make()).publicKey, `…${(await keys.theKeyAtVapi()).value.slice(-4)}`);
  assert.notEqual((await keys.theKeyAtVapi()).id, old.id);
  assert.equal(await keys.callStatus(old.value), 401);
});

test('of two rotations at once one key remains, and it is the saved one', async () => {
  const answers = await Promise.all([keys.operator('POST', '/vapi-key'), keys.operator('POST', '/vapi-key')]);
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.includes(200), statuses.join());
  for (const answer of answers) if (answer.status !== 200) assert.equal(codeOf(answer), 'conflict');
  assert.equal((await keys.theKeyAtVapi()).id, (await keys.stored()).publicKeyId);
});

test('a key that was made but never saved is deleted, and the saved one stays', async () => {
  await keys.make();
  const saved = await keys.theKeyAtVapi();
  const { ctx } = keys.network.server;
  const box = Object.assign(Object.create(ctx.box), {
    seal() {
      throw new Error('killed');
    },
  });
  await assert.rejects(makeVapiKey({ ...ctx, box }, await keys.stored(), by), /killed/);
  assert.equal((await keys.keysAtVapi()).length, 2);
  await keys.retryAll();
  assert.equal((await keys.theKeyAtVapi()).id, saved.id);
});

test('a private key that may not make keys leads to the steps by hand, and changes nothing', async () => {
  for (const status of [401, 403, 404]) {
    keys.network.emulator.setSwitch('refuseTokensWith', status);
    const { outcome, publicKey, steps } = await keys.make();
    assert.deepEqual([outcome, publicKey], ['by-hand', null]);
    for (const part of [keys.acme.orgId, pageOrigin, keys.acme.assistantId, 'API Keys'])
      assert.ok(steps.join('\n').includes(part), part);
    assert.equal(await findPendingKey(keys.network.server.ctx.store, (await keys.stored()).id), null);
  }
  keys.network.emulator.setSwitch('refuseTokensWith', 500);
  assert.equal(codeOf(await keys.operator('POST', '/vapi-key')), 'vapi_unavailable');
});

test('a revoked key stops at Vapi, and the client continues in the mode proxy', async () => {
  await keys.make();
  await keys.operator('PATCH', '', { accessMode: 'public-key' });
  const { value } = await keys.theKeyAtVapi();
  const { status, body } = await keys.operator('DELETE', '/vapi-key');
  assert.deepEqual([status, body.outcome, body.publicKey, body.accessMode], [200, 'revoked', null, 'proxy']);
  assert.deepEqual(body.steps, []);
  assert.equal(await keys.callStatus(value), 401);
  assert.equal(codeOf(await keys.operator('DELETE', '/vapi-key')), 'conflict');
  const session = await keys.network.session(keys.acme.slug);
  const granted = await keys.network.visitor('/v1/calls', { session });
  assert.equal(granted.body.mode, 'proxy', granted.text);
});

test('a key is found among the hundreds of keys of an organization with many clients', async () => {
  await keys.make();
  const { value } = await keys.theKeyAtVapi();
  const headers = { authorization: `Bearer ${keys.acme.privateKey}`, 'content-type': 'application/json' };
  for (let others = 0; others < 100; others += 1) {
    const body = JSON.stringify({ tag: 'public', name: `another ${others}` });
    await fetch(`${keys.network.emulator.url}/token`, { method: 'POST', headers, body });
  }
  assert.deepEqual((await keys.operator('DELETE', '/vapi-key')).body.notes, []);
  assert.equal(await keys.callStatus(value), 401);
});

test('a key entered by hand is left alone at Vapi: revoked or replaced here, with a step to delete it there', async () => {
  await keys.operator('PATCH', '', { publicKey: keys.acme.publicKey });
  assert.match((await keys.make()).steps.join(' '), new RegExp(`…${keys.acme.publicKey.slice(-4)}`));
  assert.equal(await keys.callStatus(keys.acme.publicKey), 201);
  // The made one goes when another one is entered.
  await keys.operator('PATCH', '', { publicKey: keys.acme.publicKey });
  assert.deepEqual(await keys.keysAtVapi(), []);
  const { body } = await keys.operator('DELETE', '/vapi-key');
  assert.match(body.steps.join(' '), new RegExp(`…${keys.acme.publicKey.slice(-4)}`));
  assert.equal(await keys.callStatus(keys.acme.publicKey), 201);
});

test('a key that someone has renamed at Vapi is deleted like any other', async () => {
  const headers = { authorization: `Bearer ${keys.acme.privateKey}`, 'content-type': 'application/json' };
  const makeRenamed = async () => {
    await keys.make();
    const { id, value } = await keys.theKeyAtVapi();
    const body = JSON.stringify({ name: 'the website' });
    await fetch(`${keys.network.emulator.url}/token/${id}`, { method: 'PATCH', headers, body });
    return value;
  };
  const rotated = await makeRenamed();
  const revoked = await makeRenamed();
  const { body } = await keys.operator('DELETE', '/vapi-key');
  assert.deepEqual([body.steps, body.notes], [[], []]);
  const left = await makeRenamed();
  await keys.operator('DELETE');
  assert.deepEqual(
    await Promise.all([rotated, revoked, left].map((key) => keys.callStatus(key))),
    [401, 401, 401],
  );
});

test('until a revoked key is deleted at Vapi, a note says that calls with a copy of it are not ended', async () => {
  const told = /can start calls that this server no longer ends: set `webCallsWithoutGrant` to `end`/;
  const notesOfRevoking = async (settings: object) => {
    await keys.operator('PATCH', '', { publicKey: keys.acme.publicKey, ...settings });
    return (await keys.operator('DELETE', '/vapi-key')).body.notes.join(' ');
  };
  assert.match(await notesOfRevoking({ accessMode: 'public-key' }), told);
  assert.doesNotMatch(await notesOfRevoking({ accessMode: 'proxy' }), told);
  assert.doesNotMatch(await notesOfRevoking({ accessMode: 'public-key', webCallsWithoutGrant: 'end' }), told);
});

test('the same key saved again stays the one that was made', async () => {
  await keys.make();
  const { id, value } = await keys.theKeyAtVapi();
  assert.equal((await keys.operator('PATCH', '', { publicKey: value })).body.publicKeyId, id);
  assert.equal((await keys.theKeyAtVapi()).id, id);
});

test('the organization does not change while a key made in it exists, since another key could not delete it', async () => {
  await keys.make();
  const other = await keys.network.addTenant(`${keys.acme.slug}-moved`);
  const { orgId, privateKey, assistantId } = other;
  const answer = await keys.operator('PATCH', '', { orgId, privateKey, assistantId });
  assert.equal(codeOf(answer), 'invalid_request');
  assert.match(answer.body.errors[0].message, /revoke the public key first/);
  await keys.operator('DELETE', '/vapi-key');
  assert.equal((await keys.operator('PATCH', '', { orgId, privateKey, assistantId })).status, 200);
});

test('the command line makes and revokes the key, and exits with 3 when something is left to do by hand', async () => {
  const cli = (verb: string) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const args = [
        join(import.meta.dirname, '../../../server/cli.ts'),
        'tenants',
        'vapi-key',
        keys.acme.slug,
        verb,
      ];
      const { url, operatorKey } = keys.network.server;
      const env = { PATH: process.env.PATH ?? '', VAPI_AGENT_URL: url, OPERATOR_API_KEY: operatorKey };
      const child = execFile(process.execPath, args, { env }, (_error, out, err) =>
        resolve({ code: child.exitCode, out, err }),
      );
    });
  const made = await cli('make');
  assert.equal(
    made.out,
    `…${(await keys.theKeyAtVapi()).value.slice(-4)}: made for ${pageOrigin}\n`,
    made.err,
  );
  assert.equal(made.code, 0);
  const revoked = await cli('revoke');
  assert.deepEqual([revoked.code, await keys.keysAtVapi()], [0, []]);
  keys.network.emulator.setSwitch('refuseTokensWith', 403);
  const refused = await cli('make');
  assert.equal(refused.code, 3);
  assert.match(refused.err, /1\. Open Vapi’s dashboard.*\n2\. Create a public key/);
});
