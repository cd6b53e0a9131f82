/** Opens the store: SQLite in one file for one process, PostgreSQL for several; the same queries run on both. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  CamelCasePlugin,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  sql,
  type Transaction,
} from 'kysely';
import { Migrator } from 'kysely/migration';
import type { DatabaseConfig } from '../config.ts';
import { patience, repeatConflicts } from './conflicts.ts';
import { migrations } from './migrations/index.ts';
import { nodeSqliteDialect } from './node-sqlite.ts';
import { postgresPool } from './postgres-pool.ts';
import type { Schema } from './schema.ts';

export type Store = Kysely<Schema>;
/** A query runs alone or in a transaction. */
export type Queries = Kysely<Schema> | Transaction<Schema>;

/** The database's limits unless `DatabaseConfig` sets them. */
export const defaultLimits = { pool: 10, backgroundPool: 5, timeoutMs: 5000 };

/** No one waits for the answer: a close that freezes many large months waits for its turn instead of failing. */
const backgroundPatience = 4;

/** Called for each failure of the database: a lost connection, a timeout, a full disk, a lock. */
export type OnTrouble = (error: unknown) => void;

/**
 * Connects and migrates the schema.
 * @throws when the database cannot be reached, is from a newer version of this program, or a migration fails; a failed
 *   migration leaves nothing behind
 */
export async function openStore(database: DatabaseConfig, onTrouble: OnTrouble = () => {}): Promise<Store> {
  if (database.kind === 'sqlite' && database.file !== ':memory:') {
    mkdirSync(dirname(database.file), { recursive: true, mode: 0o700 });
  }
  const store = connect(database, onTrouble);
  // Migrating a large table takes longer than a request's statement may.
  const migrated = database.kind === 'sqlite' ? store : connect(database, onTrouble, 'migrations');
  try {
    await (database.kind === 'sqlite' ? migrate(store) : migrateOnce(migrated));
    return store;
  } catch (error) {
    await store.destroy();
    throw error;
  } finally {
    if (migrated !== store) await migrated.destroy();
  }
}

/** The same database, in two pools. */
export interface Stores {
  /** For requests. */
  store: Store;
  /** For the work beside them: however much of it waits for a connection, no visitor does. */
  background: Store;
  close(): Promise<void>;
}

/** As `openStore`. SQLite has one connection, for everything. */
export async function openStores(database: DatabaseConfig, onTrouble: OnTrouble = () => {}): Promise<Stores> {
  const store = await openStore(database, onTrouble);
  const background = database.kind === 'sqlite' ? store : connect(database, onTrouble, 'background');
  return {
    store,
    background,
    async close() {
      await store.destroy();
      if (background !== store) await background.destroy();
    },
  };
}

/** What connections are for. Each has a pool of its own on PostgreSQL, so that none waits for another's. */
type Use = 'requests' | 'background' | 'migrations';

function connect(database: DatabaseConfig, onTrouble: OnTrouble, use: Use = 'requests'): Store {
  const store = new RepeatingKysely({
    dialect: dialect(database, onTrouble, use),
    plugins: [new CamelCasePlugin()],
  });
  store.onTrouble = onTrouble;
  return store;
}

function dialect(database: DatabaseConfig, onTrouble: OnTrouble, use: Use): Dialect {
  const timeoutMs = database.timeoutMs ?? defaultLimits.timeoutMs;
  if (database.kind === 'sqlite') return nodeSqliteDialect(database.file, timeoutMs, onTrouble);
  const { pool = defaultLimits.pool, backgroundPool = defaultLimits.backgroundPool } = database;
  const limits = {
    size: { requests: pool, background: backgroundPool, migrations: 2 }[use],
    connectMs: use === 'background' ? backgroundPatience * timeoutMs : timeoutMs,
    statementMs: use === 'migrations' ? 0 : timeoutMs,
  };
  return new OwnLockDialect({ pool: postgresPool(database.url, limits, onTrouble) });
}

/**
 * One process migrates, the others wait for it. The lock belongs to the transaction, not to the session as in Kysely's
 * migrator: behind a pooler in transaction mode, sessions are shared.
 */
async function migrateOnce(store: Store): Promise<void> {
  await store.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(3853314791062309108)`.execute(trx);
    await migrate(trx);
  });
}

/** @throws the reason; the transaction undoes what was done */
async function migrate(db: Queries): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw (await madeByNewer(db)) ?? error;
}

/** Null when this program knows every migration in the database. */
async function madeByNewer(db: Queries): Promise<Error | null> {
  const last = Object.keys(migrations).at(-1) ?? '';
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`
    .execute(db)
    .catch(() => ({ rows: [] }));
  const unknown = rows.map(({ name }) => name).filter((name) => name > last);
  return unknown.length > 0
    ? new Error(`The database is from a newer version of vapi-agent: it has ${unknown.join(', ')}.`)
    : null;
}

/**
 * Each transaction is run again after a conflict, so its body has no effect outside the database: what follows a commit,
 * such as a log line, a metric or a request, comes after `execute`.
 */
class RepeatingKysely extends Kysely<Schema> {
  onTrouble: OnTrouble = () => {};

  override transaction() {
    const once = super.transaction();
    const execute = once.execute.bind(once);
    const how = { ...patience, onGivenUp: this.onTrouble };
    const repeated: typeof execute = (body) => repeatConflicts(() => execute(body), how);
    return Object.assign(once, { execute: repeated });
  }
}

class OwnLockDialect extends PostgresDialect {
  override createAdapter() {
    return new OwnLockAdapter();
  }
}

class OwnLockAdapter extends PostgresAdapter {
  override async acquireMigrationLock() {}
  override async releaseMigrationLock() {}
}
