/**
 * Starts a PostgreSQL and stops it when the watched process is gone, however that ended. Run by `postgres.ts` as
 * `node postgres-keeper.ts <pid to watch> <folder> <folder of the binaries>`; the folder is removed in the end. The
 * server listens only on a socket in the folder, so that it takes no port and no one else can reach it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const [watched = '', folder = '', givenBin = ''] = process.argv.slice(2);
const data = join(folder, 'data');
/** PostgreSQL refuses to run as root. */
const owner = process.getuid?.() === 0 ? nobody() : null;
let server = null as ChildProcess | null;
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
try {
  const url = await start(usableBinaries());
  answer({ url });
} catch (error) {
  answer({ error: String(error) });
}
while (isAlive(Number(watched)) && server?.exitCode === null) await pause(200);
await stop();

async function start(bin: string): Promise<string> {
  mkdirSync(data, { mode: 0o700 });
  if (owner) {
    chownSync(folder, owner.uid, owner.gid);
    chownSync(data, owner.uid, owner.gid);
  }
  chmodSync(folder, 0o700);
  const initdb = ['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'];
  // Only creating the empty cluster skips waiting for the disk; the server itself runs with fsync.
  const options = { ...owner, cwd: folder, env: { LC_ALL: 'C' } };
  await promisify(execFile)(join(bin, 'initdb'), [...initdb, '--no-sync'], options);
  const settings = [
    `unix_socket_directories=${folder}`,
    'listen_addresses=',
    'max_connections=200',
    'shared_buffers=32MB',
    'fsync=on',
  ].flatMap((setting) => ['-c', setting]);
  server = spawn(join(bin, 'postgres'), ['-D', data, ...settings], { ...options, stdio: 'ignore' });
  server.once('error', () => {});
  const url = `postgres://postgres@${encodeURIComponent(folder)}/postgres`;
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return url;
    } catch (error) {
      await client.end().catch(() => {});
      if (attempt > 6000 || server.exitCode !== null) throw error;
      await pause(50);
    }
  }
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (server && server.exitCode === null) {
    const gone = new Promise((resolve) => server?.once('exit', resolve));
    // At once, without a checkpoint: no one reads these files again.
    server.kill('SIGQUIT');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

/** In one step, so that no one reads half of it. */
function answer(value: { url: string } | { error: string }): void {
  writeFileSync(join(folder, 'answer.tmp'), JSON.stringify(value));
  renameSync(join(folder, 'answer.tmp'), join(folder, 'answer.json'));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The other user may not reach a checkout below a private home folder; then the binaries are copied. */
function usableBinaries(): string {
  if (!owner || isOpenToAll(givenBin)) {
    accessSync(join(givenBin, 'initdb'), constants.X_OK);
    return givenBin;
  }
  const copy = join(folder, 'native');
  cpSync(dirname(givenBin), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function isOpenToAll(path: string): boolean {
  const passable = (statSync(path).mode & 0o001) !== 0;
  return passable && (path === dirname(path) || isOpenToAll(dirname(path)));
}

function nobody(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid = '65534', gid = '65534'] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
