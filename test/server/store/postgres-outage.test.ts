/** A PostgreSQL that goes away, falls silent or becomes read-only: the server reports it, and recovers automatically. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type Relay, startRelay } from '../../support/relay.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';
import { slowed, until } from '../../support/until.ts';

const engine = everyDatabase().find(({ name }) => name === 'PostgreSQL');

describe('a PostgreSQL in trouble', { skip: engine ? false : 'no PostgreSQL here' }, () => {
  let database: TestDatabase;
  let relay: Relay;
  let server: TestServer;
  const ready = async () => (await server.request('GET', '/readyz')).status;
  const write = () => server.operator('PUT', '/v1/billing/seller', seller);
  const warnings = () => server.log.filter((line) => line.includes('the database is unavailable'));
  const admin = async (sql: string) => {
    const { url } = database.config as { url: string };
    const client = new pg.Client({ connectionString: url, options: '-c default_transaction_read_only=off' });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows;
  };
  const name = () => new URL((database.config as { url: string }).url).pathname.slice(1);

  before(async () => {
    assert.ok(engine);
    database = await engine.createMigrated();
    relay = await startRelay((database.config as { url: string }).url);
    const config = { kind: 'postgres' as const, url: relay.url, pool: 4, timeoutMs: slowed(1000) };
    server = await startTestServer({ database: { config, remove: async () => {} } });
  });
  after(async () => {
    await server?.close();
    await relay?.close();
    await database?.remove();
  });

  it('that ends idle connections costs one warning and no request', async () => {
    await Promise.all([ready(), ready(), write(), write()]);
    const others = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = '${name()}' and state = 'idle' and pid <> pg_backend_pid()`;
    const haveEnded = relay.watch();
    assert.ok((await admin(others)).length > 0);
    await until(haveEnded, 'the database to end them');
    await until(() => warnings().length > 0, 'the loss to be noticed');
    // Once around the loop, in which this process reads the ends of all of them.
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.equal(await ready(), 200);
    assert.equal((await write()).status, 200);
    relay.cut();
    await until(async () => (await ready()) === 200, 'a new connection');
    assert.equal(warnings().length, 1);
    assert.ok(!warnings()[0]?.includes('postgres://'), 'the address, with its password, is not logged');
  });

  it('that is silent leads to 503 and Retry-After within the limit, for all simultaneous requests', async () => {
    relay.silence();
    const answers = await Promise.all([write(), ...Array.from({ length: 12 }, write)]);
    for (const answer of answers) {
      assert.equal(answer.status, 503);
      assert.equal(answer.body.code, 'database_unavailable');
      assert.equal(answer.headers.get('retry-after'), '5');
    }
    assert.equal(await ready(), 503);
    assert.equal((await server.request('GET', '/healthz')).status, 200);
    relay.restore();
    await until(async () => (await ready()) === 200, 'the server to recover without a restart');
    assert.equal((await write()).status, 200);
  });

  it('that only reads is not ready, refuses writes with 503, and is used again once it writes', async () => {
    await admin(`alter database ${name()} set default_transaction_read_only = on`);
    relay.cut();
    await until(async () => (await ready()) === 503, 'the read-only database to be noticed');
    assert.equal((await write()).body.code, 'database_unavailable');
    await admin(`alter database ${name()} set default_transaction_read_only = off`);
    // No connection is cut here: those that refused must have been discarded.
    await until(async () => (await ready()) === 200, 'the database to be used again');
    assert.equal((await write()).status, 200);
  });
});

const seller = { name: 'Agency' };
