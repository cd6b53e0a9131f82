/** Requests and the work beside them have connections of their own: neither waits for the other's. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import type { Store } from '../../../server/store/database.ts';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { until } from '../../support/until.ts';

const engine = everyDatabase().find(({ name }) => name === 'PostgreSQL');
const size = 2;

/** Transactions that hold every connection of a pool. @returns what ends them */
async function holdAll(store: Store): Promise<() => Promise<void>> {
  let end = () => {};
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  const begun: Promise<unknown>[] = [];
  const holds = Array.from({ length: size }, () => {
    let hasBegun = () => {};
    begun.push(
      new Promise<void>((resolve) => {
        hasBegun = resolve;
      }),
    );
    return store.transaction().execute(async (db) => {
      await sql`select 1`.execute(db);
      hasBegun();
      await held;
    });
  });
  await Promise.all(begun);
  return async () => {
    end();
    await Promise.all(holds);
  };
}

describe('the connections to PostgreSQL', { skip: engine ? false : 'no PostgreSQL here' }, () => {
  let database: TestDatabase;
  let network: TestNetwork;
  let other: pg.Client;
  before(async () => {
    assert.ok(engine);
    database = await engine.createMigrated();
    const { url } = database.config as { url: string };
    other = new pg.Client({ connectionString: url });
    await other.connect();
    const config = { kind: 'postgres', url, pool: size, backgroundPool: size } as const;
    network = await startTestNetwork({ server: { database: { config, remove: async () => {} } } });
  });
  after(async () => {
    await network?.close();
    await other?.end();
    await database?.remove();
  });
  const stateOf = async (id: string) =>
    (await other.query('select state from close_runs where id = $1', [id])).rows[0]?.state;

  it('of background work are all in use, and a start is granted; those of requests are, and a close ends', async (t) => {
    const { ctx, operator } = network.server;
    const endWork = await holdAll(ctx.backgroundStore);
    t.after(endWork);
    const start = await network.visitor('/v1/calls', { session: await network.session('acme') });
    assert.equal(start.status, 201, start.text);
    // A request begins it, and it waits for the connections of the work beside the requests.
    const close = await operator('POST', '/v1/billing/close', { dryRun: true });
    assert.equal(close.status, 202, close.text);
    assert.equal(await stateOf(close.body.id), 'running');
    const endRequests = await holdAll(ctx.store);
    t.after(endRequests);
    await endWork();
    await until(async () => (await stateOf(close.body.id)) === 'finished', 'the close to end');
    await endRequests();
    assert.equal((await operator('GET', '/v1/tenants')).status, 200);
  });

  it('are no more than both pools', async () => {
    const { ctx, operator } = network.server;
    const work = Array.from({ length: 20 }, () => operator('GET', '/v1/tenants'));
    const beside = Array.from({ length: 20 }, () => sql`select pg_sleep(0.01)`.execute(ctx.backgroundStore));
    await Promise.all([...work, ...beside]);
    const { rows } = await other.query(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    assert.ok(rows[0].n <= 2 * size, `${rows[0].n} connections`);
  });
});
