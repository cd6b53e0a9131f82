/** Databases with today's schema, made once a run; the test servers begin with copies of them. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openStore } from '../../server/store/database.ts';

/** The folder of SQLite's files: the runner names one for the run, which it removes (`TEST_STORES`). */
export function storesFolder(): string {
  const folder = process.env.TEST_STORES;
  if (folder) mkdirSync(folder, { recursive: true });
  return folder ?? tmpdir();
}

let template: Promise<string> | null = null;

/** @returns the file; shared by the run if there is a runner, otherwise by this process */
export function sqliteTemplate(): Promise<string> {
  template ??= makeSqliteTemplate();
  return template;
}

/** Several processes may make it at the same moment: each is complete before it gets the name, and all are the same. */
async function makeSqliteTemplate(): Promise<string> {
  const ofRun = process.env.TEST_STORES && join(storesFolder(), 'migrated.db');
  if (ofRun && existsSync(ofRun)) return ofRun;
  const folder = mkdtempSync(join(storesFolder(), 'vapi-agent-template-'));
  const own = join(folder, 'store.db');
  // When it is closed, everything is in this one file.
  await (await openStore({ kind: 'sqlite', file: own })).destroy();
  if (ofRun) renameSync(own, ofRun);
  else process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return ofRun || own;
}

const postgresName = 'vapi_agent_migrated';
let postgresReady: Promise<string> | null = null;

/**
 * @param server a database of the server, to which this process may connect
 * @returns the template's name
 */
export function postgresTemplate(server: string): Promise<string> {
  postgresReady ??= makePostgresTemplate(server);
  return postgresReady;
}

/** One process of the run makes it, the others wait: for a lock that ends with the connection. */
async function makePostgresTemplate(server: string): Promise<string> {
  await withClient(server, async (client) => {
    await client.query('select pg_advisory_lock(1)');
    const made = await client.query('select from pg_database where datname = $1', [postgresName]);
    if (made.rowCount) return;
    await client.query(`create database ${postgresName}_raw`);
    await (await openStore({ kind: 'postgres', url: databaseUrl(server, `${postgresName}_raw`) })).destroy();
    await client.query(`alter database ${postgresName}_raw rename to ${postgresName}`);
  });
  return postgresName;
}

/** @returns the address of another database on the same server */
export function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** One statement on a separate connection. */
export async function runSql(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
