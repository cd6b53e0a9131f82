/** The emulator's webhooks around a call: snapshots, order, cost, signatures, retries. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import type { ScenarioName } from '../../../demo/vapi-emulator/emulator.ts';
import { ask, assistantOf, type Network, orgId, publicKey, startNetwork } from './network.ts';

let network: Network;
beforeEach(async () => {
  network = await startNetwork();
});
afterEach(() => network?.close());

/** A finished call of this scenario, and the kinds of webhooks that it caused. */
async function finishedCall(scenario: ScenarioName, overrides: object = {}) {
  const { emulator, webhooks } = network;
  const { id } = emulator.makeCall({
    assistantId: assistantOf(scenario),
    seconds: 55,
    assistantOverrides: overrides,
  });
  await emulator.waitForCall(id, 'settled');
  return { id, kinds: webhooks.map(({ message }) => message.type), view: await viewOf(id) };
}
const viewOf = async (id: string) => (await ask(network.emulator, 'GET', `/call/${id}`)).body;

test('message.call is the creation snapshot: still queued, never a cost, whatever the call has become', async () => {
  const { view } = await finishedCall('talks', { metadata: { tenant: 'acme' } });
  assert.equal(view.status, 'ended');
  assert.deepEqual(
    network.webhooks.map(({ message }) => [message.type, message.status]),
    [
      ['status-update', 'ended'],
      ['end-of-call-report', undefined],
    ],
  );
  for (const { message } of network.webhooks) {
    assert.equal(message.call.status, 'queued');
    for (const late of ['cost', 'costs', 'startedAt', 'endedAt', 'endedReason'])
      assert.equal(message.call[late], undefined);
    assert.deepEqual(message.call.assistantOverrides, { metadata: { tenant: 'acme' } });
    assert.deepEqual((message.assistant as { metadata: unknown }).metadata, { tenant: 'acme' });
  }
});

test('the report adds up: cost is the rounded sum of costs, the fee is 5 cents a minute, the books agree', async () => {
  const { id, view } = await finishedCall('talks');
  const report = network.webhooks.at(-1)?.message as unknown as Record<string, unknown> & {
    costs: { type: string; cost: number; minutes: number }[];
    costBreakdown: Record<string, number>;
  };
  assert.equal(report.durationSeconds, 55);
  assert.equal(report.durationMs, 55_000);
  assert.equal(report.durationMinutes, 0.9167);
  const sum = report.costs.reduce((total, { cost }) => total + cost, 0);
  assert.equal(report.cost, Math.round(sum * 1e4) / 1e4);
  assert.equal(report.costBreakdown.total, report.cost);
  // 55 s are 0.9167 minutes; 0.9167 x 0.05 = 0.045835.
  const fee = report.costs.find(({ type }) => type === 'vapi');
  assert.deepEqual([fee?.minutes, fee?.cost], [0.9167, 0.045835]);
  assert.equal(report.costBreakdown.vapi, 0.0458);
  assert.equal(
    report.costs.some(({ type }) => type === 'transport'),
    false,
  );
  const entry = network.emulator.books().find(({ callId }) => callId === id);
  assert.equal(entry?.orgId, orgId);
  assert.equal(entry?.seconds, 55);
  assert.equal(entry?.cost, report.cost);
  assert.equal(view.cost, report.cost);
});

test('a live call has no cost; after its end the cost appears only with the report', async () => {
  const { emulator } = network;
  emulator.setSwitch('reportDelayMs', 60_000);
  const { id } = emulator.makeCall({ assistantId: assistantOf('talks'), seconds: 0, live: true });
  assert.equal((await viewOf(id)).status, 'in-progress');
  assert.equal('cost' in (await viewOf(id)), false);
  emulator.endCall(id);
  const ended = await viewOf(id);
  assert.equal(ended.status, 'ended');
  assert.equal('cost' in ended, false);
});

test('report-lost: only the status arrives, the API knows the cost', async () => {
  const { kinds, view } = await finishedCall('report-lost');
  assert.deepEqual(kinds, ['status-update']);
  assert.ok(view.cost > 0);
});

test('report-twice: the same report arrives again', async () => {
  const { kinds } = await finishedCall('report-twice');
  assert.deepEqual(kinds, ['status-update', 'end-of-call-report', 'end-of-call-report']);
  assert.equal(network.webhooks[1]?.message.cost, network.webhooks[2]?.message.cost);
});

test('report-before-status: the order is reversed', async () => {
  assert.deepEqual((await finishedCall('report-before-status')).kinds, [
    'end-of-call-report',
    'status-update',
  ]);
});

test('cost-late: the report arrives without a cost, the API has it later', async () => {
  const { view } = await finishedCall('cost-late');
  const report = network.webhooks.at(-1)?.message;
  assert.equal(report?.type, 'end-of-call-report');
  for (const field of ['cost', 'costs', 'costBreakdown']) assert.equal(report?.[field], undefined);
  assert.ok(view.cost > 0);
});

test('cost-changes: the cost in the API and in the books grows after the report, updatedAt moves', async () => {
  const { emulator } = network;
  const { id } = await finishedCall('cost-changes');
  const reported = Number(network.webhooks.at(-1)?.message.cost);
  const grown = await emulator.waitForAnyCall((call) => call.id === id && Number(call.view.cost) > reported);
  assert.equal(Math.round((Number(grown.view.cost) - reported) * 1e4), 21);
  assert.equal(emulator.books()[0]?.cost, grown.view.cost);
});

