/** What a single migration makes of rows that were there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from '../../../server/store/migrations/index.ts';
import { nodeSqliteDialect } from '../../../server/store/node-sqlite.ts';

async function storeAt(name: string) {
  const db = new Kysely<unknown>({ dialect: nodeSqliteDialect(':memory:') });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const to = async (target: string) => assert.equal((await migrator.migrateTo(target)).error, undefined);
  await to(name);
  const tenant = (id: string, orgId: string, deletedAt: number | null = null) =>
    sql`insert into tenants (id, slug, name, status, generation, org_id, assistant_id, access_mode, time_zone,
      private_key_sealed, webhook_secret_sealed, hook_secret_sealed, settings, created_at, updated_at, deleted_at)
      values (${id}, ${id}, ${id}, 'active', 1, ${orgId}, 'x', 'proxy', 'UTC', '', '', '', '{}', 1, 1, ${deletedAt})`.execute(
      db,
    );
  return { db, to, tenant };
}

test('a client that has never shared its organization keeps all of its calls, and only such a one', async () => {
  const { db, to, tenant } = await storeAt('0010-consent-evidence');
  await tenant('alone', 'org-1');
  await tenant('one-of-two', 'org-2');
  await tenant('two-of-two', 'org-2');
  await tenant('left-over', 'org-3');
  await tenant('deleted', 'org-3', 5);
  await to('0014-whole-org');
  const { rows } = await sql<{ id: string }>`select id from tenants where whole_org = 1`.execute(db);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ['alone'],
  );
  await db.destroy();
});
