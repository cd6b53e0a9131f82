/** What a pasted private key opens at Vapi, before anything is stored. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Emulator, startEmulator } from '../../../demo/vapi-emulator/emulator.ts';
import { codeOf, startTestServer, type TestServer } from '../../support/test-server.ts';

const orgId = randomUUID();
const privateKey = `private-${randomUUID()}`;
const publicKey = `public-${randomUUID()}`;
const [reception, bookings, squad, number] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];

let emulator: Emulator;
let server: TestServer;
before(async () => {
  emulator = await startEmulator({
    port: 0,
    orgs: [
      {
        ...{ orgId, privateKeys: [privateKey], publicKeys: [{ value: publicKey }] },
        assistants: [
          { id: reception, name: 'Reception' },
          { id: bookings, name: 'bookings' },
        ],
        squads: [{ id: squad, name: 'Front desk', members: [{ assistantId: reception }, { assistant: {} }] }],
        phoneNumbers: [{ id: number, provider: 'vapi', number: '+14155550100', squadId: squad }],
      },
      { orgId: randomUUID(), privateKeys: ['private-of-an-empty-org'], publicKeys: [], assistants: [] },
    ],
  });
  server = await startTestServer({ vapiBaseUrl: emulator.url });
  server.secrets.add('private key', privateKey);
});
after(async () => {
  await server?.close();
  await emulator?.close();
});

const look = (key: unknown) => server.operator('POST', '/v1/vapi/look', { privateKey: key });

test('for a private key the answer lists what its organization has, by name', async () => {
  const answer = await look(privateKey);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body, {
    orgId,
    assistants: [
      { id: bookings, name: 'bookings' },
      { id: reception, name: 'Reception' },
    ],
    squads: [{ id: squad, name: 'Front desk', assistantIds: [reception] }],
    phoneNumbers: [{ id: number, name: null, number: '+14155550100', assistantId: null, squadId: squad }],
    tenants: [],
  });
});

test('looking stores nothing, and the key is in no answer, log or audit entry', async () => {
  await look(privateKey);
  const { entries } = (await server.operator('GET', '/v1/audit')).body;
  assert.deepEqual(entries, []);
  assert.deepEqual((await server.operator('GET', '/v1/tenants')).body.tenants, []);
  assert.ok(!server.log.join('').includes(privateKey));
});

test('the tenants that already have the organization are named', async () => {
  const acme = { slug: 'acme', name: 'Acme', privateKey, assistantId: reception };
  assert.equal((await server.operator('POST', '/v1/tenants', acme)).status, 201);
  assert.deepEqual((await look(privateKey)).body.tenants, ['acme']);
  // The same with the key that is stored.
  const stored = await server.operator('GET', '/v1/tenants/acme/vapi');
  assert.deepEqual(stored.body, (await look(privateKey)).body);
  await server.operator('DELETE', '/v1/tenants/acme');
  assert.deepEqual((await look(privateKey)).body.tenants, []);
});

test('an organization that has nothing yet is not an error', async () => {
  const { status, body } = await look('private-of-an-empty-org');
  assert.deepEqual([status, body.orgId, body.assistants], [200, null, []]);
});

test('a key that is unknown, public or not a key at all is an error of its field', async () => {
  for (const key of ['private-of-nobody', publicKey, '', 'with a space', undefined]) {
    const answer = await look(key);
    assert.equal(answer.status, 400, String(key));
    assert.equal(answer.body.errors[0].path, 'privateKey', String(key));
  }
});

test('when Vapi does not answer, that is what is reported', async (context) => {
  const alone = await startTestServer();
  context.after(() => alone.close());
  const answer = await alone.operator('POST', '/v1/vapi/look', { privateKey });
  assert.deepEqual([answer.status, codeOf(answer)], [503, 'vapi_unavailable']);
});
