/** Everything made with `SECRET_KEY`: sealed secrets and signed tokens, before and after the key is changed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { tokenKind } from '../../../server/access/identity/signed-token.ts';
import { deriveKeys } from '../../../server/base/derived-keys.ts';
import { createSecretBox, maskSecret } from '../../../server/base/secret-box.ts';
import { sealedColumns } from '../../../server/store/sealed-texts.ts';
import { type TestDatabase, testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { pageOrigin, startTestServer, type TestServer } from '../../support/test-server.ts';

const [oldKey, newKey, strangeKey] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const boxOf = (...keys: Buffer[]) => createSecretBox(deriveKeys(keys, 'tenant-secrets'));

const plain = (name: string) => name.replaceAll('_', '').toLowerCase();

describe('a sealed secret', () => {
  const sealed = boxOf(oldKey).seal('a private key', 'tenants/1/privateKey');

  it('opens where it was sealed, and is never sealed twice alike', () => {
    assert.equal(boxOf(oldKey).open(sealed, 'tenants/1/privateKey'), 'a private key');
    assert.notEqual(boxOf(oldKey).seal('a private key', 'tenants/1/privateKey'), sealed);
    assert.ok(!Buffer.from(sealed.split('.')[2] ?? '', 'base64url').includes('private'));
  });

  it('opens after the key was changed, while the old one is still given', () => {
    assert.equal(boxOf(newKey, oldKey).open(sealed, 'tenants/1/privateKey'), 'a private key');
    const resealed = boxOf(newKey, oldKey).seal('a private key', 'x');
    assert.equal(boxOf(newKey).open(resealed, 'x'), 'a private key');
  });

  const broken: [string, () => string][] = [
    ['under another key', () => boxOf(strangeKey).open(sealed, 'tenants/1/privateKey')],
    ['moved to another tenant', () => boxOf(oldKey).open(sealed, 'tenants/2/privateKey')],
    ['moved to another column', () => boxOf(oldKey).open(sealed, 'tenants/1/publicKey')],
    ['with a changed byte', () => boxOf(oldKey).open(`${sealed.slice(0, -3)}AAA`, 'tenants/1/privateKey')],
    ['cut short', () => boxOf(oldKey).open(sealed.slice(0, 30), 'tenants/1/privateKey')],
    ['of an unknown version', () => boxOf(oldKey).open(sealed.replace('v1', 'v2'), 'tenants/1/privateKey')],
  ];
  for (const [how, open] of broken) it(`${how} does not open`, () => assert.throws(open));

  it('is shown by its last four characters', () => assert.equal(maskSecret('abcdefgh'), '…efgh'));
});

describe('a signed token', () => {
  const now = Date.parse('2026-11-10T12:00:00Z');
  const keysOf = (...keys: Buffer[]) => deriveKeys(keys, 'session-token');
  const schema = z.object({ tenant: z.string() });
  const token = tokenKind('session', schema).issue(keysOf(oldKey), { tenant: 'acme' }, now + 60_000, now);
  const verify = (keys: Buffer[], audience = 'session', at = now, text = token) =>
    tokenKind(audience, schema).verify(keysOf(...keys), text, at);

  it('is valid for its purpose until it expires', () => {
    assert.equal(verify([oldKey]).ok, true);
    assert.equal(verify([oldKey], 'session', now + 59_000).ok, true);
    assert.deepEqual(verify([oldKey], 'session', now + 60_000), { ok: false, reason: 'expired' });
    assert.deepEqual(verify([oldKey], 'end-call'), { ok: false, reason: 'invalid' });
  });

  it('names its key, so that it is valid after the key was changed', () => {
    assert.equal(verify([newKey, oldKey]).ok, true);
    assert.deepEqual(verify([newKey]), { ok: false, reason: 'invalid' });
  });

  it('with claims of a different shape is not valid', () => {
    const other = tokenKind('session', z.object({ tenant: z.int() })).issue(
      keysOf(oldKey),
      { tenant: 7 },
      now + 60_000,
      now,
    );
    assert.deepEqual(verify([oldKey], 'session', now, other), { ok: false, reason: 'invalid' });
  });

  it('without an expiry cannot be made by anyone else', () => {
    const forged = jwt.sign({ tenant: 'acme', aud: 'session' }, randomBytes(32), {
      keyid: keysOf(oldKey)[0]?.id ?? '',
    });
    assert.deepEqual(verify([oldKey], 'session', now, forged), { ok: false, reason: 'invalid' });
  });
});

describe('a sealed text', () => {
  it('with a tag cut short, or too short for a nonce and a tag, is not opened', () => {
    const sealed = boxOf(oldKey).seal('secret', 'here');
    const [version, id, text = ''] = sealed.split('.');
    const bytes = Buffer.from(text, 'base64url');
    for (const length of [0, 4, 12, 16, 27, bytes.length - 1, bytes.length - 12]) {
      const cut = `${version}.${id}.${bytes.subarray(0, length).toString('base64url')}`;
      assert.throws(() => boxOf(oldKey).open(cut, 'here'), `${length} bytes`);
    }
    const bare = `${version}.${id}.${bytes.subarray(0, 20).toString('base64url')}`;
    assert.throws(() => boxOf(oldKey).open(bare, 'here'), /too short/);
  });
});

describe('derived keys', () => {
  it('differ by purpose and by secret key', () => {
    const keys = (['tenant-secrets', 'session-token', 'call-token', 'visitor-network', 'challenge'] as const)
      .flatMap((purpose) => deriveKeys([oldKey, newKey], purpose))
      .map(({ key }) => key.export().toString('hex'));
    assert.equal(new Set(keys).size, 10);
  });
});

for (const engine of testDatabases()) {
  describe(`after SECRET_KEY was changed, on ${engine.name}`, () => {
    let database: TestDatabase;
    let network: TestNetwork;
    let rotated: TestServer;
    before(async () => {
      database = await engine.createMigrated();
      network = await startTestNetwork({
        server: { database, secrets: { secretKeys: [oldKey] } },
        emulator: { joinTimeoutMs: 3_600_000 },
      });
      rotated = await startTestServer({
        database,
        vapiBaseUrl: network.emulator.url,
        now: network.server.clock.now,
        secrets: { secretKeys: [newKey, oldKey] },
      });
    });
    after(async () => {
      await Promise.all([rotated.close(), network.close()]);
      await database.remove();
    });

    it('earlier tenants, sessions and calls continue to work', async () => {
      const session = await network.session('acme');
      const used = (await network.visitor('/v1/calls', { session: await network.session('acme') })).body;
      const page = { origin: pageOrigin, 'content-type': 'text/plain' };
      const post = (path: string, body: object) => rotated.request('POST', path, { headers: page, body });
      const grant = await post('/v1/calls', { session });
      assert.equal(grant.status, 201, grant.text);
      assert.equal((await post(`/v1/calls/${used.callId}/end`, { token: used.endToken })).status, 204);
      await network.emulator.waitForCall(used.callId, 'ended');
    });

    it('everything can be sealed again, and then the old key is no longer needed', async () => {
      const tables = await rotated.ctx.store.introspection.getTables();
      const named = tables.flatMap(({ name: table, columns }) =>
        columns.flatMap(({ name }) => (name.toLowerCase().endsWith('sealed') ? [`${table}.${name}`] : [])),
      );
      const known = sealedColumns.map(({ table, column }) => `${table}.${column}`);
      assert.deepEqual(known.map(plain).sort(), named.map(plain).sort(), 'every sealed column of the schema');
      const makeIdentityKey = async () =>
        (await network.server.operator('POST', '/v1/tenants/acme/identity-key')).body.key;
      const previous = await makeIdentityKey();
      const exp = Math.floor(network.server.clock.now / 1000) + 60;
      const identity = jwt.sign({ sub: 'u_17', aud: 'acme', exp }, previous);
      const named17 = await network.visitor('/v1/calls', {
        session: await network.session('acme'),
        identity,
      });
      await makeIdentityKey();
      const first = await rotated.operator('POST', '/v1/secrets/reseal');
      assert.equal(first.status, 200, first.text);
      assert.ok(first.body.resealed >= 3, first.text);
      assert.deepEqual((await rotated.operator('POST', '/v1/secrets/reseal')).body, { resealed: 0 });
      const last = await startTestServer({
        database,
        vapiBaseUrl: network.emulator.url,
        now: network.server.clock.now,
        secrets: { secretKeys: [newKey] },
      });
      const page = { origin: pageOrigin, 'content-type': 'text/plain' };
      const { session } = (
        await last.request('POST', '/v1/sessions', { headers: page, body: { tenant: 'acme' } })
      ).body;
      // Opens the tenant's key for Vapi, and its identity keys.
      const grant = await last.request('POST', '/v1/calls', { headers: page, body: { session, identity } });
      const seen = await last.operator('GET', `/v1/tenants/acme/calls/${named17.body.callId}`);
      await last.close();
      assert.equal(grant.status, 201, grant.text);
      assert.equal(seen.body.identity?.sub, 'u_17', seen.text);
    });
  });
}
