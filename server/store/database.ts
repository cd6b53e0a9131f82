/** Opens the store: SQLite in one file for one process, PostgreSQL for several; the same queries run on both. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CamelCasePlugin, Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import type { DatabaseConfig } from '../config.ts';
import { migrations } from './migrations/index.ts';
import { nodeSqliteDialect } from './node-sqlite.ts';
import type { Schema } from './schema.ts';

export type Store = Kysely<Schema>;
/** A query runs alone or as a part of a transaction. */
export type Queries = Kysely<Schema> | Transaction<Schema>;

/**
 * Connects and brings the schema up to date.
 * @throws when the database cannot be reached, is from a newer version of this program, or a migration fails; nothing
 *   of a failed migration remains
 */
export async function openStore(database: DatabaseConfig): Promise<Store> {
  if (database.kind === 'sqlite' && database.file !== ':memory:') {
    mkdirSync(dirname(database.file), { recursive: true });
  }
  const store = new Kysely<Schema>({
    dialect: database.kind === 'sqlite' ? nodeSqliteDialect(database.file) : postgresDialect(database.url),
    plugins: [new CamelCasePlugin()],
  });
  try {
    const migrator = new Migrator({ db: store, provider: { getMigrations: async () => migrations } });
    const { error } = await migrator.migrateToLatest();
    if (error) throw (await madeByNewer(store)) ?? error;
    return store;
  } catch (error) {
    await store.destroy();
    throw error;
  }
}

/** Null when every step that this database has taken is known here. */
async function madeByNewer(store: Store): Promise<Error | null> {
  const last = Object.keys(migrations).at(-1) ?? '';
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`
    .execute(store)
    .catch(() => ({ rows: [] }));
  const unknown = rows.map(({ name }) => name).filter((name) => name > last);
  return unknown.length > 0
    ? new Error(`The database is from a newer version of vapi-agent: it has ${unknown.join(', ')}.`)
    : null;
}

/** @throws when the store cannot be reached */
export async function pingStore(store: Store): Promise<void> {
  await sql`select 1`.execute(store);
}

function postgresDialect(url: string): PostgresDialect {
  const types = new pg.TypeOverrides();
  // pg gives 64-bit integers as text; ours are amounts and times that a number holds exactly.
  types.setTypeParser(pg.types.builtins.INT8, (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new Error(`integer out of range: ${text}`);
    return value;
  });
  return new PostgresDialect({ pool: new pg.Pool({ connectionString: url, types, max: 10 }) });
}
