/** Two processes' limits of visitors, counted in a real Redis that goes silent, is killed, and comes back. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { isOnPath } from '../support/engines/packages.ts';
import { freePort } from '../support/free-port.ts';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';
import { pageOrigin, startTestServer, type TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const skip = isOnPath('redis-server') ? false : 'redis-server is not here: apt-get install -y redis-server';

describe('limits that processes share', { skip }, () => {
  const secretKeys = [Buffer.alloc(32, 7)];
  const password = 'a-password-of-redis';
  let folder: string;
  let port: number;
  let store: ChildProcess;
  let network: TestNetwork;
  let other: TestServer;
  let addresses = 0;

  const startStore = async () => {
    const args = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--requirepass',
      password,
    ];
    store = spawn('redis-server', args, { stdio: 'ignore' });
    const client = look();
    await until(
      () =>
        client.ping().then(
          () => true,
          () => false,
        ),
      'the store',
    );
    client.disconnect();
  };
  const stopStore = async () => {
    const ended = new Promise((resolve) => store.once('exit', resolve));
    store.kill('SIGKILL');
    await ended;
  };
  const look = () => {
    const client = new Redis(`redis://:${password}@127.0.0.1:${port}`, {
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
    });
    client.on('error', () => {});
    return client;
  };
  const session = async (server: TestServer, address: string) => {
    const headers = { origin: pageOrigin, 'content-type': 'text/plain', 'x-forwarded-for': address };
    return (await server.request('POST', '/v1/sessions', { headers, body: { tenant: 'acme' } })).status;
  };
  /** A visitor that nobody has counted yet. */
  const visitor = () => {
    addresses += 1;
    return `198.51.${addresses >> 8}.${addresses & 255}`;
  };
  /** @returns how many of eight sessions in turns at both servers were refused */
  const refusedOfEight = async () => {
    const address = visitor();
    let refused = 0;
    for (let turn = 0; turn < 8; turn += 1) {
      const status = await session(turn % 2 ? other : network.server, address);
      if (status === 429) refused += 1;
      else assert.equal(status, 201);
    }
    return refused;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vapi-agent-redis-'));
    port = await freePort();
    await startStore();
    const config = { trustProxy: 1, visitorLimits: { ahead: 6, sessions: 6, starts: 6 } };
    const secrets = { secretKeys, redisUrl: `redis://:${password}@127.0.0.1:${port}` };
    network = await startTestNetwork({ server: { config, secrets } });
    other = await startTestServer({ config, secrets, vapiBaseUrl: network.emulator.url });
    // Each has its own books here, since only the counts are shared.
    const added = await other.operator('POST', '/v1/tenants', {
      ...{ slug: 'acme', name: 'Acme', allowedOrigins: [pageOrigin], orgId: network.acme.orgId },
      ...{ assistantId: network.acme.assistantId, privateKey: network.acme.privateKey },
    });
    assert.equal(added.status, 201, added.text);
  });
  after(async () => {
    await other.close();
    await network.close();
    await stopStore();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are one limit, whichever process is asked, and hold no address', async () => {
    assert.equal(await refusedOfEight(), 2);
    const client = look();
    const keys = await until(async () => (await client.keys('*').catch(() => [])).sort(), 'the keys');
    client.disconnect();
    assert.ok(keys.length > 0);
    for (const key of keys) assert.doesNotMatch(key, /198\.51|\/\d/);
  });

  it('are each process’s own while the store is silent, without a failed request', async () => {
    store.kill('SIGSTOP');
    assert.equal(await refusedOfEight(), 0);
    store.kill('SIGCONT');
    await until(async () => (await refusedOfEight()) === 2, 'shared limits again');
  });

  it('are each process’s own while the store is gone: killed under load, nothing fails, and one warning says so', async () => {
    const load = Promise.all(Array.from({ length: 100 }, () => session(network.server, visitor())));
    await stopStore();
    assert.deepEqual([...new Set(await load)], [201]);
    assert.equal(await refusedOfEight(), 0);
    const warnings = network.server.log.filter((line) => line.includes('Redis is unavailable'));
    // The silence before may have been long enough ago to be an outage of its own.
    assert.ok(warnings.length === 1 || warnings.length === 2, warnings.join());
    assert.doesNotMatch(warnings.join(), new RegExp(password));
    await startStore();
    await until(async () => (await refusedOfEight()) === 2, 'shared limits again');
  });
});
