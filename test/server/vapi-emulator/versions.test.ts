/** Versions of assistants at the emulator: what a PATCH may do to them, and which of them a call uses. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ask, assistantOf, type Network, publicKey, startNetwork } from './network.ts';

let network: Network;
before(async () => {
  network = await startNetwork();
});
after(() => network?.close());
afterEach(() => network.emulator.setSwitch('assistantEdits', 'in-place'));

const api = (method: string, path: string, body?: unknown, key?: string) =>
  ask(network.emulator, method, path, { body, ...(key === undefined ? {} : { key }) });
const webCall = (body: object) => api('POST', '/call/web', body, publicKey);
const newAssistant = async (firstMessage = 'One'): Promise<string> =>
  (await api('POST', '/assistant', { name: 'Versions', firstMessage })).body.id;
/** The first message that a call of this assistant has, by what its report says. */
async function spoken(wish: object): Promise<unknown> {
  const { body } = await webCall(wish);
  network.emulator.endCall(body.id);
  await network.emulator.waitForCall(body.id, 'settled');
  const report = network.webhooks.find(
    ({ message }) => message.type === 'end-of-call-report' && message.call.id === body.id,
  );
  assert.ok(report);
  const { assistant, assistantVersion } = report.message as unknown as {
    assistant: { firstMessage: string };
    assistantVersion: string | null;
  };
  return [assistant.firstMessage, assistantVersion];
}

test('while the org is not on versions, a PATCH counts at once and latestVersion is null', async () => {
  const id = await newAssistant();
  const { body } = await api('PATCH', `/assistant/${id}`, { firstMessage: 'Two' });
  assert.deepEqual([body.firstMessage, body.latestVersion], ['Two', null]);
  assert.deepEqual((await api('GET', `/assistant/${id}/versions`)).body.results, []);
  assert.deepEqual(await spoken({ assistantId: id }), ['Two', null]);
});

test('a PATCH that publishes makes the version that calls use; calls may pin an older one', async () => {
  network.emulator.setSwitch('assistantEdits', 'publishes');
  const id = await newAssistant();
  assert.equal((await api('GET', `/assistant/${id}`)).body.latestVersion, 'v1');
  const { body } = await api('PATCH', `/assistant/${id}`, { firstMessage: 'Two' });
  assert.deepEqual([body.firstMessage, body.latestVersion], ['Two', 'v2']);
  const same = await api('PATCH', `/assistant/${id}`, { firstMessage: 'Two' });
  assert.equal(same.body.latestVersion, 'v2', 'what changes nothing makes no version');
  assert.deepEqual(await spoken({ assistantId: id }), ['Two', 'v2']);
  assert.deepEqual(await spoken({ assistantId: id, assistantVersion: 'v1' }), ['One', 'v1']);

  const { results } = (await api('GET', `/assistant/${id}/versions`)).body;
  assert.deepEqual(
    results.map((one: { version: string; firstMessage: string }) => [one.version, one.firstMessage]),
    [
      ['v2', 'Two'],
      ['v1', 'One'],
    ],
  );
  assert.deepEqual((await api('GET', `/assistant/${id}/versions/v1`)).body, results[1]);
});

test('a PATCH that edits a draft answers as if it were done, and no call uses it until it is published', async () => {
  network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
  const id = await newAssistant();
  const { status, body } = await api('PATCH', `/assistant/${id}`, { firstMessage: 'Two' });
  assert.deepEqual([status, body.firstMessage, body.latestVersion], [200, 'Two', 'v1']);
  assert.equal((await api('GET', `/assistant/${id}`)).body.firstMessage, 'One');
  assert.deepEqual(await spoken({ assistantId: id }), ['One', 'v1']);

  await api('PATCH', `/assistant/${id}`, { endCallMessage: 'Bye' });
  const [draft] = (await api('GET', `/assistant/${id}/draft`)).body.results;
  assert.deepEqual([draft.firstMessage, draft.endCallMessage, draft.baseVersion], ['Two', 'Bye', 'v1']);

  assert.equal((await api('POST', `/_emulator/assistants/${id}/publish`)).body.latestVersion, 'v2');
  assert.deepEqual(await spoken({ assistantId: id }), ['Two', 'v2']);
  assert.deepEqual((await api('GET', `/assistant/${id}/draft`)).body.results, []);
  assert.throws(() => network.emulator.publishDraft(id), /Draft of assistant/);
});

test('a PATCH that conflicts is 409 and changes nothing', async () => {
  network.emulator.setSwitch('assistantEdits', 'conflicts');
  const id = await newAssistant();
  const { status, body } = await api('PATCH', `/assistant/${id}`, { firstMessage: 'Two' });
  assert.deepEqual([status, body.error, body.statusCode], [409, 'Conflict', 409]);
  assert.equal((await api('GET', `/assistant/${id}`)).body.firstMessage, 'One');
  assert.deepEqual((await api('GET', `/assistant/${id}/draft`)).body.results, []);
});

test('restoring an old version makes it a new current one at once, with its old server', async () => {
  network.emulator.setSwitch('assistantEdits', 'publishes');
  const old = { url: 'https://old.agency.example/hook' };
  const id = (await api('POST', '/assistant', { server: old })).body.id;
  await api('PATCH', `/assistant/${id}`, { server: { url: 'https://new.agency.example/hook' } });
  const { status, body } = await api('POST', `/assistant/${id}/restore/v1`);
  assert.deepEqual([status, body.latestVersion, body.server], [201, 'v3', old]);
  assert.deepEqual((await api('GET', `/assistant/${id}`)).body.server, old);
});

test('a version that is not there is 404, and a pin without a saved assistant 400', async () => {
  network.emulator.setSwitch('assistantEdits', 'publishes');
  const assistantId = assistantOf('talks');
  assert.equal((await webCall({ assistantId, assistantVersion: 'v9' })).status, 404);
  assert.equal((await webCall({ assistant: {}, assistantVersion: 'v1' })).status, 400);
  for (const path of ['versions/v9', 'restore/v9'])
    assert.equal(
      (await api(path.startsWith('r') ? 'POST' : 'GET', `/assistant/${assistantId}/${path}`)).status,
      404,
    );
  const pinned = await webCall({ assistantId, assistantVersion: 'v1' });
  assert.deepEqual([pinned.status, pinned.body.assistantVersion], [201, 'v1']);
  network.emulator.setSwitch('assistantEdits', 'in-place');
  assert.equal((await webCall({ assistantId, assistantVersion: 'v1' })).status, 404);
  assert.equal((await webCall({ assistantId, assistantVersion: null })).status, 201);
});
