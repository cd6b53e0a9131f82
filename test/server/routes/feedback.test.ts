/** A visitor's feedback is stored with its call, and only someone who was in the call can give it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KeyGrant, ProxyGrant } from '../../../server/contract.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

let network: TestNetwork;
let grant: ProxyGrant;
before(async () => {
  network = await startTestNetwork();
  grant = await newCall();
});
after(() => network?.close());

async function newCall(): Promise<ProxyGrant> {
  const answer = await network.visitor('/v1/calls', { session: await network.session('acme') });
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}
const say = (callId: string, body: object) => network.visitor(`/v1/calls/${callId}/feedback`, body);
const kept = async (callId: string) =>
  (await network.server.operator('GET', `/v1/tenants/acme/calls/${callId}`)).body.feedback;

test('a call without feedback says so', async () => {
  assert.equal(await kept(grant.callId), null);
});

test('rating and comment are stored with the call; later feedback replaces earlier', async () => {
  const first = await say(grant.callId, { token: grant.endToken, rating: 'bad', comment: ' Too slow. ' });
  assert.equal(first.status, 204, first.text);
  const at = new Date(network.server.clock.now).toISOString();
  assert.deepEqual(await kept(grant.callId), { rating: 'bad', comment: 'Too slow.', at });
  assert.equal((await say(grant.callId, { token: grant.endToken, rating: 'good' })).status, 204);
  assert.deepEqual(await kept(grant.callId), { rating: 'good', comment: null, at });
});

test('a token of another call, a made-up one and a malformed request are refused', async () => {
  const other = await newCall();
  for (const token of [other.endToken, 'x.y.z', grant.endToken.slice(0, -2)]) {
    const answer = await say(grant.callId, { token, rating: 'good' });
    assert.deepEqual([answer.status, codeOf(answer)], [401, 'unauthorized']);
  }
  for (const body of [
    { rating: 'good' },
    { token: grant.endToken, rating: 'fine' },
    { token: grant.endToken, rating: 'good', comment: 'x'.repeat(1001) },
  ]) {
    assert.equal(codeOf(await say(grant.callId, body)), 'invalid_request');
  }
  assert.equal(await kept(other.callId), null);
});

test('a call that the browser made with a key is rated by the recipient of that key, once it is known', async () => {
  const client = await network.addTenant('keyed', { accessMode: 'scoped-key' });
  const handOut = async (): Promise<KeyGrant> =>
    (await network.visitor('/v1/calls', { session: await network.session('keyed') })).body;
  const [mine, another] = [await handOut(), await handOut()];
  const call = ({ assistantOverrides }: KeyGrant) =>
    network.emulator.makeCall({
      assistantId: client.assistantId,
      seconds: 0,
      live: true,
      assistantOverrides,
    });
  const { id } = call(mine);
  const path = `/v1/tenants/keyed/calls/${id}`;
  await until(async () => (await network.server.operator('GET', path)).status === 200, 'the call');
  const token = mine.feedbackToken;
  const answer = await say(id, { token, rating: 'bad', comment: 'Too quiet.' });
  assert.equal(answer.status, 204, answer.text);
  const word = (await network.server.operator('GET', path)).body.feedback;
  assert.deepEqual([word.rating, word.comment], ['bad', 'Too quiet.']);

  const refused = [
    await say(id, { token: another.feedbackToken, rating: 'good' }),
    await say(grant.callId, { token, rating: 'good' }),
    await say('not-yet-known', { token, rating: 'good' }),
  ];
  assert.deepEqual(refused.map(codeOf), ['not_found', 'not_found', 'not_found']);
  const ended = await network.visitor(`/v1/calls/${id}/end`, { token });
  assert.equal(codeOf(ended), 'unauthorized', 'it is good for nothing else');
  assert.deepEqual((await network.server.operator('GET', path)).body.feedback, word);
});

test('there is an hour for it after the longest possible call, and no longer', async () => {
  const { clock } = network.server;
  const late = await newCall();
  const end = clock.now + late.maxDurationSeconds * 1000;
  clock.now = end + 50 * 60_000;
  assert.equal((await say(late.callId, { token: late.endToken, rating: 'good' })).status, 204);
  clock.now = end + 90 * 60_000;
  assert.equal(codeOf(await say(late.callId, { token: late.endToken, rating: 'bad' })), 'unauthorized');
  assert.equal((await kept(late.callId)).rating, 'good');
});
