/** A tenant is created from as little as a key, an assistant and a name, and all mistakes are answered at once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Emulator, startEmulator } from '../../../demo/vapi-emulator/emulator.ts';
import { codeOf, startTestServer, type TestServer } from '../../support/test-server.ts';

const privateKey = `private-${randomUUID()}`;
const assistantId = randomUUID();
const least = { name: 'Acme Bakery', privateKey, assistantId };

let emulator: Emulator;
let server: TestServer;
before(async () => {
  const org = { orgId: randomUUID(), privateKeys: [privateKey], publicKeys: [] };
  emulator = await startEmulator({ port: 0, orgs: [{ ...org, assistants: [{ id: assistantId }] }] });
  server = await startTestServer({ vapiBaseUrl: emulator.url });
});
after(async () => {
  await server?.close();
  await emulator?.close();
});

const create = (body: object) => server.operator('POST', '/v1/tenants', body);
const paths = (answer: Awaited<ReturnType<typeof create>>) =>
  answer.body.errors.map(({ path }: { path: string }) => path).sort();

test('without a slug one is made from the name, and clients of one name added at once each get their own', async () => {
  const answers = await Promise.all([create(least), create(least), create(least)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 201],
  );
  const slugs = answers.map(({ body }) => body.slug).sort();
  assert.deepEqual(slugs, ['acme-bakery', 'acme-bakery-2', 'acme-bakery-3']);
  for (const answer of answers) {
    assert.equal(answer.headers.get('location'), `/v1/tenants/${answer.body.slug}`);
    assert.match(answer.body.webhookUrl, new RegExp(`/${answer.body.slug}$`));
  }
});

test('a bare domain is allowed with and without www, when a tenant is added, changed, and given one more', async () => {
  const { body } = await create({ ...least, slug: 'sites', allowedOrigins: ['acme.example'] });
  const both = ['https://acme.example', 'https://www.acme.example'];
  assert.deepEqual(body.allowedOrigins, both);
  const path = '/v1/tenants/sites';
  const changed = await server.operator('PATCH', path, {
    allowedOrigins: ['www.acme.example', 'https://a.example'],
  });
  assert.deepEqual(changed.body.allowedOrigins, [...both, 'https://a.example']);
  const more = await server.operator('POST', `${path}/allowed-origins`, { origin: 'b.example' });
  const all = [...both, 'https://a.example', 'https://b.example', 'https://www.b.example'];
  assert.deepEqual(more.body.allowedOrigins, all);
});

test('everything that is wrong is answered at once, from the schema, the database and Vapi', async () => {
  await create({ ...least, slug: 'taken' });
  const wrong = { slug: 'taken', allowedOrigins: ['https://acme.example', 'http://acme.example'] };
  const all = await create({ ...least, ...wrong, assistantId: randomUUID() });
  assert.equal(codeOf(all), 'invalid_request');
  assert.deepEqual(paths(all), ['allowedOrigins.1', 'assistantId', 'slug']);
  const unread = await create({ ...least, ...wrong, name: '', timeZone: 'Mars' });
  assert.deepEqual(paths(unread), ['allowedOrigins.1', 'name', 'slug', 'timeZone']);
  assert.deepEqual(paths(await create({})), ['assistantId', 'name', 'privateKey']);
});

test('a slug that is taken is a conflict that names its field', async () => {
  await create({ ...least, slug: 'twice' });
  const again = await create({ ...least, slug: 'twice' });
  assert.deepEqual([again.status, codeOf(again), paths(again)], [409, 'conflict', ['slug']]);
});

test('of two that take the same slug at once, one is refused', async () => {
  const both = await Promise.all([create({ ...least, slug: 'race' }), create({ ...least, slug: 'race' })]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
});
