/** Reading, steering and ending calls through the emulator's API; assistants, chats and analytics. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VapiClient } from '@vapi-ai/server-sdk';
import { ask, assistantOf, type Network, privateKey, publicKey, startNetwork } from './network.ts';

let network: Network;
before(async () => {
  network = await startNetwork({ speed: 200 });
});
after(() => network?.close());

const assistantId = assistantOf('talks');
const createWeb = async (body: object = {}) =>
  (await ask(network.emulator, 'POST', '/call/web', { key: publicKey, body: { assistantId, ...body } })).body;
const live = (assistantOverrides: object = {}) =>
  network.emulator.makeCall({ assistantId, seconds: 0, live: true, assistantOverrides });

test('the control URL ends a call; its token is the key, and an ended call has none', async () => {
  const { emulator } = network;
  const call = await createWeb();
  const { controlUrl } = call.monitor;
  assert.match(controlUrl, /[A-Za-z0-9]{32}\/control$/);
  const guessed = controlUrl.replace(/[A-Za-z0-9]{32}\/control$/, `${'x'.repeat(32)}/control`);
  const end = { key: null, body: { type: 'end-call' } };
  assert.equal((await ask(emulator, 'POST', guessed, end)).status, 404);
  assert.equal((await ask(emulator, 'POST', controlUrl, { key: null, body: { type: 'dance' } })).status, 400);
  assert.equal((await ask(emulator, 'POST', controlUrl, end)).status, 200);
  const ended = await emulator.waitForCall(call.id, 'settled');
  assert.equal(ended.endedReason, 'assistant-ended-call');
  assert.equal((await ask(emulator, 'POST', controlUrl, end)).status, 404);
});

test('say with endCallAfterSpoken ends the call after the words', async () => {
  const { emulator } = network;
  const call = live();
  const body = { type: 'say', content: 'We close now.', endCallAfterSpoken: true };
  assert.equal((await ask(emulator, 'POST', call.controlUrl, { key: null, body })).status, 200);
  const ended = await emulator.waitForCall(call.id, 'settled');
  assert.equal(ended.endedReason, 'assistant-ended-call-after-message-spoken');
  assert.match(String((ended.view.artifact as { transcript: string }).transcript), /AI: We close now\.\n/);
});

test('maxDurationSeconds of the overrides ends a running call at exactly that length', async () => {
  const call = live({ maxDurationSeconds: 10 });
  const ended = await network.emulator.waitForCall(call.id, 'settled');
  assert.equal(ended.endedReason, 'exceeded-max-duration');
  assert.equal(Date.parse(String(ended.view.endedAt)) - Date.parse(String(ended.view.startedAt)), 10_000);
});

test('a simulated length is also cut at the maximum', () => {
  const call = network.emulator.makeCall({ assistantId, seconds: 900 });
  assert.equal(call.endedReason, 'exceeded-max-duration');
  assert.equal(network.emulator.books().find(({ callId }) => callId === call.id)?.seconds, 600);
});

test('the assistant of talks-and-hangs-up ends its own call after its last line', async () => {
  const call = network.emulator.makeCall({
    assistantId: assistantOf('talks-and-hangs-up'),
    seconds: 0,
    live: true,
  });
  const ended = await network.emulator.waitForCall(call.id, 'settled');
  assert.equal(ended.endedReason, 'assistant-ended-call');
  assert.ok((ended.view.messages as unknown[]).length > 5);
});

test('GET /call: newest first, all eight time filters, assistant, id, limit; deleted data is gone', async () => {
  const { emulator } = network;
  const own = assistantOf('report-lost');
  const day = (number: number) => `2026-01-0${number}T12:00:00.000Z`;
  for (const number of [2, 1, 3])
    emulator.makeCall({ assistantId: own, seconds: 30, createdAt: day(number), webhooks: false });
  const list = async (query: string) => {
    const { status, body } = await ask(emulator, 'GET', `/call?assistantId=${own}&${query}`);
    assert.equal(status, 200);
    return body.map((call: { createdAt: string }) => Number(call.createdAt.slice(9, 10)));
  };
  assert.deepEqual(await list(''), [3, 2, 1]);
  assert.deepEqual(await list('limit=2'), [3, 2]);
  assert.deepEqual(await list(`createdAtGt=${day(2)}`), [3]);
  assert.deepEqual(await list(`createdAtGe=${day(2)}`), [3, 2]);
  assert.deepEqual(await list(`createdAtLt=${day(2)}`), [1]);
  assert.deepEqual(await list(`createdAtLe=${day(2)}&createdAtGt=${day(1)}`), [2]);
  const { body: all } = await ask(emulator, 'GET', `/call?assistantId=${own}`);
  const middle = all.map((call: { updatedAt: string }) => call.updatedAt).sort()[1];
  for (const [filter, count] of [
    ['Gt', 1],
    ['Ge', 2],
    ['Lt', 1],
    ['Le', 2],
  ])
    assert.equal((await list(`updatedAt${filter}=${middle}`)).length, count);
  assert.deepEqual(await list(`id=${all[0].id}`), [3]);

  assert.equal((await ask(emulator, 'GET', '/call?limit=1001')).status, 400);
  assert.equal(
    (await ask(emulator, 'GET', '/call?tenant=acme')).body.message[0],
    'property tenant should not exist',
  );
  assert.equal((await ask(emulator, 'DELETE', `/call/${all[0].id}`)).status, 200);
  assert.deepEqual(await list(''), [2, 1]);
  assert.equal((await ask(emulator, 'GET', `/call/${all[0].id}`)).status, 404);
});

test('GET /v2/call: pages, cursors, order and filters see every call once', async () => {
  const { emulator } = network;
  const own = assistantOf('cost-late');
  const made = [10, 50, 30, 20, 40].map(
    (seconds) => emulator.makeCall({ assistantId: own, seconds, webhooks: false, cost: seconds / 1000 }).id,
  );
  const page = async (query: string) =>
    (await ask(emulator, 'GET', `/v2/call?assistantId=${own}&limit=2&${query}`)).body;
  const first = await page('');
  assert.equal(first.metadata.totalItems, 5);
  assert.equal(first.metadata.totalPages, 3);
  const seen: string[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const { results, metadata } = await page(next === '' ? '' : `cursor=${next}`);
    seen.push(...results.map(({ id }: { id: string }) => id));
    next = metadata.nextCursor;
  }
  assert.deepEqual(seen, made.toReversed());
  assert.deepEqual(
    (await page('page=3')).results.map(({ id }: { id: string }) => id),
    [made[0]],
  );
  assert.deepEqual(
    (await page('sortBy=cost&sortOrder=ASC')).results.map(({ cost }: { cost: number }) => cost),
    [0.01, 0.02],
  );
  assert.equal((await page('costGe=0.03')).metadata.totalItems, 3);
  assert.equal((await page(`idAny=${made[0]},${made[1]}`)).metadata.totalItems, 2);
});

test('PATCH /call/:id takes a name and nothing else', async () => {
  const { id } = await createWeb();
  assert.equal(
    (await ask(network.emulator, 'PATCH', `/call/${id}`, { body: { name: 'First' } })).body.name,
    'First',
  );
  assert.equal(
    (await ask(network.emulator, 'PATCH', `/call/${id}`, { body: { status: 'ended' } })).status,
    400,
  );
});

test('assistants: created, replaced field by field as a whole, validated, deleted', async () => {
  const { emulator } = network;
  const server = { url: 'https://api.example.com/hook', headers: { 'X-Token': 't' }, timeoutSeconds: 20 };
  const created = await ask(emulator, 'POST', '/assistant', { body: { name: 'New', server } });
  assert.equal(created.status, 201);
  const path = `/assistant/${created.body.id}`;
  const patched = await ask(emulator, 'PATCH', path, {
    body: { server: { url: 'https://api.example.com/other' } },
  });
  assert.deepEqual(patched.body.server, { url: 'https://api.example.com/other' });
  assert.equal(patched.body.name, 'New');
  const badPlan = { url: server.url, backoffPlan: { type: 'linear', maxRetries: 11, baseDelaySeconds: 1 } };
  const refused = await ask(emulator, 'PATCH', path, { body: { server: badPlan } });
  assert.equal(refused.status, 400);
  assert.deepEqual(refused.body.message, [
    'server.backoffPlan.type must be one of the following values: fixed, exponential',
    'server.backoffPlan.maxRetries must not be greater than 10',
  ]);
  assert.equal((await ask(emulator, 'DELETE', path)).status, 200);
  assert.equal((await ask(emulator, 'GET', path)).status, 404);
});

test('the official server SDK works against it', async () => {
  const client = new VapiClient({ token: privateKey, baseUrl: network.emulator.url, maxRetries: 0 });
  const calls = (await client.calls.list({ limit: 3 })) as unknown[];
  assert.equal(calls.length, 3);
  const [assistant] = await client.assistants.list({ limit: 1 });
  assert.ok(assistant?.orgId !== undefined);
});

test('chat: an answer with cost, the thread continues by previousChatId and by session, and as a stream', async () => {
  const { emulator } = network;
  const chat = (body: object) => ask(emulator, 'POST', '/chat', { body });
  const first = await chat({ assistantId, input: 'What does it cost?' });
  assert.equal(first.status, 201);
  assert.match(first.body.output[0].content, /forty five/);
  assert.ok(first.body.cost > 0);
  const second = await chat({ previousChatId: first.body.id, input: 'Thanks' });
  assert.equal(second.body.messages.length, 3);
  const session = await ask(emulator, 'POST', '/session', { body: { assistantId } });
  assert.equal(session.body.status, 'active');
  await chat({ sessionId: session.body.id, input: 'Hello' });
  assert.equal((await chat({ sessionId: session.body.id, input: 'Bye' })).body.messages.length, 3);
  assert.equal(
    (await chat({ sessionId: session.body.id, previousChatId: first.body.id, input: 'x' })).status,
    400,
  );

  const streamed = await chat({ assistantId, input: 'Hello', stream: true });
  assert.match(streamed.headers.get('content-type') ?? '', /^text\/event-stream/);
  const events = String(streamed.body)
    .trim()
    .split('\n\n')
    .map((line) => line.slice('data: '.length));
  assert.equal(events.pop(), '[DONE]');
  const parsed = events.map((event) => JSON.parse(event));
  assert.equal(parsed.map(({ delta }) => delta).join(''), 'Hello! What can I do for you?');
  assert.equal(parsed[0].path, 'chat.output[0].content');
});

test('chats are listed newest first with their names, in pages, and also those whose answer was lost', async () => {
  const { emulator } = network;
  const say = (name: string) => ask(emulator, 'POST', '/chat', { body: { assistantId, input: 'Hi', name } });
  const list = async (query: string) => (await ask(emulator, 'GET', `/chat?${query}`)).body;
  const { body: first } = await say('msg_one');
  emulator.setSwitch('loseAnswers', true);
  await assert.rejects(say('msg_two'));
  emulator.setSwitch('loseAnswers', false);
  const since = `createdAtGe=${first.createdAt}`;
  const { results, metadata } = await list(since);
  assert.deepEqual(
    results.map(({ name }: { name: string }) => name),
    ['msg_two', 'msg_one'],
  );
  assert.deepEqual(results[1], first);
  assert.deepEqual([metadata.totalItems, metadata.hasNextPage], [2, false]);
  const second = await list(`${since}&limit=1&page=2`);
  assert.deepEqual(
    second.results.map(({ name }: { name: string }) => name),
    ['msg_one'],
  );
  assert.deepEqual((await list(`createdAtLt=${first.createdAt}&createdAtGe=${first.createdAt}`)).results, []);
});

test('a call whose answer is lost still exists', async () => {
  const { emulator } = network;
  const before = emulator.calls().length;
  emulator.setSwitch('loseAnswers', true);
  await assert.rejects(createWeb());
  emulator.setSwitch('loseAnswers', false);
  assert.equal(emulator.calls().length, before + 1);
});

test('analytics sums what the list shows', async () => {
  const { emulator } = network;
  const { body, status } = await ask(emulator, 'POST', '/analytics', {
    body: {
      queries: [
        {
          name: 'perAssistant',
          table: 'call',
          timeRange: { start: '2025-12-31T00:00:00Z', end: '2030-01-01T00:00:00Z' },
          groupBy: ['assistantId'],
          operations: [
            { operation: 'sum', column: 'cost', alias: 'sumCost' },
            { operation: 'count', column: 'id' },
          ],
        },
      ],
    },
  });
  assert.equal(status, 201);
  const own = assistantOf('cost-late');
  const row = body[0].result.find((group: { assistantId: string }) => group.assistantId === own);
  assert.deepEqual([row.sumCost, row.countId], [0.15, 5]);
});

test("Daily's call machine is served under the proxy path for the pinned release only, to every origin", async () => {
  const path = (version: string) =>
    `/daily/c.daily.co/call-machine/versioned/${version}/static/call-machine-object-bundle.js`;
  const served = await ask(network.emulator, 'GET', path('0.87.0'), { key: null });
  assert.equal(served.status, 200);
  assert.match(served.headers.get('content-type') ?? '', /^text\/javascript/);
  assert.equal(served.headers.get('access-control-allow-origin'), '*');
  assert.equal((await ask(network.emulator, 'GET', path('0.91.0'), { key: null })).status, 404);
});
