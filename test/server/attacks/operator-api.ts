/** Keys that are missing, another tenant's, revoked, expired or in the wrong place. */
import { tenantInput } from '../../support/test-server.ts';
import type { Attack, Outcome, Stage } from './stage.ts';

type Headers = [string, string][];

const bearer = (key: string): Headers => [['Authorization', `Bearer ${key}`]];

/** @returns a new key and its id */
async function newKey(stage: Stage, input: Record<string, unknown>): Promise<{ key: string; id: string }> {
  const answer = await stage.server.operator('POST', '/v1/keys', { name: 'test', ...input });
  if (answer.status !== 201) throw new Error(`no key: ${answer.text}`);
  return answer.body as { key: string; id: string };
}

const clientKey = async (stage: Stage) => bearer((await newKey(stage, { tenant: 'acme' })).key);

function operatorCall(
  name: string,
  outcome: Outcome,
  [method, path, body]: [method: string, path: string, body?: unknown],
  headers: (stage: Stage) => Headers | Promise<Headers>,
): Attack {
  return {
    name,
    outcome,
    async attempt(stage) {
      const presented = await headers(stage);
      await stage.mark();
      return stage.newcomer().ask({
        method,
        path: path.replace('OPERATOR_KEY', stage.server.operatorKey),
        headers: [['Content-Type', 'application/json'], ...presented],
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
  };
}

const list: [string, string] = ['GET', '/v1/tenants'];

const wrongKeys: Attack[] = [
  operatorCall('the list of tenants without a key', 'unauthorized', list, () => []),
  operatorCall('the list with a guessed key', 'unauthorized', list, () => bearer('vak_guess')),
  operatorCall('the list with an empty bearer', 'unauthorized', list, () => [['Authorization', 'Bearer ']]),
  operatorCall('the list with the key as a password', 'unauthorized', list, ({ server }) => [
    ['Authorization', `Basic ${Buffer.from(`:${server.operatorKey}`).toString('base64')}`],
  ]),
  operatorCall('the list with the key in a cookie', 'unauthorized', list, ({ server }) => [
    ['Cookie', `key=${server.operatorKey}`],
  ]),
  operatorCall(
    'the list with the key in the query',
    'unauthorized',
    ['GET', '/v1/tenants?key=OPERATOR_KEY&access_token=OPERATOR_KEY'],
    () => [],
  ),
  operatorCall('the list with a key of 5 kB', 'unauthorized', list, () => bearer(`vak_${'x'.repeat(5000)}`)),
  operatorCall('the list with a tenant’s private key', 'unauthorized', list, ({ acme }) =>
    bearer(acme.privateKey),
  ),
  operatorCall('the list with a key that was revoked', 'unauthorized', list, async (stage) => {
    const { key, id } = await newKey(stage, {});
    await stage.server.operator('DELETE', `/v1/keys/${id}`);
    return bearer(key);
  }),
  operatorCall('the list with a key that has expired', 'unauthorized', list, async (stage) => {
    const expiresAt = new Date(stage.server.clock.now + 60_000).toISOString();
    const { key } = await newKey(stage, { expiresAt });
    stage.server.clock.now += 60_000;
    return bearer(key);
  }),
  operatorCall(
    'a deleted tenant’s client with its old key',
    'unauthorized',
    ['GET', '/v1/tenants/acme/usage'],
    async (stage) => {
      const slug = stage.uniqueSlug();
      await stage.addTenant(slug);
      const { key } = await newKey(stage, { tenant: slug });
      await stage.server.operator('DELETE', `/v1/tenants/${slug}`);
      return bearer(key);
    },
  ),
  operatorCall('the list with the key’s hash as the key', 'unauthorized', list, async (stage) => {
    await newKey(stage, {});
    const row = await stage.server.ctx.store.selectFrom('apiKeys').select('hash').executeTakeFirstOrThrow();
    return bearer(row.hash);
  }),
];

const asClient: Attack[] = (
  [
    ['another tenant’s usage', 'GET', '/v1/tenants/rival/usage'],
    ['another tenant’s calls', 'GET', '/v1/tenants/rival/calls'],
    ['another tenant’s settings', 'GET', '/v1/tenants/rival'],
    ['its own settings, where keys are kept', 'GET', '/v1/tenants/acme'],
    ['the list of tenants', 'GET', '/v1/tenants'],
    ['a new tenant', 'POST', '/v1/tenants', { ...tenantInput(), slug: 'mine' }],
    ['a higher budget', 'PATCH', '/v1/tenants/acme', { limits: { monthlyBudgetMicros: 9e15 } }],
    ['another allowed page', 'POST', '/v1/tenants/acme/allowed-origins', { origin: 'https://evil.example' }],
    ['an end of its pause', 'POST', '/v1/tenants/acme/resume'],
    ['a pause of another tenant', 'POST', '/v1/tenants/rival/pause'],
    ['another tenant’s end', 'DELETE', '/v1/tenants/rival'],
    ['the refused pages of another tenant', 'GET', '/v1/tenants/rival/blocked-origins'],
    ['a key of its own making', 'POST', '/v1/keys', { name: 'mine', scopes: ['read', 'write'] }],
    ['the list of keys', 'GET', '/v1/keys'],
    ['the audit log', 'GET', '/v1/audit'],
    ['a tenant by a slug that climbs', 'GET', '/v1/tenants/acme%2F..%2Frival/usage'],
  ] as [string, string, string, unknown?][]
).map(([name, ...request]) =>
  operatorCall(`a client’s key for ${name}`, 'not_found', request, (stage) => clientKey(stage)),
);

const asReader: Attack[] = (
  [
    ['a new tenant', 'POST', '/v1/tenants', { ...tenantInput(), slug: 'mine' }],
    ['a change', 'PATCH', '/v1/tenants/acme', { name: 'Mine' }],
    ['a pause', 'POST', '/v1/tenants/acme/pause'],
    ['a stronger key', 'POST', '/v1/keys', { name: 'mine', scopes: ['read', 'write'] }],
  ] as [string, string, string, unknown?][]
).map(([name, ...request]) =>
  operatorCall(`a reading operator key for ${name}`, 'forbidden', request, async (stage) =>
    bearer((await newKey(stage, { scopes: ['read'] })).key),
  ),
);

const urlWithPassword = 'https://user:a-password-in-the-url@hooks.example/x';

export const operatorAttacks: Attack[] = [
  ...wrongKeys,
  ...asClient,
  ...asReader,
  operatorCall(
    'a client’s key that may write',
    'invalid_request',
    ['POST', '/v1/keys', { name: 'x', tenant: 'acme', scopes: ['write'] }],
    ({ server }) => bearer(server.operatorKey),
  ),
  operatorCall(
    'a zero byte in a name',
    'invalid_request',
    ['POST', '/v1/tenants', { ...tenantInput(), slug: 'zero', name: 'a\0b' }],
    ({ server }) => bearer(server.operatorKey),
  ),
  ...(
    [
      ['the before-call hook', { beforeCall: { url: urlWithPassword, whenUnavailable: 'deny' } }],
      ['the alerts', { alerts: { url: urlWithPassword } }],
      ['the tenant’s own server', { webhookForwardUrl: urlWithPassword }],
    ] as [string, object][]
  ).map(([what, changes]) =>
    operatorCall(
      `a password in the URL of ${what}, where log and audit would show it`,
      'invalid_request',
      ['PATCH', '/v1/tenants/acme', changes],
      ({ server }) => bearer(server.operatorKey),
    ),
  ),
  operatorCall(
    'a tenant by a slug with an escaped zero byte',
    'not_found',
    ['GET', '/v1/tenants/a%00b'],
    ({ server }) => bearer(server.operatorKey),
  ),
  operatorCall(
    'a key by an id with an escaped zero byte',
    'not_found',
    ['DELETE', '/v1/keys/a%00b'],
    ({ server }) => bearer(server.operatorKey),
  ),
  operatorCall(
    'a page of calls by a cursor with a zero byte',
    'invalid_request',
    ['GET', `/v1/tenants/acme/calls?cursor=${Buffer.from(JSON.stringify([1, 'a\0'])).toString('base64url')}`],
    ({ server }) => bearer(server.operatorKey),
  ),
  operatorCall(
    'a page of calls by a made-up cursor',
    'invalid_request',
    ['GET', '/v1/tenants/acme/calls?cursor=WzEsMl0'],
    ({ server }) => bearer(server.operatorKey),
  ),
];
