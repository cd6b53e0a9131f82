/** Operators' PostgreSQL setups: behind pgbouncer, over TLS only, and restarted while reports arrive. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import pg from 'pg';
import { openStore } from '../../server/store/database.ts';
import { isOnPath } from '../support/engines/packages.ts';
import { freePort } from '../support/free-port.ts';
import { ownPostgres } from '../support/own-postgres.ts';
import { everyDatabase } from '../support/postgres.ts';
import { startTestServer } from '../support/test-server.ts';
import { slowed, until } from '../support/until.ts';

const here = everyDatabase().length > 1;
const seller = { name: 'Agency' };

describe('PostgreSQL as operators have it', { skip: here ? false : 'no PostgreSQL here' }, () => {
  it('restarted under reports loses none that was acknowledged, and the process continues', async () => {
    const own = await ownPostgres();
    const config = { kind: 'postgres' as const, url: own.url, timeoutMs: slowed(1000) };
    const server = await startTestServer({ database: { config, remove: async () => {} } });
    const tenant = await server.createTenant({ webhookSecret: 'webhook-secret-of-the-test' });
    let sent = 0;
    const acknowledged: string[] = [];
    const report = async () => {
      const n = sent++;
      const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
      const answer = await server.request('POST', `/v1/webhooks/vapi/${tenant.slug}`, {
        headers: { 'content-type': 'application/json', 'x-vapi-agent-token': 'webhook-secret-of-the-test' },
        body: endOfCall(id, tenant.orgId, tenant.assistantId),
      });
      if (answer.status === 200) acknowledged.push(id);
      else assert.equal(answer.status, 503, answer.text);
    };
    let going = true;
    const senders = Array.from({ length: 4 }, async () => {
      while (going) await report();
    });
    for (let restart = 0; restart < 2; restart += 1) {
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 40, 'reports before the restart', 30_000);
      await own.stop();
      await own.start();
    }
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 40, 'reports after the restarts', 30_000);
    going = false;
    await Promise.all(senders);
    const client = new pg.Client({ connectionString: own.url });
    await client.connect();
    const { rows } = await client.query('select id from calls');
    await client.end();
    const kept = new Set(rows.map(({ id }) => id));
    assert.deepEqual(
      acknowledged.filter((id) => !kept.has(id)),
      [],
    );
    await server.close();
    await own.remove();
  });

  it('with twenty connections serves one process with the usual settings, under load and with a close', async () => {
    const own = await ownPostgres({ max_connections: '20' });
    const config = { kind: 'postgres' as const, url: own.url };
    const server = await startTestServer({ database: { config, remove: async () => {} } });
    await Promise.all(
      Array.from({ length: 30 }, (_, no) => server.createTenant({ slug: `client-${no}`, name: `${no}` })),
    );
    const close = await server.operator('POST', '/v1/billing/close', { dryRun: true });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => server.operator('PUT', '/v1/billing/seller', seller)),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const state = async () => (await server.operator('GET', `/v1/billing/runs/${close.body.id}`)).body.state;
    await until(async () => (await state()) === 'finished', 'the close to end');
    assert.deepEqual(
      server.log.filter((line) => line.includes('unavailable')),
      [],
    );
    await server.close();
    await own.remove();
  });

  it('that takes TLS alone is reached with its authority’s certificate, and not trusted without it', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-tls-'));
    const openssl = (args: string) =>
      execFileSync('openssl', args.split(' '), { cwd: scratch, stdio: 'pipe' });
    openssl(
      'req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /CN=test-authority',
    );
    openssl('req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost');
    writeFileSync(join(scratch, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    openssl(
      'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.crt -days 3650 -extfile names',
    );
    const read = (name: string) => readFileSync(join(scratch, name), 'utf8');
    const own = await ownPostgres(
      { ssl: 'on' },
      'local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostnossl all all 127.0.0.1/32 reject\n',
      { 'server.crt': read('server.crt'), 'server.key': read('server.key') },
    );
    const at = (query: string) => ({ kind: 'postgres' as const, url: `${own.url}${query}` });
    const secure = await openStore(at(`?sslmode=verify-full&sslrootcert=${join(scratch, 'ca.pem')}`));
    await secure.destroy();
    await assert.rejects(openStore(at('')), /no encryption|pg_hba/);
    await assert.rejects(openStore(at('?sslmode=verify-full')), /certificate|self-signed/);
    await own.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  const pooler = isOnPath('pgbouncer') ? false : 'pgbouncer is not here: apt-get install -y pgbouncer';
  it('behind pgbouncer in transaction mode serves two processes that start at once', {
    skip: pooler,
  }, async () => {
    const own = await ownPostgres();
    const port = await freePort();
    const settings = join(own.folder, 'pgbouncer.ini');
    writeFileSync(
      settings,
      `[databases]
postgres = host=127.0.0.1 port=${own.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`,
    );
    chmodSync(settings, 0o644);
    const isRoot = process.getuid?.() === 0;
    const bouncer = spawn('pgbouncer', ['-q', ...(isRoot ? ['-u', 'nobody'] : []), settings], {
      stdio: 'ignore',
    });
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const isUp = async () => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => {});
      return client.connect().then(
        () => client.end().then(() => true),
        () => false,
      );
    };
    await until(isUp, 'pgbouncer');
    const config = { kind: 'postgres' as const, url, pool: 8 };
    const start = () => startTestServer({ database: { config, remove: async () => {} } });
    const servers = await Promise.all([start(), start()]);
    const answers = await Promise.all(
      servers.flatMap((server) =>
        Array.from({ length: 20 }, () => server.operator('PUT', '/v1/billing/seller', seller)),
      ),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    for (const server of servers) await server.close();
    const ended = new Promise((resolve) => bouncer.once('exit', resolve));
    bouncer.kill('SIGKILL');
    await ended;
    await own.remove();
  });
});

/** A minimal report in Vapi's format. */
function endOfCall(id: string, orgId: string, assistantId: string) {
  const at = '2026-11-10T11:00:00.000Z';
  return {
    message: {
      type: 'end-of-call-report',
      endedReason: 'customer-ended-call',
      cost: 0.05,
      startedAt: at,
      endedAt: '2026-11-10T11:01:00.000Z',
      call: { id, orgId, assistantId, type: 'webCall', createdAt: at },
    },
  };
}
