/** Text conversations: streamed, chained, counted to the micro, and under every limit that a call is under. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';
import { type Answer, codeOf } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let network: TestNetwork;
before(async () => {
  network = await startTestNetwork({ tenant: { modes: ['voice', 'chat'] }, emulator: { speed: 50 } });
});
after(() => network.close());

const say = (body: object, headers: Record<string, string> = {}) =>
  network.visitor('/v1/chats', body, headers);
const eventsOf = ({ text }: Answer): { delta?: string; chat?: string }[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''));
const chatOf = (answer: Answer): string => {
  assert.equal(answer.status, 200, answer.text);
  return eventsOf(answer).at(-1)?.chat ?? '';
};
const usage = async (slug = 'acme') =>
  (await network.server.operator('GET', `/v1/tenants/${slug}/usage`)).body.total;

test('an answer comes word by word and brings the permission to go on; every message is one row with its cost', async () => {
  const session = await network.session('acme');
  const first = await say({ session, message: 'Do you open on Sunday?' });
  assert.match(first.headers.get('content-type') ?? '', /^text\/event-stream/);
  const words = eventsOf(first).flatMap(({ delta }) => delta ?? []);
  assert.ok(words.length > 3, 'in pieces');
  const second = await say({ chat: chatOf(first), message: 'And on Monday?' });
  assert.ok(eventsOf(second).length > 3);

  const total = await until(async () => {
    const sum = await usage();
    return sum.calls === 2 && sum.callsWithoutCost === 0 && sum;
  }, 'two booked messages');
  const { calls } = (await network.server.operator('GET', '/v1/tenants/acme/calls')).body;
  assert.deepEqual(
    calls.map(({ type, status, seconds }: Record<string, unknown>) => [type, status, seconds]),
    [
      ['chat', 'ended', 0],
      ['chat', 'ended', 0],
    ],
  );
  assert.ok(calls.every(({ session: from }: { session: string }) => from.startsWith('msg_')));
  // Vapi's own account of the two, in dollars.
  let charged = 0;
  for (const { id } of calls) {
    const headers = { authorization: `Bearer ${network.acme.privateKey}` };
    const chat = await (await fetch(`${network.emulator.url}/chat/${id}`, { headers })).json();
    charged += Math.round(chat.cost * 1e6);
  }
  assert.equal(total.costMicros, charged);
  assert.equal(total.seconds, 0);
  assert.ok(charged > 0);
});

test('a session begins one conversation only; a forged, foreign or missing permission begins none', async () => {
  const session = await network.session('acme');
  const chat = chatOf(await say({ session, message: 'Hello' }));
  assert.equal(codeOf(await say({ session, message: 'Hello again' })), 'session_used');
  assert.equal(codeOf(await say({ chat: `${chat.slice(0, -3)}abc`, message: 'Hi' })), 'unauthorized');
  assert.equal(codeOf(await say({ chat: session, message: 'Hi' })), 'unauthorized');
  assert.equal(codeOf(await say({ session: chat, message: 'Hi' })), 'unauthorized');
  assert.equal(codeOf(await say({ message: 'Hi' })), 'invalid_request');
  assert.equal(codeOf(await say({ session, chat, message: 'Hi' })), 'invalid_request');
  assert.equal(codeOf(await say({ chat, message: 'x'.repeat(4001) })), 'invalid_request');
  assert.equal(
    codeOf(await say({ chat, message: 'Hi' }, { origin: 'https://elsewhere.example' })),
    'origin_not_allowed',
  );
});

test('a tenant without text mode is not written to', async () => {
  await network.addTenant('voice-only', { modes: ['voice'] });
  const refused = await say({ session: await network.session('voice-only'), message: 'Hi' });
  assert.deepEqual([refused.status, codeOf(refused)], [403, 'call_denied']);
});

test('a tenant with nothing but text is not called', async () => {
  await network.addTenant('text-only', { modes: ['chat'] });
  const refused = await network.visitor('/v1/calls', { session: await network.session('text-only') });
  assert.deepEqual([refused.status, codeOf(refused)], [403, 'call_denied']);
});

test('messages are counted apart from calls, ten for each call that the limits allow', async () => {
  await network.addTenant('quick', { modes: ['chat', 'voice'], limits: { callsPerMinutePerIp: 1 } });
  let chat = chatOf(await say({ session: await network.session('quick'), message: 'One' }));
  for (let message = 2; message <= 10; message += 1) chat = chatOf(await say({ chat, message: 'More' }));
  assert.equal(codeOf(await say({ chat, message: 'Too many' })), 'rate_limited');
  const call = await network.visitor('/v1/calls', { session: await network.session('quick') });
  assert.equal(call.status, 201, 'a call is still free');
});

test('a budget that does not pay for a message refuses it, and a refusal of Vapi holds nothing back', async () => {
  const limits = { monthlyBudgetMicros: 600_000, worstCaseMicrosPerMinute: 500_000 };
  await network.addTenant('poor', { modes: ['chat'], limits });
  network.emulator.setSwitch('chatPaymentRequired', true);
  const failed = await say({ session: await network.session('poor'), message: 'Hi' });
  network.emulator.setSwitch('chatPaymentRequired', false);
  assert.deepEqual([failed.status, codeOf(failed)], [503, 'vapi_unavailable']);
  // Half a dollar is held for each message; the one that failed holds none of it.
  assert.equal((await say({ session: await network.session('poor'), message: 'Hi' })).status, 200);
  await until(async () => (await usage('poor')).costMicros > 0, 'the booked message');
  await network.server.operator('PATCH', '/v1/tenants/poor', { limits: { monthlyBudgetMicros: 1000 } });
  const refused = await say({ session: await network.session('poor'), message: 'Hi' });
  assert.deepEqual([refused.status, codeOf(refused)], [402, 'budget_exhausted']);
});

test('a pause makes a conversation’s permission worthless', async () => {
  await network.addTenant('paused', { modes: ['chat'] });
  const chat = chatOf(await say({ session: await network.session('paused'), message: 'Hi' }));
  await network.server.operator('POST', '/v1/tenants/paused/pause');
  await network.server.operator('POST', '/v1/tenants/paused/resume');
  assert.equal(codeOf(await say({ chat, message: 'Still there?' })), 'tenant_paused');
});
