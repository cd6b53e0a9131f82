/** A capture contains what Vapi did, without anyone's words or any secret, and can be replayed. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { DoctorAnswer, DoctorCapture } from '../../../server/contract.ts';
import { createRedactor } from '../../../server/vapi/redact.ts';
import { replayVapi } from '../../support/replay-vapi.ts';
import { startTestNetwork } from '../../support/test-network.ts';
import { startTestServer } from '../../support/test-server.ts';
import { examineWithCall } from './support.ts';

const spoken = 'Welcome to the bakery of Mrs Example';
const phone = '+4930123456789';

async function record(): Promise<{ answer: DoctorAnswer; secrets: string[] }> {
  const network = await startTestNetwork({ emulator: { joinTimeoutMs: 3_600_000 } });
  const { emulator, server } = network;
  const tenant = await network.addTenant('recorded', {}, { firstMessage: spoken, voicemailMessage: phone });
  const isEnded = () => emulator.calls().some(({ status }) => status === 'ended');
  const answer = await examineWithCall(server, 'recorded', isEnded);
  const ids = [tenant.orgId, tenant.assistantId, ...emulator.calls().map(({ id }) => id)];
  await network.close();
  return { answer, secrets: [tenant.privateKey, tenant.webhookSecret, spoken, phone, emulator.url, ...ids] };
}
const outcomes = ({ rows }: DoctorAnswer) =>
  // Where the assistant reports to is not in a capture.
  rows.filter(({ id }) => id !== 'wiring').map(({ id, outcome }) => [id, outcome]);

test('a capture of the emulator has no key, text, phone number, address or id, and its replay gives the same rows', async () => {
  const { answer, secrets } = await record();
  const capture = answer.capture as DoctorCapture;
  const text = JSON.stringify(capture);
  for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${text}`);
  assert.ok(!/Bearer|eyJ/.test(text), text);
  const seen = capture.exchanges.map(
    ({ method, path, status }) => `${method} ${path.split('/')[1]} ${status}`,
  );
  for (const expected of ['GET assistant 200', 'POST call 403', 'POST call 201', 'POST controlUrl 200'])
    assert.ok(seen.includes(expected), seen.join());
  assert.ok(capture.webhooks.length > 0);

  let webhookUrl = '';
  const webhookSecret = `webhook-${randomUUID()}`;
  const headers = { 'x-vapi-agent-token': webhookSecret };
  const vapi = await replayVapi(capture, () => ({ url: webhookUrl, headers }));
  const server = await startTestServer({ vapiBaseUrl: vapi.url, now: vapi.startsAt });
  webhookUrl = `${server.url}/v1/webhooks/vapi/replayed`;
  const { orgId, assistantId } = vapi;
  await server.createTenant({ slug: 'replayed', orgId, assistantId, webhookSecret });
  const again = await examineWithCall(server, 'replayed', vapi.ended);
  await server.close();
  await vapi.close();
  assert.deepEqual(outcomes(again), outcomes(answer));
});

describe('what is redacted', () => {
  test('texts, keys, phone numbers and addresses are removed; figures, times and Vapi’s own words stay', () => {
    const { value, path } = createRedactor();
    const id = randomUUID();
    const made = value({
      id,
      status: 'ended',
      type: 'Mrs Example said: 0301234567',
      cost: 0.25,
      createdAt: '2026-11-10T12:00:00.000Z',
      transcript: spoken,
      monitor: { controlUrl: 'https://x.vapi.ai/0197/control?signature=abc' },
      customer: { number: phone, name: 'Mrs Example' },
      phoneNumber: 4930123456789,
      messages: [{ role: 'user', message: spoken }],
      serverMessages: ['status-update', 'hello there'],
      metadata: { pin: 1234 },
      [phone]: 1,
    });
    const standIn = '00000000-0000-4000-8000-000000000001';
    assert.deepEqual(made, {
      id: standIn,
      status: 'ended',
      type: 'redacted',
      cost: 0.25,
      createdAt: '2026-11-10T12:00:00.000Z',
      transcript: 'redacted',
      monitor: { controlUrl: 'https://redacted.invalid/controlUrl' },
      customer: {},
      phoneNumber: 0,
      messages: [],
      serverMessages: ['status-update', 'redacted'],
      metadata: {},
    });
    assert.equal(path(`/call/${id}?key=abc`), `/call/${standIn}`);
  });
});