test('a call that no one joins ends automatically with a report of cost 0 and no start', async () => {
  const { emulator, webhooks } = network;
  emulator.setSwitch('joinTimeoutMs', 0);
  const { body } = await ask(emulator, 'POST', '/call/web', {
    key: publicKey,
    body: { assistantId: assistantOf('talks') },
  });
  await emulator.waitForCall(body.id, 'settled');
  const report = webhooks.at(-1)?.message;
  assert.equal(report?.type, 'end-of-call-report');
  assert.equal(report?.endedReason, 'assistant-join-timed-out');
  assert.equal(report?.startedAt, undefined);
  assert.equal(report?.cost, 0);
});

test('one target: overrides win over the assistant, the assistant over the org; nothing falls through', async () => {
  const { emulator, webhooks, receiverUrl, answers } = network;
  const id = assistantOf('talks');
  await ask(emulator, 'PATCH', `/assistant/${id}`, {
    body: { server: { url: `${receiverUrl}?of=assistant` } },
  });
  await finishedCall('talks');
  assert.match(emulator.deliveries().at(-1)?.url ?? '', /of=assistant$/);
  answers.push(500, 500);
  await finishedCall('talks', { server: { url: `${receiverUrl}?of=overrides` } });
  const last = emulator.deliveries().slice(2);
  assert.deepEqual(
    last.map(({ url, attempt, answer }) => [url.split('=')[1], attempt, answer]),
    [
      ['overrides', 1, 500],
      ['overrides', 1, 500],
    ],
  );
  assert.equal(webhooks.length, 4);
});

test('backoffPlan: retried until it is accepted, never for an excluded status; without a plan never', async () => {
  const { emulator, receiverUrl, answers } = network;
  const backoffPlan = { type: 'exponential', maxRetries: 3, baseDelaySeconds: 0, excludedStatusCodes: [403] };
  const overrides = { serverMessages: ['end-of-call-report'], server: { url: receiverUrl, backoffPlan } };
  answers.push(500, 503, 200);
  await finishedCall('talks', overrides);
  assert.deepEqual(
    emulator.deliveries().map(({ answer }) => answer),
    [500, 503, 200],
  );
  answers.push(403);
  await finishedCall('talks', overrides);
  assert.deepEqual(
    emulator
      .deliveries()
      .slice(3)
      .map(({ answer }) => answer),
    [403],
  );
});

test('authentication: legacy secret, own headers, bearer credential, HMAC over the raw body', async () => {
  const { webhooks, receiverUrl } = network;
  const last = () => webhooks.at(-1);
  const send = (server: object) =>
    finishedCall('talks', {
      serverMessages: ['end-of-call-report'],
      server: { url: receiverUrl, ...server },
    });
  await send({ secret: 'legacy' });
  assert.equal(last()?.headers['x-vapi-secret'], 'legacy');
  await send({ headers: { 'X-Own': 'mine' } });
  assert.equal(last()?.headers['x-own'], 'mine');
  assert.equal(last()?.headers['x-vapi-secret'], undefined);
  await send({ credentialId: 'cred-bearer' });
  assert.equal(last()?.headers.authorization, 'Bearer hook-token');
  await send({ credentialId: 'cred-hmac' });
  const { headers, raw } = last() ?? assert.fail('no webhook');
  const expected = createHmac('sha256', 'hmac-secret')
    .update(`${headers['x-timestamp']}.${raw}`)
    .digest('hex');
  assert.equal(headers['x-signature'], `sha256=${expected}`);
});

test('serverMessages decide: without any, nothing is sent; by default also what the conversation causes', async () => {
  await finishedCall('talks', { serverMessages: [] });
  assert.equal(network.webhooks.length, 0);
  const { emulator } = network;
  const id = '77777777-bbbb-4ccc-8ddd-eeeeeeeeeeee';
  emulator.addOrg({
    orgId: '77777777-2222-4333-8444-555555555555',
    privateKeys: [],
    publicKeys: [],
    server: { url: network.receiverUrl },
    assistants: [{ id, firstMessage: 'Hi' }],
  });
  emulator.makeCall({ assistantId: id, seconds: 0, live: true });
  await emulator.waitForAnyCall(() => emulator.deliveries().some(({ type }) => type === 'speech-update'));
  assert.equal(network.webhooks[0]?.message.status, 'in-progress');
});

test('a call driven from another process: made with a given cost, ended with a given length', async () => {
  const { emulator } = network;
  const made = await ask(emulator, 'POST', '/_emulator/calls', {
    key: null,
    body: { assistantId: assistantOf('talks'), seconds: 60, cost: 0.1234, type: 'inboundPhoneCall' },
  });
  assert.equal(made.status, 201);
  const settled = await ask(emulator, 'GET', `/_emulator/calls/${made.body.id}?waitFor=settled`, {
    key: null,
  });
  assert.equal(settled.body.cost, 0.1234);
  assert.equal(settled.body.type, 'inboundPhoneCall');
  const web = await ask(emulator, 'POST', '/call/web', {
    key: publicKey,
    body: { assistantId: assistantOf('talks'), assistantOverrides: { maxDurationSeconds: 30 } },
  });
  const ended = await ask(emulator, 'POST', `/_emulator/calls/${web.body.id}/end`, {
    key: null,
    body: {
      seconds: 20,
      costs: [
        { type: 'vapi', subType: 'normal', minutes: 0.2, cost: 0.01 },
        { type: 'voice', voice: {}, characters: 40, cost: 0.002 },
      ],
    },
  });
  assert.equal(ended.body.cost, 0.012);
  const { body: books } = await ask(emulator, 'GET', '/_emulator/books', { key: null });
  assert.deepEqual(
    books.map((entry: { cost: number; seconds: number }) => [entry.cost, entry.seconds]),
    [
      [0.1234, 60],
      [0.012, 20],
    ],
  );
});
