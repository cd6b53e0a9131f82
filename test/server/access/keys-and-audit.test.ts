/** API keys, and the log of every change. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { AuditEntry, KeyView } from '../../../server/contract.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf, startTestServer, type TestServer } from '../../support/test-server.ts';

for (const engine of testDatabases()) {
  describe(`keys and audit, on ${engine.name}`, () => {
    let server: TestServer;
    before(async () => {
      server = await startTestServer({ engine });
      await server.createTenant();
    });
    after(() => server?.close());

    const make = async (input: object): Promise<KeyView> =>
      (await server.operator('POST', '/v1/keys', { name: 'test', ...input })).body;
    const ask = (key: string, method: string, path: string, body?: unknown) =>
      server.request(method, path, {
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      });
    const stored = (id: string) =>
      server.ctx.store.selectFrom('apiKeys').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    /** Later than every change so far: changes of one millisecond have no order. */
    const later = () => {
      server.clock.now += 1000;
    };
    const audit = async (): Promise<AuditEntry[]> => (await server.operator('GET', '/v1/audit')).body.entries;

    it('a key is shown once; only its hash and last four characters are kept', async () => {
      const { id, key } = await make({});
      assert.match(key, /^vak_[\w-]{43}$/);
      const row = await stored(id);
      assert.equal(row.hash, createHash('sha256').update(key).digest('hex'));
      assert.equal(row.last4, key.slice(-4));
      assert.ok(!JSON.stringify(row).includes(key));
      const listed: KeyView[] = (await server.operator('GET', '/v1/keys')).body.keys;
      assert.equal(listed.find((entry) => entry.id === id)?.key, `…${key.slice(-4)}`);
    });

    it('a key does what its scopes say, until it expires or is revoked', async () => {
      const expiresAt = new Date(server.clock.now + 3_600_000).toISOString();
      const reader = await make({ scopes: ['read'], expiresAt });
      const writer = await make({ scopes: ['read', 'write'] });
      assert.equal((await ask(reader.key, 'GET', '/v1/tenants/acme')).status, 200);
      assert.equal((await ask(reader.key, 'PATCH', '/v1/tenants/acme', { name: 'Other' })).status, 403);
      assert.equal((await ask(writer.key, 'PATCH', '/v1/tenants/acme', { name: 'Other' })).status, 200);
      server.clock.now += 3_600_000;
      assert.equal((await ask(reader.key, 'GET', '/v1/tenants/acme')).status, 401);
      assert.equal((await server.operator('DELETE', `/v1/keys/${writer.id}`)).status, 204);
      assert.equal((await ask(writer.key, 'GET', '/v1/tenants/acme')).status, 401);
      assert.equal((await server.operator('DELETE', `/v1/keys/${writer.id}`)).status, 404);
    });

    it('wrong keys are slowed down, and never lock out the right one', async () => {
      const own = await startTestServer({ engine });
      await own.createTenant();
      const guess = () =>
        own.request('POST', '/v1/tenants/acme/pause', { headers: { authorization: 'Bearer vak_guess' } });
      const codes: string[] = [];
      for (let time = 0; time < 32; time += 1) codes.push(codeOf(await guess()));
      assert.deepEqual([codes[0], codes.at(-1)], ['unauthorized', 'rate_limited']);
      const link = (await own.operator('POST', '/v1/sign-in-links', {})).body.url as string;
      const { pathname, search } = new URL(link);
      assert.equal((await own.request('GET', `${pathname}${search}`)).status, 200);
      assert.equal((await own.operator('POST', '/v1/tenants/acme/pause')).body.status, 'paused');
      await own.close();
    });

    it('a key’s last use is known to the minute', async () => {
      const { id, key } = await make({});
      assert.equal((await stored(id)).lastUsedAt, null);
      const first = server.clock.now;
      await ask(key, 'GET', '/v1/tenants');
      assert.equal((await stored(id)).lastUsedAt, first);
      server.clock.now += 30_000;
      await ask(key, 'GET', '/v1/tenants');
      assert.equal((await stored(id)).lastUsedAt, first);
      server.clock.now += 60_000;
      await ask(key, 'GET', '/v1/tenants');
      assert.equal((await stored(id)).lastUsedAt, server.clock.now);
    });

    it('a client’s key sees its own usage and no provider cost', async () => {
      const { key } = await make({ tenant: 'acme' });
      const usage = await ask(key, 'GET', '/v1/tenants/acme/usage');
      assert.equal(usage.status, 200);
      assert.equal('costMicros' in usage.body.total, false);
      assert.equal((await ask(key, 'GET', '/v1/tenants/acme/usage?by=component')).status, 403);
    });

    it('every change is logged with who did it, before and after', async () => {
      later();
      const { id, key } = await make({ scopes: ['read', 'write'] });
      later();
      await ask(key, 'PATCH', '/v1/tenants/acme', { name: 'Renamed', limits: { concurrentCalls: 2 } });
      const [change, creation] = await audit();
      assert.equal(change?.actor, id);
      assert.equal(change?.action, 'tenant.update');
      assert.equal(change?.tenant, 'acme');
      assert.deepEqual(Object.keys(change?.before as object).sort(), ['limits', 'name', 'updatedAt']);
      assert.equal((change as { after: { name: string } }).after.name, 'Renamed');
      assert.deepEqual([creation?.actor, creation?.action], ['operator', 'key.create']);
    });

    it('a changed secret is in the log by its last four characters only', async () => {
      const privateKey = 'a-brand-new-private-key-0042';
      later();
      await server.operator('PATCH', '/v1/tenants/acme', { privateKey });
      const [change] = (await audit()) as unknown as Record<'before' | 'after', { privateKey: string }>[];
      assert.equal(change?.after.privateKey, '…0042');
      assert.match(change?.before.privateKey ?? '', /^….{4}$/);
      const rows = await server.ctx.store.selectFrom('audit').selectAll().execute();
      assert.ok(!JSON.stringify(rows).includes(privateKey));
      const tenants = await server.ctx.store.selectFrom('tenants').selectAll().execute();
      assert.ok(!JSON.stringify(tenants).includes(privateKey));
    });

    it('what was refused is not in the log', async () => {
      const count = (await audit()).length;
      await server.operator('PATCH', '/v1/tenants/acme', { allowedOrigins: ['https://*.com'] });
      await server.operator('POST', '/v1/tenants', { slug: 'acme' });
      assert.equal((await audit()).length, count);
    });

    it('the log is read in pages, newest first', async () => {
      const all = await audit();
      const first = (await server.operator('GET', '/v1/audit?limit=3')).body;
      const second = (await server.operator('GET', `/v1/audit?limit=3&cursor=${first.nextCursor}`)).body;
      assert.deepEqual([...first.entries, ...second.entries], all.slice(0, 6));
    });
  });
}
