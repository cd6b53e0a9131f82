/** Calls to the emulator's phone numbers: who is asked, and what the caller meets. */
import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { ask, assistantOf, type Network, startNetwork } from './network.ts';

const assistantId = assistantOf('talks');
const from = '+14155550111';
const fallbackDestination = { type: 'number', number: '+14155550122' };

let network: Network;
let url: string;
const asked: { type: string; call: Record<string, unknown>; phoneNumber: { id: string } }[] = [];
/** What the number's server answers next. */
let answer: (response: ServerResponse) => void = (response) => response.end();
const says = (body: object) => {
  answer = (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
};
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { message } = JSON.parse(Buffer.concat(chunks).toString());
  if (message.type !== 'assistant-request') return void response.end('{}');
  asked.push(message);
  answer(response);
});
before(async () => {
  network = await startNetwork();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await network?.close();
});

const number = async (fields: object) => {
  const body = { provider: 'vapi', ...fields };
  const made = await ask(network.emulator, 'POST', '/phone-number', { body });
  assert.equal(made.status, 201);
  return made.body.id as string;
};

test('a number with an assistant asks no one', async () => {
  const phoneNumberId = await number({ assistantId, server: { url } });
  const { met, callId } = await network.emulator.callIn({ phoneNumberId, from, seconds: 30 });
  assert.equal(met, 'assistant');
  assert.equal(asked.length, 0);
  const { body } = await ask(network.emulator, 'GET', `/call/${callId}`);
  assert.deepEqual(
    [body.type, body.phoneNumberId, body.customer.number],
    ['inboundPhoneCall', phoneNumberId, from],
  );
});

test('one without asks its server, whose answer decides: an assistant, a sentence, a transfer', async () => {
  const phoneNumberId = await number({ server: { url }, fallbackDestination });
  says({ assistantId, assistantOverrides: { maxDurationSeconds: 20 } });
  const talked = await network.emulator.callIn({ phoneNumberId, from, seconds: 300 });
  const call = network.emulator.calls().find(({ id }) => id === talked.callId);
  assert.deepEqual([talked.met, call?.endedReason], ['assistant', 'exceeded-max-duration']);
  assert.deepEqual([asked.at(-1)?.call.status, asked.at(-1)?.phoneNumber.id], ['ringing', phoneNumberId]);
  says({ error: 'Closed.' });
  assert.equal((await network.emulator.callIn({ phoneNumberId, from })).said, 'Closed.');
  says({ destination: { type: 'number', number: '+14155550133' } });
  const sentOn = await network.emulator.callIn({ phoneNumberId, from });
  assert.deepEqual([sentOn.met, sentOn.destination], ['transfer', '+14155550133']);
});

test('what is no answer leads to the number’s own destination, or nowhere', async () => {
  const phoneNumberId = await number({ server: { url }, fallbackDestination });
  const cases: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(503).end(),
    (response) => response.end('no JSON'),
    (response) => response.destroy(),
    (response) => response.end(JSON.stringify({ assistantId: '55555555-2222-4333-8444-999999999999' })),
  ];
  for (const one of cases) {
    answer = one;
    const { met, destination } = await network.emulator.callIn({ phoneNumberId, from });
    assert.deepEqual([met, destination], ['fallback', '+14155550122']);
  }
  const bare = await number({ server: { url: 'http://127.0.0.1:9' } });
  assert.equal((await network.emulator.callIn({ phoneNumberId: bare, from })).met, 'failed');
});
