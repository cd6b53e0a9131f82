/** Squads at the emulator: read, and called by their first member. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jwt from 'jsonwebtoken';
import {
  ask,
  assistantOf,
  type Network,
  orgId,
  otherPrivateKey,
  publicKey,
  startNetwork,
} from './network.ts';

const front = '55555555-2222-4333-8444-000000000001';
const inline = '55555555-2222-4333-8444-000000000002';
const empty = '55555555-2222-4333-8444-000000000003';
const talks = assistantOf('talks');
const members = [{ assistantId: talks, assistantOverrides: { endCallMessage: 'Bye' } }, { assistant: {} }];

let network: Network;
before(async () => {
  network = await startNetwork();
  network.emulator.addOrg({
    orgId,
    privateKeys: ['private-key-of-acme'],
    publicKeys: [{ value: publicKey }],
    server: { url: network.receiverUrl },
    assistants: [{ id: talks, name: 'Desk', serverMessages: ['end-of-call-report'] }],
    squads: [
      { id: front, name: 'Front', members, membersOverrides: { firstMessage: 'From all' } },
      { id: inline, members: [{ assistant: { firstMessage: 'Inline' } }] },
      { id: empty, members: [] },
    ],
  });
});
after(() => network?.close());

const api = (path: string, key?: string) =>
  ask(network.emulator, 'GET', path, key === undefined ? {} : { key });
const webCall = (body: object) => ask(network.emulator, 'POST', '/call/web', { key: publicKey, body });

test('squads are listed and read as they were saved; another org has none of them', async () => {
  const { status, body } = await api('/squad');
  assert.equal(status, 200);
  assert.deepEqual(
    body.map((squad: { id: string }) => squad.id),
    [empty, inline, front],
  );
  const { createdAt, updatedAt, ...squad } = (await api(`/squad/${front}`)).body;
  assert.deepEqual(squad, {
    ...{ id: front, orgId, name: 'Front', members },
    membersOverrides: { firstMessage: 'From all' },
  });
  assert.equal(createdAt, updatedAt);
  assert.deepEqual((await api(`/squad?idAny=${front}`)).body.length, 1);
  assert.deepEqual((await api('/squad?limit=2')).body.length, 2);
  assert.deepEqual((await api('/squad', otherPrivateKey)).body, []);
  assert.equal((await api(`/squad/${front}`, otherPrivateKey)).status, 404);
  assert.equal((await api('/squad/front')).status, 400);
  assert.equal((await api('/squad', publicKey)).status, 401);
});

test('a squad is called by its first member, with overrides of member, squad and call in this order', async () => {
  const { status, body } = await webCall({ squadId: front, squadOverrides: { maxDurationSeconds: 60 } });
  assert.deepEqual([status, body.squadId, body.assistantId], [201, front, undefined]);
  network.emulator.endCall(body.id);
  await network.emulator.waitForCall(body.id, 'settled');
  const [report] = network.webhooks.filter(({ message }) => message.call.id === body.id);
  assert.ok(report);
  assert.equal(report.message.assistantVersion, null);
  const { id, firstMessage, endCallMessage, maxDurationSeconds } = report.message.assistant as Record<
    string,
    unknown
  >;
  assert.deepEqual([id, firstMessage, endCallMessage, maxDurationSeconds], [talks, 'From all', 'Bye', 60]);
  assert.equal(report.message.call.squadId, front);
  assert.equal((await webCall({ squadId: inline })).status, 201);
  assert.equal((await webCall({ squad: { members } })).status, 201);
});

test('a key that is restricted to assistants opens no squad; one that is not does', async () => {
  const privateKey = 'private-key-of-acme';
  const key = (restrictions: object) =>
    jwt.sign({ orgId, token: { tag: 'public', restrictions } }, privateKey, { expiresIn: 60 });
  const status = async (restrictions: object) => {
    const body = { squadId: front };
    return (await ask(network.emulator, 'POST', '/call/web', { key: key(restrictions), body })).status;
  };
  assert.equal(await status({ enabled: true, allowedAssistantIds: [talks] }), 403);
  assert.equal(await status({ enabled: true, allowTransientAssistant: false }), 201);
});

test('a conversation is with a squad or an assistant, and stays with it', async () => {
  const say = async (body: object) => {
    const answer = await ask(network.emulator, 'POST', '/chat', { body: { input: 'Hello', ...body } });
    return [answer.status, answer.body.squadId, answer.body.id] as const;
  };
  const [status, squadId, previousChatId] = await say({ squadId: front });
  assert.deepEqual([status, squadId], [201, front]);
  assert.deepEqual((await say({ previousChatId })).slice(0, 2), [201, front]);
  for (const [body, expected] of [
    [{ squadId: front, assistantId: talks }, 400],
    [{}, 400],
    [{ squadId: '55555555-2222-4333-8444-999999999999' }, 404],
  ] as const)
    assert.equal((await say(body))[0], expected, JSON.stringify(body));
});

test('a squad that is not there, is empty or has a foreign member is refused', async () => {
  const foreign = '55555555-2222-4333-8444-999999999999';
  for (const [body, status] of [
    [{ squadId: foreign }, 404],
    [{ squadId: 'front' }, 400],
    [{ squadId: front, assistantId: talks }, 400],
    [{ squadId: empty }, 400],
    [{ squadId: front, assistantVersion: 'v1' }, 400],
    [{ squad: { members: [{ assistantId: foreign }] } }, 404],
    [{ squad: { members: [{ assistantID: talks }] } }, 400],
    [{ squad: {} }, 400],
  ] as const)
    assert.equal((await webCall(body)).status, status, JSON.stringify(body));
});
