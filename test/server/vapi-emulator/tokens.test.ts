/** `/token` at the emulator: keys that are made, restricted and deleted through the API, and what refuses it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jwt from 'jsonwebtoken';
import {
  ask,
  assistantOf,
  type Network,
  orgId,
  otherPrivateKey,
  privateKey,
  publicKey,
  startNetwork,
} from './network.ts';

let network: Network;
before(async () => {
  network = await startNetwork();
});
after(() => network?.close());

const origin = 'https://shop.acme.example';
const assistantId = assistantOf('talks');
const token = (method: string, path = '', options: Parameters<typeof ask>[3] = {}) =>
  ask(network.emulator, method, `/token${path}`, options);
const callStatus = async (key: string, from?: string, body: object = { assistantId }) => {
  const options = { key, body, ...(from === undefined ? {} : { origin: from }) };
  return (await ask(network.emulator, 'POST', '/call/web', options)).status;
};

test('a public key made through the API starts calls within its restrictions until it is deleted', async () => {
  const restrictions = {
    allowedOrigins: [origin],
    allowedAssistantIds: [assistantId],
    allowTransientAssistant: false,
  };
  const made = await token('POST', '', { body: { tag: 'public', name: 'acme site', restrictions } });
  assert.equal(made.status, 201);
  const { id, value, createdAt, updatedAt, ...rest } = made.body;
  assert.deepEqual(rest, { orgId, tag: 'public', name: 'acme site', restrictions });
  assert.equal(createdAt, updatedAt);

  assert.equal(await callStatus(value, origin), 201);
  assert.equal(await callStatus(value, 'https://evil.example'), 403);
  assert.equal(await callStatus(value, origin, { assistantId: assistantOf('slow') }), 403);
  assert.equal(await callStatus(value, origin, { assistant: { name: 'Mine' } }), 403);

  const wider = { ...restrictions, allowedOrigins: [origin, 'https://www.acme.example'] };
  const changed = await token('PATCH', `/${id}`, { body: { restrictions: wider } });
  assert.deepEqual([changed.status, changed.body.restrictions, changed.body.value], [200, wider, value]);
  assert.equal(await callStatus(value, 'https://www.acme.example'), 201);

  const gone = await token('DELETE', `/${id}`);
  assert.deepEqual([gone.status, gone.body.id], [200, id]);
  assert.equal(await callStatus(value, origin), 401);
  assert.equal((await token('GET', `/${id}`)).status, 404);
});

test('the list has the keys of the org alone, newest first, with their values', async () => {
  const made = await token('POST', '', { body: { tag: 'public' } });
  const { status, body } = await token('GET');
  assert.equal(status, 200);
  assert.equal(body[0].id, made.body.id);
  const values = body.map((one: { value: string }) => one.value);
  assert.deepEqual(new Set(values), new Set([made.body.value, privateKey, 'second-private-key', publicKey]));
  assert.deepEqual((await token('GET', `/${body[0].id}`)).body, body[0]);
  assert.equal((await token('GET', '?limit=1')).body.length, 1);
  const others = await token('GET', '', { key: otherPrivateKey });
  assert.deepEqual(
    others.body.map((one: { value: string }) => one.value),
    [otherPrivateKey],
  );
});

test('a deleted private key opens nothing, and signs nothing', async () => {
  const { body } = await token('POST', '', { body: { tag: 'private' } });
  const signed = jwt.sign({ orgId, token: { tag: 'public' } }, body.value, { expiresIn: 60 });
  assert.equal((await token('GET', '', { key: body.value })).status, 200);
  assert.equal(await callStatus(signed), 201);
  await token('DELETE', `/${body.id}`);
  assert.equal((await token('GET', '', { key: body.value })).status, 401);
  assert.equal(await callStatus(signed), 401);
});

test('keys are not managed with a public key, nor those of another org', async () => {
  const { body } = await token('POST', '', { body: { tag: 'public' } });
  for (const key of [null, publicKey, body.value, jwt.sign({ orgId, token: { tag: 'public' } }, privateKey)])
    assert.equal((await token('GET', '', { key })).status, 401);
  for (const method of ['GET', 'PATCH', 'DELETE'])
    assert.equal((await token(method, `/${body.id}`, { key: otherPrivateKey })).status, 404);
  assert.equal((await token('GET', '/1')).status, 400);
});

test('a field, tag or origin of the wrong kind is 400 and changes nothing', async () => {
  const before = (await token('GET')).body;
  const faults: [object, string][] = [
    [{ tag: 'secret' }, 'tag must be one of the following values: private, public'],
    [{ name: 'x'.repeat(41) }, 'name must be shorter than or equal to 40 characters'],
    [{ tag: 'public', value: 'mine' }, 'property value should not exist'],
    [{ restrictions: { origins: [] } }, 'restrictions.property origins should not exist'],
    [{ restrictions: { allowedOrigins: [null] } }, 'restrictions.allowedOrigins.0 must be a string'],
    [{ restrictions: { enabled: 'yes' } }, 'restrictions.enabled must be a boolean'],
  ];
  for (const [body, message] of faults) {
    const answer = await token('POST', '', { body });
    assert.deepEqual([answer.status, answer.body.message], [400, [message]]);
    assert.equal((await token('PATCH', `/${before[0].id}`, { body })).status, 400);
  }
  assert.deepEqual((await token('GET')).body, before);
});

test('a switch refuses all of it to a key that opens everything else', async () => {
  const [{ id }] = (await token('GET')).body;
  for (const status of [401, 403, 404]) {
    network.emulator.setSwitch('refuseTokensWith', status);
    assert.equal((await token('GET')).status, status);
    assert.equal((await token('POST', '', { body: { tag: 'public' } })).status, status);
    for (const method of ['GET', 'PATCH', 'DELETE'])
      assert.equal((await token(method, `/${id}`, {})).status, status);
    assert.equal((await ask(network.emulator, 'GET', '/assistant')).status, 200);
  }
  network.emulator.setSwitch('refuseTokensWith', 0);
  assert.equal((await token('GET', `/${id}`)).status, 200);
});
