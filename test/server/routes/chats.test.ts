/** Text conversations: streamed, chained, counted to the micro, and under every limit that applies to calls. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { issueChatToken, verifyChatToken } from '../../../server/access/identity/chat-token.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { type Answer, codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

let network: TestNetwork;
before(async () => {
  network = await startTestNetwork({ tenant: { modes: ['voice', 'chat'] }, emulator: { speed: 50 } });
});
after(() => network?.close());

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

test('an answer arrives word by word with the permission to continue; every message is one row with its cost', async () => {
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
  // Vapi's own figures for the two, in dollars.
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

test('calls and messages work only in the modes that the tenant offers, whatever the session', async () => {
  const codes: Record<string, (string | undefined)[]> = {};
  for (const modes of [['voice'], ['chat'], ['hybrid'], ['voice', 'chat']]) {
    const slug = `only-${modes.join('-')}`;
    await network.addTenant(slug, { modes });
    const session = await network.session(slug);
    const call = await network.visitor('/v1/calls', { session });
    const message = await say({ session, message: 'Hi' });
    codes[modes.join()] = [call, message].map((answer) => answer.body?.code);
  }
  assert.deepEqual(codes, {
    voice: [undefined, 'call_denied'],
    chat: ['call_denied', undefined],
    hybrid: [undefined, undefined],
    'voice,chat': [undefined, undefined],
  });
});

test('messages are counted separately from calls, ten for each call that the limits allow', async () => {
  await network.addTenant('quick', { modes: ['voice', 'chat'], limits: { callsPerMinutePerIp: 1 } });
  let chat = chatOf(await say({ session: await network.session('quick'), message: 'One' }));
  for (let message = 2; message <= 10; message += 1) chat = chatOf(await say({ chat, message: 'More' }));
  assert.equal(codeOf(await say({ chat, message: 'Too many' })), 'rate_limited');
  const call = await network.visitor('/v1/calls', { session: await network.session('quick') });
  assert.equal(call.status, 201, 'a call is still free');
});

test('a budget that does not pay for a message refuses it, and a refusal by Vapi leaves nothing reserved', async () => {
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

test('a permission to continue is valid for one message, however many are sent with it at once', async () => {
  await network.addTenant('once', {
    modes: ['chat'],
    limits: { callsPerMinutePerIp: 50, concurrentCalls: 50 },
  });
  const chat = chatOf(await say({ session: await network.session('once'), message: 'Hi' }));
  const answers = await Promise.all(Array.from({ length: 10 }, () => say({ chat, message: 'Again' })));
  const [given, refused] = [200, 409].map((status) => answers.filter((answer) => answer.status === status));
  assert.deepEqual([given?.length, refused?.length], [1, 9]);
  assert.ok(refused?.every((answer) => codeOf(answer) === 'session_used'));
});

test('a message is reserved in full: a budget left over after one worst case does not pay for part of another', async () => {
  const limits = { monthlyBudgetMicros: 590_000, worstCaseMicrosPerMinute: 500_000 };
  await network.addTenant('whole', { modes: ['chat'], limits });
  network.emulator.setSwitch('loseAnswers', true);
  assert.equal(
    codeOf(await say({ session: await network.session('whole'), message: 'Hi' })),
    'vapi_unavailable',
  );
  network.emulator.setSwitch('loseAnswers', false);
  const refused = await say({ session: await network.session('whole'), message: 'Hi' });
  assert.deepEqual([refused.status, codeOf(refused)], [402, 'budget_exhausted']);
});

test('a conversation has thirty messages at most, so that the worst case is bounded', async () => {
  await network.addTenant('talkative', { modes: ['chat'] });
  const first = chatOf(await say({ session: await network.session('talkative'), message: 'One' }));
  const { ctx } = network.server;
  const verified = verifyChatToken(ctx.keys.session, first, ctx.now());
  assert.ok(verified.ok);
  assert.equal(verified.claims.messages, 1);
  // As it would be after 28 more.
  const later = issueChatToken(ctx.keys.session, { ...verified.claims, messages: 29 }, ctx.now());
  const chat = chatOf(await say({ chat: later, message: 'The thirtieth' }));
  const refused = await say({ chat, message: 'Still more' });
  // The element asks for a new session and continues.
  assert.deepEqual([refused.status, codeOf(refused)], [401, 'session_expired']);
});

test('a pause invalidates a conversation’s permission', async () => {
  await network.addTenant('paused', { modes: ['chat'] });
  const chat = chatOf(await say({ session: await network.session('paused'), message: 'Hi' }));
  await network.server.operator('POST', '/v1/tenants/paused/pause');
  await network.server.operator('POST', '/v1/tenants/paused/resume');
  assert.equal(codeOf(await say({ chat, message: 'Still there?' })), 'tenant_paused');
});

test('what was said is deleted at Vapi, by request and by the tenant’s retention, and its cost stays', async () => {
  const { privateKey } = await network.addTenant('erased', { modes: ['chat'] });
  const atVapi = async (id: string) => {
    const headers = { authorization: `Bearer ${privateKey}` };
    return (await fetch(`${network.emulator.url}/chat/${id}`, { headers })).status;
  };
  const read = async () => (await network.server.operator('GET', '/v1/tenants/erased/calls')).body.calls;
  const first = chatOf(await say({ session: await network.session('erased'), message: 'I am called Ada' }));
  await say({ chat: first, message: 'Do you remember me?' });
  await until(async () => {
    const { calls, callsWithoutCost } = await usage('erased');
    return calls === 2 && callsWithoutCost === 0;
  }, 'both messages to be booked');
  const before = await usage('erased');
  const ids = (await read()).map(({ id }: { id: string }) => id) as string[];
  assert.deepEqual(await Promise.all(ids.map(atVapi)), [200, 200]);

  network.emulator.setSwitch('failEverythingWith', 403);
  const path = `/v1/tenants/erased/calls/${ids[0]}/content`;
  assert.equal(codeOf(await network.server.operator('DELETE', path, { of: 'visitor' })), 'vapi_unavailable');
  network.emulator.setSwitch('failEverythingWith', 0);
  const one = await network.server.operator('DELETE', path, { of: 'call' });
  assert.deepEqual(one.body, { deleted: [ids[0]], notYet: [] });
  assert.deepEqual(await Promise.all(ids.map(atVapi)), [404, 200]);

  await network.server.operator('PATCH', '/v1/tenants/erased', { contentRetentionDays: 1 });
  network.server.clock.now += 2 * 86_400_000;
  await sweepAll(network.server.ctx);
  assert.deepEqual(await Promise.all(ids.map(atVapi)), [404, 404]);
  assert.ok((await read()).every(({ contentDeletedAt }: Record<string, unknown>) => contentDeletedAt));
  assert.deepEqual(await usage('erased'), before);
});
