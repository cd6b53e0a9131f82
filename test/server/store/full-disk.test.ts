/** A disk without room for the SQLite store: what succeeds is stored, the rest is refused for a later retry. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startTestServer, type TestServer, tenantInput } from '../../support/test-server.ts';

describe('a store that cannot grow', () => {
  let database: TestDatabase;
  let server: TestServer;
  before(async () => {
    const [sqlite] = everyDatabase();
    assert.ok(sqlite);
    database = await sqlite.createMigrated();
    server = await startTestServer({ database });
  });
  after(async () => {
    await server?.close();
    await database?.remove();
  });

  const create = (slug: string) =>
    server.operator('POST', '/v1/tenants', { ...tenantInput(), slug, name: slug.padEnd(100, '.') });
  /** SQLite's own limit: it reports "database or disk is full" as it does for a full disk. */
  const limitPages = (pages: number) =>
    sql`pragma max_page_count = ${sql.lit(pages)}`.execute(server.ctx.store);
  /** Pages of four kilobytes, of which a tenant takes about one: more than the room left in the file. */
  const mostTries = 100;

  it('refuses with 503 what needs room, keeps what it accepted, and continues when there is room again', async () => {
    assert.equal((await create('with-room')).status, 201);
    // The limit never falls below the file's size.
    await limitPages(1);
    const kept = ['with-room'];
    let refused = null as Awaited<ReturnType<typeof create>> | null;
    for (let index = 0; !refused && index < mostTries; index += 1) {
      const answer = await create(`no-room-${index}`);
      if (answer.status === 201) kept.push(`no-room-${index}`);
      else refused = answer;
    }
    assert.equal(refused?.status, 503, refused?.text);
    assert.equal(refused.body.code, 'database_unavailable');
    assert.equal(refused.headers.get('retry-after'), '5');
    assert.equal((await server.request('GET', '/healthz')).status, 200);
    const { body } = await server.operator('GET', '/v1/tenants');
    assert.ok(JSON.stringify(body).includes('with-room'), 'what is there can be read');
    const { status: listed, body: list } = await server.operator('GET', '/v1/billing/tenants');
    assert.deepEqual([listed, list.totals.tenants], [200, kept.length], 'the list of clients, too');
    assert.ok(server.log.some((line) => line.includes('the database is unavailable')));

    await limitPages(4_294_967_294);
    assert.equal((await create('room-again')).status, 201);
    kept.push('room-again');
    assert.ok('file' in database.config);
    const file = new DatabaseSync(database.config.file, { readOnly: true });
    try {
      assert.deepEqual(
        file
          .prepare('select slug from tenants order by slug')
          .all()
          .map(({ slug }) => slug),
        kept.sort(),
      );
      assert.deepEqual({ ...file.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' });
    } finally {
      file.close();
    }
  });
});
