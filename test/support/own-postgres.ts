/** A PostgreSQL for one test file, on its own port, which the test may stop, start and configure. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { findBinaries } from './postgres.ts';
import { until } from './until.ts';

export interface OwnPostgres {
  folder: string;
  port: number;
  /** `postgres://postgres@127.0.0.1:…/postgres` */
  url: string;
  start(): Promise<void>;
  /** Like an operator's restart: connections are ended at once. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * @param settings of `postgresql.conf`
 * @param hba lines of `pg_hba.conf` instead of trusting every local connection
 * @param files put into the data folder, readable only by the server's user
 */
export async function ownPostgres(
  settings: Record<string, string> = {},
  hba?: string,
  files: Record<string, string> = {},
): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-own-pg-'));
  const given = findBinaries();
  if (!given) throw new Error('no PostgreSQL here');
  const isRoot = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root, and the other user may not reach a private folder.
  const owner = isRoot ? { uid: 65534, gid: 65534 } : {};
  if (isRoot) chownSync(folder, 65534, 65534);
  let bin = given;
  if (isRoot && !given.startsWith('/usr/')) {
    cpSync(dirname(given), join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
    bin = join(folder, 'native', 'bin');
  }
  const data = join(folder, 'data');
  const options = { ...owner, cwd: folder, env: { LC_ALL: 'C' } };
  const initdb = ['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'];
  execFileSync(join(bin, 'initdb'), [...initdb, '--no-sync'], { ...options, stdio: 'ignore' });
  const put = (name: string, text: string) => {
    const file = join(data, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (isRoot) chownSync(file, 65534, 65534);
  };
  if (hba) put('pg_hba.conf', hba);
  for (const [name, text] of Object.entries(files)) put(name, text);
  const port = await freePort();
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let server: ChildProcess | null = null;
  const local = `postgres://postgres@${encodeURIComponent(folder)}/postgres?port=${port}`;
  const isUp = async () => {
    const client = new pg.Client({ host: folder, port, user: 'postgres', database: 'postgres' });
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  };
  const own: OwnPostgres = {
    folder,
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async start() {
      server = spawn(join(bin, 'postgres'), ['-D', data, ...flags], { ...options, stdio: 'ignore' });
      await until(isUp, `PostgreSQL at ${local}`, 60_000);
    },
    async stop() {
      const gone = new Promise((resolve) => server?.once('exit', resolve));
      server?.kill('SIGINT');
      await gone;
    },
    async remove() {
      if (server?.exitCode === null) await own.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await own.start();
  return own;
}
