/** The server's process: how it stops, who can read its files, and how it reacts to another program's lock. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, it } from 'node:test';
import { readConfig } from '../../../server/config.ts';
import { startServerProcess } from '../../support/server-process.ts';
import { startTestServer } from '../../support/test-server.ts';
import { farMs } from '../../support/time-limit.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-process-'));
after(() => rmSync(folder, { recursive: true, force: true }));

it('a stop is announced by /readyz while everything is served, then connections end and the process with 0', async () => {
  const server = await startServerProcess({
    DATABASE_URL: 'sqlite::memory:',
    SHUTDOWN_DELAY_SECONDS: '600',
  });
  const status = async (path: string) => (await fetch(server.url + path)).status;
  assert.equal(await status('/readyz'), 200);
  // A webhook whose body is still arriving when the stop is requested.
  const hook = request(`${server.url}/v1/webhooks/vapi/nobody`, { method: 'POST' });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    hook.on('response', (response) => resolve(response.resume().statusCode));
    hook.on('error', reject);
  });
  hook.write('{"message":');
  server.child.kill('SIGTERM');
  await until(async () => (await status('/readyz')) === 503, '/readyz to tell of the stop');
  assert.equal(await status('/healthz'), 200, 'others are still served');
  // A second signal skips the delay.
  server.child.kill('SIGTERM');
  const refused = () =>
    fetch(`${server.url}/healthz`).then(
      () => false,
      () => true,
    );
  await until(refused, 'new connections to be refused');
  hook.end('{}}');
  assert.equal(await answered, 401, 'what was under way is answered');
  assert.equal(await server.ended, 0);
});

it('the data folder and its files belong to the server’s user alone, wherever the keys come from', async () => {
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o755);
  const { config } = readConfig(
    {
      SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
      OPERATOR_API_KEY: 'an-operator-key-of-enough-length',
    },
    dataDir,
  );
  const server = await startTestServer({ database: { config: config.database, remove: async () => {} } });
  const rights = (path: string) => (statSync(path).mode & 0o777).toString(8);
  assert.equal(rights(dataDir), '700');
  for (const name of readdirSync(dataDir)) assert.equal(rights(join(dataDir, name)), '600', name);
  assert.ok(readdirSync(dataDir).includes('vapi-agent.db-wal'));
  await server.close();
});

it('while writes wait for another program’s lock, what needs no write is answered', async () => {
  const { server, write, lock } = await startLockable('waited.db', farMs);
  const unlock = lock();
  const writes = Promise.all([write(), write(), write()]);
  for (let asked = 0; asked < 5; asked += 1) {
    assert.equal((await server.request('GET', '/healthz')).status, 200);
  }
  unlock();
  for (const answer of await writes) assert.equal(answer.status, 200);
  await server.close();
});

it('another program’s lock that stays is answered with 503, until it is gone', async () => {
  const { server, write, lock } = await startLockable('locked.db', 200);
  const unlock = lock();
  for (const answer of await Promise.all([write(), write(), write()])) {
    assert.equal(answer.status, 503);
    assert.equal(answer.body.code, 'database_unavailable');
    assert.ok(answer.headers.get('retry-after'));
  }
  assert.equal((await server.request('GET', '/readyz')).status, 503);
  unlock();
  assert.equal((await server.request('GET', '/readyz')).status, 200);
  assert.equal((await write()).status, 200);
  await server.close();
});

/** A server on that file. `lock` is another program's, which holds the file until what it returns is called. */
async function startLockable(name: string, timeoutMs: number) {
  const file = join(folder, name);
  const config = { kind: 'sqlite' as const, file, timeoutMs };
  const server = await startTestServer({ database: { config, remove: async () => {} } });
  const write = () => server.operator('PUT', '/v1/billing/seller', { name: 'Agency' });
  assert.equal((await write()).status, 200);
  const lock = () => {
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    return () => {
      other.exec('rollback');
      other.close();
    };
  };
  return { server, write, lock };
}
