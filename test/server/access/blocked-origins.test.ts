/** What the operator sees about refused pages, and how it allows one that was forgotten. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRefusals } from '../../../server/access/start/blocked-origins.ts';
import type { BlockedOriginView } from '../../../server/contract.ts';
import { openStore, type Store } from '../../../server/store/database.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

for (const engine of testDatabases()) {
  describe(`refused pages, on ${engine.name}`, () => {
    let server: TestServer;
    let visitors = 0;
    before(async () => {
      server = await startTestServer({ engine, config: { trustProxy: 1 } });
    });
    after(() => server?.close());

    const knock = (tenant: string, origin?: string) => {
      visitors += 1;
      return server.request('POST', '/v1/sessions', {
        headers: {
          'content-type': 'text/plain',
          'x-forwarded-for': `10.2.${visitors >> 8}.${visitors & 255}`,
          ...(origin === undefined ? {} : { origin }),
        },
        body: { tenant },
      });
    };
    const blocked = async (tenant: string): Promise<BlockedOriginView[]> =>
      (await server.operator('GET', `/v1/tenants/${tenant}/blocked-origins`)).body.blockedOrigins;

    it('are counted by origin, with the first and the last time', async () => {
      await server.createTenant({ slug: 'counted' });
      assert.deepEqual(await blocked('counted'), []);
      const first = new Date(server.clock.now).toISOString();
      await knock('counted', 'https://www.acme.example');
      server.clock.now += 5000;
      const last = new Date(server.clock.now).toISOString();
      await knock('counted', 'https://www.acme.example');
      await knock('counted');
      await knock('counted', 'null');
      await knock('counted', 'https://evil.example/path');
      assert.deepEqual(await blocked('counted'), [
        { origin: '(malformed)', count: 2, firstSeen: last, lastSeen: last },
        { origin: '(none)', count: 1, firstSeen: last, lastSeen: last },
        { origin: 'https://www.acme.example', count: 2, firstSeen: first, lastSeen: last },
      ]);
    });

    it('can be allowed with one call, and then work', async () => {
      await server.createTenant({ slug: 'forgotten' });
      const origin = 'https://www.acme.example';
      assert.equal((await knock('forgotten', origin)).status, 403);
      const allowed = await server.operator('POST', '/v1/tenants/forgotten/allowed-origins', { origin });
      assert.ok(allowed.body.allowedOrigins.includes(origin));
      assert.deepEqual(await blocked('forgotten'), []);
      assert.equal((await knock('forgotten', origin)).status, 201);
    });

    it('cannot fill the store: a hundred are kept, the rest is counted together', async () => {
      await server.createTenant({ slug: 'flooded' });
      for (let count = 0; count < 130; count += 1) await knock('flooded', `https://evil-${count}.example`);
      const rows = await blocked('flooded');
      assert.equal(rows.length, 101);
      assert.equal(rows.find(({ origin }) => origin === '(others)')?.count, 30);
    });

    it('are the latest hundred: a page displaced by made-up ones is listed when it tries again', async () => {
      await server.createTenant({ slug: 'drowned' });
      const names = async () => (await blocked('drowned')).map(({ origin }) => origin);
      const page = 'https://www.acme.example';
      await knock('drowned', page);
      for (let count = 0; count < 120; count += 1) {
        server.clock.now += 1000;
        if (count % 40 === 0) await names();
        await knock('drowned', `https://made-up-${count}.example`);
      }
      assert.ok(!(await names()).includes(page));
      server.clock.now += 1000;
      await knock('drowned', page);
      assert.equal((await names())[0], page);
      const rows = await blocked('drowned');
      assert.equal(rows.length, 101);
      assert.equal(
        rows.reduce((sum, { count }) => sum + count, 0),
        122,
        'none is lost',
      );
    });

    it('are noted without the store, so that the time of a refusal reveals nothing about the tenant', async () => {
      const untouched = new Proxy({} as Store, {
        get: () => {
          throw new Error('the store was asked');
        },
      });
      const refusals = createRefusals(untouched, server.ctx.frontLimits, () => server.clock.now);
      const tenant = (await findTenant(server.ctx.store, 'counted')) as Tenant;
      for (const origin of ['https://evil.example', undefined, 'null']) {
        assert.equal(refusals.note(tenant, origin), undefined);
      }
      await assert.rejects(refusals.flush(), /the store was asked/);
    });

    it('are stored when the server stops', async () => {
      const database = await engine.createMigrated();
      const own = await startTestServer({ database });
      await own.createTenant();
      const headers = { origin: 'https://evil.example' };
      for (let count = 0; count < 3; count += 1) await own.request('GET', '/v1/widget/acme', { headers });
      await own.close();
      const store = await openStore(database.config);
      const rows = await store.selectFrom('blockedOrigins').select(['origin', 'count']).execute();
      await store.destroy();
      await database.remove();
      assert.deepEqual(rows, [{ origin: 'https://evil.example', count: 3 }]);
    });

    it('are not kept for a tenant that does not exist', async () => {
      const count = async () =>
        (await server.ctx.store.selectFrom('blockedOrigins').selectAll().execute()).length;
      const before = await count();
      assert.equal((await knock('nobody', 'https://evil.example')).status, 403);
      assert.equal(await count(), before);
    });

    it('that are saved wrongly are named, each with its reason', async () => {
      const answer = await server.operator('PATCH', '/v1/tenants/counted', {
        allowedOrigins: [
          'https://fine.example',
          'https://*.github.io',
          'http://plain.example',
          'acme.example/shop',
        ],
      });
      assert.equal(answer.status, 400);
      const errors = answer.body.errors as { path: string; message: string }[];
      assert.deepEqual(
        errors.map(({ path }) => path),
        ['allowedOrigins.1', 'allowedOrigins.2', 'allowedOrigins.3'],
      );
      assert.match(errors[0]?.message ?? '', /anyone can register a name below github\.io/);
      assert.match(errors[1]?.message ?? '', /use https/);
    });
  });
}
