/** `/phone-number` at the emulator: free and imported numbers, and what is refused. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import {
  ask,
  assistantOf,
  type Network,
  orgId,
  otherOrgId,
  otherPrivateKey,
  publicKey,
  startNetwork,
} from './network.ts';

const assistantId = assistantOf('talks');
const unknown = '55555555-2222-4333-8444-999999999999';
const twilio = { provider: 'twilio', number: '+15551230001', twilioAccountSid: 'AC1', twilioAuthToken: 't' };

let network: Network;
before(async () => {
  network = await startNetwork();
});
after(() => network?.close());
afterEach(async () => {
  for (const { id } of (await phone('GET')).body) await phone('DELETE', `/${id}`);
});

const phone = (method: string, path = '', body?: unknown, key?: string) =>
  ask(network.emulator, method, `/phone-number${path}`, { body, ...(key === undefined ? {} : { key }) });
const make = (body: object) => phone('POST', '', body);

test('a free number has the area code that was asked for and is active', async () => {
  const { status, body } = await make({ provider: 'vapi', numberDesiredAreaCode: '212', assistantId });
  assert.equal(status, 201);
  assert.match(body.number, /^\+1212555\d{4}$/);
  assert.deepEqual([body.orgId, body.status, body.assistantId], [orgId, 'active', assistantId]);
  assert.deepEqual((await phone('GET', `/${body.id}`)).body, body);
});

test('a switch makes new numbers activating or blocked', async () => {
  for (const status of ['activating', 'blocked'] as const) {
    network.emulator.setSwitch('newPhoneNumberStatus', status);
    assert.equal((await make({ provider: 'vapi' })).body.status, status);
  }
  network.emulator.setSwitch('newPhoneNumberStatus', 'active');
});

test('an account has five free numbers, each another one; SIP addresses do not count', async () => {
  const answers = [];
  for (let i = 0; i < 5; i += 1) answers.push(await make({ provider: 'vapi' }));
  assert.equal(new Set(answers.map(({ body }) => body.number)).size, 5);
  assert.equal((await make({ provider: 'vapi' })).status, 400);
  const sip = await make({ provider: 'vapi', sipUri: 'sip:acme@sip.vapi.ai' });
  assert.deepEqual([sip.status, sip.body.number], [201, undefined]);
});

test('numbers are imported from each carrier with what it needs, and no number twice', async () => {
  const credentialId = 'cred-bearer';
  for (const body of [
    twilio,
    { provider: 'telnyx', number: '+15551230002', credentialId },
    { provider: 'vonage', number: '+15551230003', credentialId },
    { provider: 'byo-phone-number', number: '+15551230004', credentialId },
    { provider: 'byo-phone-number', number: '4711', credentialId, numberE164CheckEnabled: false },
  ]) {
    const { status, body: made } = await make(body);
    assert.equal(status, 201, JSON.stringify(made));
    assert.deepEqual({ ...made, ...body }, made);
    assert.equal((await make(body)).status, 400);
  }
  assert.equal((await phone('GET')).body.length, 5);
  assert.equal((await phone('GET', '?limit=2')).body.length, 2);
});

test('a PATCH replaces the given fields as a whole, and null takes one away', async () => {
  const { body } = await make({ ...twilio, assistantId, server: { url: 'https://a.example/hook' } });
  const hooks = [{ on: 'call.ringing', do: [{ type: 'say', exact: 'We are closed.' }] }];
  const server = { url: 'https://b.example/hook', headers: { 'X-Key': 'k' } };
  const changed = await phone('PATCH', `/${body.id}`, { assistantId: null, name: 'Desk', server, hooks });
  const { assistantId: _, ...rest } = body;
  assert.deepEqual(changed.body, { ...rest, name: 'Desk', server, hooks, updatedAt: changed.body.updatedAt });
  assert.ok(changed.body.updatedAt > body.updatedAt);
  const gone = await phone('DELETE', `/${body.id}`);
  assert.deepEqual([gone.status, gone.body], [200, changed.body]);
  assert.equal((await phone('GET', `/${body.id}`)).status, 404);
});

test('what the service refuses is refused: fields of another provider, missing ones, unknown ids', async () => {
  const refused: [object, number, RegExp][] = [
    [{}, 400, /^provider must be one of the following values: vapi, twilio/],
    [{ provider: 'vapi', numberDesiredAreaCode: '12' }, 400, /area code/],
    [{ provider: 'vapi', number: '+15550100' }, 400, /^property number should not exist/],
    [{ provider: 'twilio', number: '+15551230001' }, 400, /^twilioAccountSid must be a string/],
    [{ ...twilio, number: '5551230001' }, 400, /^number must be a valid phone number/],
    [{ ...twilio, credentialId: 'cred-bearer' }, 400, /^property credentialId should not exist/],
    [{ ...twilio, name: 'x'.repeat(41) }, 400, /^name must be shorter/],
    [{ ...twilio, server: { uri: 'x' } }, 400, /^server\.property uri should not exist/],
    [{ ...twilio, hooks: [{ on: 'call.rings', do: [] }] }, 400, /^hooks\.0\.on must be one of/],
    [{ provider: 'telnyx', number: '+15551230001', credentialId: 'none' }, 400, /^Couldn't get credential/],
    [{ provider: 'byo-phone-number', number: '4711', credentialId: 'cred-bearer' }, 400, /^number must be/],
    [{ ...twilio, assistantId: 'desk' }, 400, /^assistantId must be a UUID/],
    [{ ...twilio, assistantId: unknown }, 404, /^Couldn't get assistant/],
    [{ ...twilio, squadId: unknown }, 404, /^Squad with id/],
  ];
  for (const [body, status, message] of refused) {
    const answer = await make(body);
    assert.equal(answer.status, status, JSON.stringify([body, answer.body]));
    assert.match([answer.body.message].flat()[0], message);
  }
  assert.deepEqual((await phone('GET')).body, []);

  const { id } = (await make(twilio)).body;
  for (const [change, status] of [
    [{ provider: 'vonage' }, 400],
    [{ numberDesiredAreaCode: '212' }, 400],
    [{ assistantId: unknown }, 404],
    [{ status: 'blocked' }, 400],
  ] as const)
    assert.equal((await phone('PATCH', `/${id}`, change)).status, status, JSON.stringify(change));
});

test('a number is its org’s alone, and public keys see none', async () => {
  const { id } = (await make(twilio)).body;
  for (const method of ['GET', 'PATCH', 'DELETE'])
    assert.equal((await phone(method, `/${id}`, undefined, otherPrivateKey)).status, 404);
  assert.deepEqual((await phone('GET', '', undefined, otherPrivateKey)).body, []);
  assert.equal((await phone('GET', '', undefined, publicKey)).status, 401);
  assert.equal((await phone('GET', '/1')).status, 400);
});

test('an org may come with numbers', async () => {
  const given = { id: unknown, provider: 'vapi' as const, number: '+14155550100', name: 'Desk' };
  network.emulator.addOrg({
    ...{ orgId: otherOrgId, privateKeys: [otherPrivateKey], publicKeys: [], assistants: [] },
    phoneNumbers: [given],
  });
  const [{ createdAt, updatedAt, ...number }] = (await phone('GET', '', undefined, otherPrivateKey)).body;
  assert.deepEqual(number, { ...given, orgId: otherOrgId, status: 'active' });
  await phone('DELETE', `/${unknown}`, undefined, otherPrivateKey);
});
