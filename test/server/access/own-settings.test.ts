/** What a client may change about its own agent, with a sign-in that may write. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { insertApiKey } from '../../../server/store/api-keys.ts';
import { findTenant } from '../../../server/store/tenants.ts';
import { codeOf, startTestServer, type TestServer } from '../../support/test-server.ts';

const path = '/v1/tenants/acme/own-settings';
const hours = [{ days: [1, 2], from: '09:00', to: '17:00' }];

describe('a client’s own settings', () => {
  let server: TestServer;
  const keys: Record<string, string> = {};
  before(async () => {
    server = await startTestServer();
    for (const slug of ['acme', 'rival']) {
      await server.createTenant({ slug, name: slug });
      keys[slug] = await keyOf(slug, ['read', 'write']);
    }
    keys.reader = await keyOf('acme', ['read']);
  });
  after(() => server?.close());

  /** As a sign-in with these scopes: a key that is made by request can only read. */
  async function keyOf(slug: string, scopes: string[]): Promise<string> {
    const key = `vak_${randomBytes(32).toString('base64url')}`;
    await insertApiKey(server.ctx.store, {
      id: `key_${slug}_${scopes.length}`,
      tenantId: (await findTenant(server.ctx.store, slug))?.id ?? '',
      name: slug,
      hash: createHash('sha256').update(key).digest('hex'),
      last4: key.slice(-4),
      scopes: JSON.stringify(scopes),
      ...{ createdAt: server.clock.now, expiresAt: null, lastUsedAt: null, revokedAt: null },
    });
    return key;
  }
  const ask = (who: string, method: string, body?: object, ifMatch?: string) =>
    server.request(method, path, {
      headers: {
        authorization: `Bearer ${keys[who]}`,
        'content-type': 'application/json',
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      body,
    });
  const tenant = async () => (await server.operator('GET', '/v1/tenants/acme')).body;
  const allow = (clientAccess: object) => server.operator('PATCH', '/v1/tenants/acme', { clientAccess });

  it('are hours and texts, and the websites once the operator allows them; nothing else', async () => {
    const before = await tenant();
    const saved = await ask('acme', 'PATCH', { hours, texts: { greeting: 'Hello' } });
    assert.deepEqual([saved.status, saved.body.hours, saved.body.texts], [200, hours, { greeting: 'Hello' }]);
    assert.equal('allowedOrigins' in saved.body, false);
    const origins = { allowedOrigins: ['https://new.acme.example'] };
    assert.equal((await ask('acme', 'PATCH', origins)).status, 400);
    const costly = [
      { limits: { monthlyBudgetMicros: 1 } },
      { accessMode: 'public-key' },
      { assistantId: before.assistantId },
      { clientAccess: { origins: true } },
      { modes: ['chat'] },
    ];
    for (const body of costly)
      assert.equal((await ask('acme', 'PATCH', body)).status, 400, JSON.stringify(body));
    await allow({ origins: true });
    assert.deepEqual((await ask('acme', 'PATCH', origins)).body.allowedOrigins, origins.allowedOrigins);
    const { updatedAt: _updatedAt, ...now } = await tenant();
    const { updatedAt: _before, ...then } = before;
    const limits = { ...then.limits, hours };
    assert.deepEqual(now, {
      ...then,
      ...origins,
      limits,
      texts: { greeting: 'Hello' },
      clientAccess: { origins: true },
    });
  });

  it('are checked by the same rules as the operator’s', async () => {
    const wrong = [
      { hours: [] },
      { texts: { 'not a key': 'x' } },
      { allowedOrigins: ['http://plain.acme.example'] },
      { allowedOrigins: ['https://a b'] },
    ];
    for (const body of wrong)
      assert.equal((await ask('acme', 'PATCH', body)).status, 400, JSON.stringify(body));
  });

  it('of two people who changed the same version, the second is refused, and nothing is overwritten', async () => {
    const seen = (await ask('acme', 'GET')).headers.get('etag') ?? '';
    const [first, second] = await Promise.all([
      ask('acme', 'PATCH', { texts: { greeting: 'One' } }, seen),
      ask('acme', 'PATCH', { texts: { greeting: 'Two' } }, seen),
    ]);
    assert.deepEqual([first.status, second.status].sort(), [200, 409]);
    assert.equal(codeOf(first.status === 409 ? first : second), 'conflict');
    const won = first.status === 200 ? first : second;
    assert.deepEqual((await tenant()).texts, won.body.texts);
    assert.equal((await ask('acme', 'PATCH', { hours: null }, won.headers.get('etag') ?? '')).status, 200);
    assert.equal((await ask('acme', 'PATCH', { hours: null }, '"made up!"')).status, 409);
  });

  it('cannot be changed by a client that only reads, nor by another client', async () => {
    for (const who of ['reader', 'rival'])
      assert.equal((await ask(who, 'PATCH', { hours: null })).status, 404, who);
    assert.equal((await ask('reader', 'GET')).status, 200);
    assert.equal((await ask('rival', 'GET')).status, 404);
  });

  it('are in the audit log with who changed them', async () => {
    const { entries } = (await server.operator('GET', '/v1/audit')).body;
    const own = entries.filter(({ action }: { action: string }) => action === 'tenant.update-own');
    assert.ok(own.length >= 3);
    assert.equal(own[0].actor, 'key_acme_2');
  });
});
