/** The emulator refuses what the real service refuses, with the same status and body. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jwt from 'jsonwebtoken';
import {
  ask,
  askBare,
  assistantOf,
  type Network,
  orgId,
  otherPrivateKey,
  privateKey,
  publicKey,
  startNetwork,
} from './network.ts';

let network: Network;
before(async () => {
  network = await startNetwork();
});
after(() => network?.close());

const assistantId = assistantOf('talks');
const origin = 'https://shop.acme.example';
const invalidKey = {
  message: 'Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.',
  error: 'Unauthorized',
  statusCode: 401,
};
const forbidden = (message: string) => ({ message, error: 'Forbidden', statusCode: 403 });

const createWeb = (key: string | null, body: object = { assistantId }, from?: string) =>
  ask(network.emulator, 'POST', '/call/web', { key, body, ...(from === undefined ? {} : { origin: from }) });

const sign = (payload: object, key = privateKey, options: jwt.SignOptions = { expiresIn: 60 }): string =>
  jwt.sign(payload, key, { algorithm: 'HS256', ...options });
const publicJwt = (restrictions?: object): string => sign({ orgId, token: { tag: 'public', restrictions } });

test('a web call is created with a public key and with a public JWT signed by any private key of the org', async () => {
  const token = { orgId, token: { tag: 'public' } };
  for (const key of [publicKey, sign(token), sign(token, 'second-private-key')]) {
    const { status, body } = await createWeb(key);
    assert.equal(status, 201);
    assert.equal(body.status, 'queued');
    assert.match(body.webCallUrl, /^https:\/\/vapi\.daily\.co\/[A-Za-z0-9]{20}$/);
    assert.equal(body.transport.callUrl, body.webCallUrl);
    assert.equal(body.cost, undefined);
    assert.equal(body.startedAt, undefined);
  }
});

test('no key, an unknown key and the private key are 401 on /call/web; a switch lets the private key in', async () => {
  for (const key of [null, 'nobody', privateKey, sign({ orgId, token: { tag: 'private' } })]) {
    const { status, body } = await createWeb(key);
    assert.equal(status, 401);
    assert.deepEqual(body, invalidKey);
  }
  network.emulator.setSwitch('acceptPrivateKeyOnWebCall', true);
  assert.equal((await createWeb(privateKey)).status, 201);
  network.emulator.setSwitch('acceptPrivateKeyOnWebCall', false);
});

test('an expired JWT, a foreign signature, another algorithm and a foreign org are 401', async () => {
  const payload = { orgId, token: { tag: 'public' } };
  const unsigned = jwt.sign(payload, '', { algorithm: 'none' });
  for (const key of [
    sign(payload, privateKey, { expiresIn: -1 }),
    sign(payload, otherPrivateKey),
    sign(payload, privateKey, { algorithm: 'HS512' }),
    sign({ ...payload, orgId: 'ffffffff-2222-4333-8444-555555555555' }),
    unsigned,
  ]) {
    const { status, body } = await createWeb(key);
    assert.equal(status, 401);
    assert.deepEqual(body, invalidKey);
  }
});

test('a JWT without the token claim is 403', async () => {
  const { status, body } = await createWeb(sign({ orgId, restrictions: { enabled: true } }));
  assert.equal(status, 403);
  assert.deepEqual(
    body,
    forbidden("JWT doesn't permit access. Hot tip, you may be missing `token` in your JWT."),
  );
});

test('restrictions bind origin, assistant and transient assistants', async () => {
  const key = publicJwt({ enabled: true, allowedOrigins: [origin], allowedAssistantIds: [assistantId] });
  assert.equal((await createWeb(key, { assistantId }, origin)).status, 201);
  assert.equal((await createWeb(key, { assistantId }, 'https://evil.example')).status, 403);
  assert.equal((await createWeb(key, { assistantId })).status, 403);

  const other = assistantOf('slow');
  const refused = await createWeb(key, { assistantId: other }, origin);
  assert.equal(refused.status, 403);
  assert.deepEqual(refused.body, forbidden(`Key doesn't allow assistantId '${other}'`));
  assert.equal((await createWeb(key, { assistant: { name: 'Mine' } }, origin)).status, 403);
  assert.equal(
    (await createWeb(publicJwt({ allowTransientAssistant: false }), { assistant: {} })).status,
    403,
  );
  assert.equal((await createWeb(publicJwt({}), { assistant: { name: 'Mine' } })).status, 201);
});

test('restrictions do not reach assistantOverrides: the hole that only a proxy closes', async () => {
  const key = publicJwt({ allowedAssistantIds: [assistantId], allowTransientAssistant: false });
  const assistantOverrides = { maxDurationSeconds: 43_200, server: { url: 'https://evil.example' } };
  assert.equal((await createWeb(key, { assistantId, assistantOverrides })).status, 201);
});

test('allowedOrigins with null inside is the real 500', async () => {
  const { status, body } = await createWeb(publicJwt({ allowedOrigins: [null] }));
  assert.equal(status, 500);
  assert.deepEqual(body, {
    statusCode: 500,
    message: 'Internal server error. Contact support@vapi.ai for help.',
  });
});

test('a request without a user agent never reaches the API', async () => {
  const answer = await askBare(`${network.emulator.url}/call/web`, { Authorization: `Bearer ${publicKey}` });
  assert.deepEqual(answer, { status: 403, text: 'error code: 1010' });
});

test('unknown properties are 400 with their path; so are values out of range', async () => {
  const refused: [object, string][] = [
    [{ assistantId, metadata: {} }, 'property metadata should not exist'],
    [{ assistantId, name: 'x' }, 'property name should not exist'],
    [{ assistantId, customer: {} }, 'property customer should not exist'],
    [
      { assistantId, assistantOverrides: { tenant: 1 } },
      'assistantOverrides.property tenant should not exist',
    ],
    [
      { assistantId, assistantOverrides: { server: { uri: 'x' } } },
      'assistantOverrides.server.property uri should not exist',
    ],
    [{ assistant: { assistantId } }, 'assistant.property assistantId should not exist'],
    [
      { assistantId, assistantOverrides: { maxDurationSeconds: 5 } },
      'assistantOverrides.maxDurationSeconds must not be less than 10',
    ],
    [{ assistantId: 'mine' }, 'assistantId must be a UUID'],
  ];
  for (const [body, message] of refused) {
    const answer = await createWeb(publicKey, body);
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.body, { message: [message], error: 'Bad Request', statusCode: 400 });
  }
  assert.equal((await createWeb(publicKey, {})).status, 400);
});

test("another org's assistant is 404, and so are calls and assistants of another org", async () => {
  const key = sign(
    { orgId: '99999999-2222-4333-8444-555555555555', token: { tag: 'public' } },
    otherPrivateKey,
  );
  assert.equal((await createWeb(key)).status, 404);
  const { body } = await createWeb(publicKey);
  for (const path of [`/call/${body.id}`, `/assistant/${assistantId}`]) {
    const answer = await ask(network.emulator, 'GET', path, { key: otherPrivateKey });
    assert.equal(answer.status, 404);
    assert.equal(answer.body.error, 'Not Found');
    assert.equal((await ask(network.emulator, 'GET', path)).status, 200);
  }
});

test('every other route wants the private key, and ids must be UUIDs', async () => {
  const routes = [
    ['GET', '/call'],
    ['GET', '/v2/call'],
    ['GET', '/assistant'],
    ['GET', '/chat'],
    ['POST', '/chat'],
    ['POST', '/session'],
    ['POST', '/analytics'],
    ['POST', '/call'],
  ] as const;
  for (const [method, path] of routes) {
    for (const key of [publicKey, publicJwt({}), null]) {
      const answer = await ask(network.emulator, method, path, { key });
      assert.equal(answer.status, 401, `${method} ${path}`);
      assert.deepEqual(answer.body, invalidKey);
    }
  }
  const answer = await ask(network.emulator, 'GET', '/call/not-a-uuid');
  assert.equal(answer.status, 400);
  assert.equal(answer.body.message, 'id must be a valid UUID');
  assert.equal(
    (await ask(network.emulator, 'GET', '/call', { key: sign({ orgId, token: { tag: 'private' } }) })).status,
    200,
  );
});

test('POST /call with a web transport is refused as by the service', async () => {
  const answer = await ask(network.emulator, 'POST', '/call', { body: { transport: { provider: 'daily' } } });
  assert.equal(answer.status, 400);
  assert.equal(
    answer.body.message,
    "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`.",
  );
});

test('scenarios refuse creation: 429 with Retry-After, 500, concurrency', async () => {
  const limited = await createWeb(publicKey, { assistantId: assistantOf('rate-limited') });
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get('retry-after'), '2');
  assert.match(String(limited.body.message), /^Rate limit exceeded/);
  assert.equal((await createWeb(publicKey, { assistantId: assistantOf('server-error') })).status, 500);
  const refused = await createWeb(publicKey, { assistantId: assistantOf('concurrency-refused') });
  assert.equal(refused.body.message, 'Over Concurrency Limit');
  assert.equal((await createWeb(publicKey, { assistantId: assistantOf('slow') })).status, 201);
});

test('switches driven over HTTP: an outage for everybody, a concurrency limit, chat without money', async () => {
  const { emulator } = network;
  const set = (body: object) => ask(emulator, 'POST', '/_emulator/switches', { key: null, body });
  await set({ failEverythingWith: 503 });
  assert.equal((await createWeb(publicKey)).status, 503);
  await set({ failEverythingWith: 0, concurrencyLimit: 1, chatPaymentRequired: true });
  assert.equal((await createWeb(publicKey)).body.message, 'Over Concurrency Limit');
  const chat = await ask(emulator, 'POST', '/chat', { body: { input: 'Hi', assistantId } });
  assert.equal(chat.status, 402);
  assert.match(String(chat.body.message), /^Purchase credits to use chat/);
  await set({ concurrencyLimit: 0, chatPaymentRequired: false });
  assert.equal((await createWeb(publicKey)).status, 201);
  assert.equal((await set({ nonsense: 1 })).status, 400);
});

test('a key that asks too often is 429 until its minute is over, and says when; other keys are not', async () => {
  const clock = { now: Date.parse('2026-11-10T12:00:00Z') };
  const limited = await startNetwork({ now: () => clock.now, requestsPerMinute: 2 });
  const list = (key = privateKey) => ask(limited.emulator, 'GET', '/assistant', { key });
  assert.equal((await list()).status, 200);
  clock.now += 45_500;
  assert.equal((await list()).status, 200);
  const refused = await list();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '15');
  assert.match(refused.body.message, /^Rate limit exceeded/);
  assert.equal((await list(otherPrivateKey)).status, 200);
  clock.now += 14_500;
  assert.equal((await list()).status, 200);
  await limited.close();
});

test('any page may call the API: preflights are answered for every origin', async () => {
  const answer = await ask(network.emulator, 'OPTIONS', '/call/web', { origin });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
});
