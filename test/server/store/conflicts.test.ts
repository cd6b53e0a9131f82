/** Transactions that the database ends because they exclude another: they are run again, and done exactly once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { StoreUnavailable } from '../../../server/base/store-unavailable.ts';
import { ingestCallEvent } from '../../../server/metering/ingest.ts';
import { patience, repeatConflicts } from '../../../server/store/conflicts.ts';
import { openStore, type Store } from '../../../server/store/database.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { everyDatabase, type TestDatabase, testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { until } from '../../support/until.ts';
import { eventOf, type LedgerEntry, seller, simplePlan } from '../billing/stage.ts';
import { report, startOwnServer } from '../metering/webhooks/support.ts';

const postgres = everyDatabase().find(({ name }) => name === 'PostgreSQL');

const conflict = () => Object.assign(new Error('could not serialize access'), { code: '40001' });

describe('work that conflicts', () => {
  const pauses: number[] = [];
  const patient = { ...patience, wait: async (ms: number) => void pauses.push(ms), random: () => 1 };

  it('is repeated after growing pauses, and its last attempt is the result', async () => {
    pauses.length = 0;
    let runs = 0;
    const work = async () => {
      runs += 1;
      if (runs < 5) throw conflict();
      return runs;
    };
    assert.equal(await repeatConflicts(work, patient), 5);
    assert.deepEqual(pauses, [10, 20, 40, 80]);
  });

  it('for ever is an unavailable database, after a bounded time', async () => {
    pauses.length = 0;
    const work = async () => {
      throw conflict();
    };
    await assert.rejects(repeatConflicts(work, patient), StoreUnavailable);
    assert.equal(pauses.length, patience.attempts - 1);
    assert.ok(pauses.reduce((sum, ms) => sum + ms, 0) < 3000);
  });

  it('for ever is reported as trouble of the database, which nothing else logs', async (t) => {
    const troubles: unknown[] = [];
    const store = await openStore({ kind: 'sqlite', file: ':memory:' }, (error) => troubles.push(error));
    t.after(() => store.destroy());
    const work = async () => {
      throw conflict();
    };
    await assert.rejects(store.transaction().execute(work), StoreUnavailable);
    assert.deepEqual(troubles, [conflict()]);
  });

  it('is recognized as distributed engines name it, and nothing else is repeated', async () => {
    for (const [error, runs] of [
      [Object.assign(new Error('deadlock detected'), { code: '40P01' }), 2],
      [Object.assign(new Error('restart transaction: TransactionRetryWithProtoRefreshError'), {}), 2],
      [Object.assign(new Error('Restart read required at: …'), { code: 'XX000' }), 2],
      [Object.assign(new Error('duplicate key'), { code: '23505' }), 1],
      [Object.assign(new Error('Connection terminated'), {}), 1],
    ] as const) {
      let made = 0;
      const work = async () => {
        made += 1;
        if (made === 1) throw error;
      };
      await repeatConflicts(work, patient).catch(() => {});
      assert.equal(made, runs, error.message);
    }
  });
});

describe('on a PostgreSQL that serializes', { skip: postgres ? false : 'no PostgreSQL here' }, () => {
  let database: TestDatabase;
  let network: TestNetwork;
  let other: pg.Client;

  before(async () => {
    assert.ok(postgres);
    database = await postgres.createMigrated();
    const { url } = database.config as { url: string };
    other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query(
      `alter database ${new URL(url).pathname.slice(1)} set default_transaction_isolation = serializable`,
    );
    network = await startTestNetwork({ server: { database } });
  });
  after(async () => {
    await network?.close();
    await other?.end();
    await database?.remove();
  });

  const isWaiting = async () => {
    const { rows } = await other.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  };
  /** The work's snapshot is older than what another transaction then commits on a row it needs. */
  async function overtaken<Result>(lock: string, work: () => Promise<Result>): Promise<Result> {
    await other.query('begin');
    const { rowCount } = await other.query(lock);
    assert.ok(rowCount);
    const result = work();
    await until(isWaiting, 'the work to wait for the row');
    await other.query('commit');
    return result;
  }
  const count = async (table: string) =>
    Number((await other.query(`select count(*) as rows from ${table}`)).rows[0].rows);
  const hook = (body: string) => {
    const headers = { 'x-vapi-agent-token': network.acme.webhookSecret, 'content-type': 'application/json' };
    return network.server.request('POST', '/v1/webhooks/vapi/acme', { headers, body });
  };

  it('a start that another transaction overtakes is granted once, and counted once', async () => {
    const session = await network.session('acme');
    const start = () => network.visitor('/v1/calls', { session });
    const answer = await overtaken(`update tenants set start_lock = start_lock + 1`, start);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(await count('reservations'), 1);
    assert.equal(Number((await other.query('select sum(starts) as n from start_counts')).rows[0].n), 1);
    assert.equal(network.emulator.calls().length, 1);
  });

  it('a report is booked once, with one revision', async () => {
    assert.equal((await hook(report())).status, 200);
    const revisions = await count('call_revisions');
    const lock = 'update usage_daily set calls = calls + 0';
    const answer = await overtaken(lock, () => hook(report()));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await count('call_revisions'), revisions + 1);
    const { rows } = await other.query(
      'select (select sum(cost_micros) from usage_daily) = (select sum(cost_micros) from calls) as same',
    );
    assert.equal(rows[0].same, true);
  });

  it('an invoice is frozen once, with the number that follows', async () => {
    const { operator, clock } = network.server;
    await operator('PUT', '/v1/billing/seller', seller);
    const from = '2026-11-01';
    const plan = await operator('PUT', '/v1/tenants/acme/plan', { plan: simplePlan, from, backdate: true });
    assert.equal(plan.status, 200, plan.text);
    clock.now = Date.parse('2026-12-02T12:00:00Z');
    const draft = await operator('POST', '/v1/tenants/acme/invoices', { period: '2026-11' });
    assert.equal(draft.status, 201, draft.text);
    const path = `/v1/tenants/acme/invoices/${draft.body.id}/finalize`;
    const freeze = () => operator('POST', path);
    const frozen = await overtaken('update billing_locks set taken = taken + 1', freeze);
    assert.equal(frozen.status, 200, frozen.text);
    const { rows } = await other.query(`select number, status from invoices`);
    assert.deepEqual(rows, [{ number: frozen.body.number, status: 'finalized' }]);
    assert.match(frozen.body.number, /0*1$/);
    assert.equal((await freeze()).status, 409);
  });

  it('a single statement is repeated, too', async () => {
    const { store } = network.server.ctx;
    const work = () => store.updateTable('leases').set({ expiresAt: 5 }).where('name', '=', 'one').execute();
    await store
      .insertInto('leases')
      .values({ name: 'one', owner: 'o', expiresAt: 0, doneAt: null })
      .execute();
    await overtaken(`update leases set done_at = 7 where name = 'one'`, work);
    const { rows } = await other.query(`select expires_at, done_at from leases where name = 'one'`);
    assert.deepEqual(rows, [{ expires_at: '5', done_at: '7' }]);
  });

  it('two calls that two clients take from each other in opposite order are each taken once', async () => {
    await other.query(
      `alter database ${(await other.query('select current_database() as name')).rows[0].name}
         reset default_transaction_isolation`,
    );
    await network.addTenant('bakery');
    const [acme, bakery] = await Promise.all(
      ['acme', 'bakery'].map(async (slug) => (await findTenant(network.server.ctx.store, slug)) as Tenant),
    );
    assert.ok(acme && bakery);
    const { ctx, clock } = network.server;
    const book = (tenant: Tenant, id: string, source: 'webhook' | 'poll') => {
      const entry: LedgerEntry = { id, at: '2026-11-20T10:00:00Z', seconds: 60 };
      return ingestCallEvent(ctx, tenant, { ...eventOf(entry, clock.now), source });
    };
    const [x, y] = [randomUUID(), randomUUID()];
    // Anyone with a webhook's secret can claim a call, until Vapi shows whose it is.
    await book(acme, x, 'webhook');
    await book(bakery, y, 'webhook');
    // Both have given up the wrong client's figures when they wait for the row that they book next.
    await other.query('begin');
    const columns = `tenant_id, id, type, status, created_at, poll_attempts, revision, updated_at`;
    for (const [tenant, id] of [
      [bakery, x],
      [acme, y],
    ] as const)
      await other.query(`insert into calls (${columns}) values ($1, $2, 'webCall', 'queued', 0, 0, 0, 0)`, [
        tenant.id,
        id,
      ]);
    const taken = Promise.all([book(bakery, x, 'poll'), book(acme, y, 'poll')]);
    const bothWait = `select count(*) > 1 as both from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    await until(async () => (await other.query(bothWait)).rows[0].both, 'both to wait');
    await other.query('rollback');
    await taken;
    const deadlocks = 'select deadlocks from pg_stat_database where datname = current_database()';
    await until(async () => Number((await other.query(deadlocks)).rows[0].deadlocks) > 0, 'a deadlock');
    const { rows } = await other.query(
      `select t.slug, sum(c.cost_micros) as micros, count(*) filter (where c.cost_micros > 0) as calls
         from calls c join tenants t on t.id = c.tenant_id where c.id in ($1, $2) group by 1 order by 1`,
      [x, y],
    );
    assert.deepEqual(rows, [
      { slug: 'acme', micros: '100000', calls: '1' },
      { slug: 'bakery', micros: '100000', calls: '1' },
    ]);
    const usage = await other.query(
      `select (select sum(cost_micros) from usage_daily) = (select sum(cost_micros) from calls) as same`,
    );
    assert.equal(usage.rows[0].same, true);
  });
});

/** Undoes the first attempt at each transaction when it is about to be committed, as a conflict does. */
function undoFirst(store: Store): void {
  const real = store.transaction.bind(store);
  store.transaction = () => {
    const builder = real();
    const execute = builder.execute.bind(builder);
    const twice: typeof execute = (body) => {
      let undone = false;
      return execute(async (db) => {
        const result = await body(db);
        if (undone) return result;
        undone = true;
        throw conflict();
      });
    };
    return Object.assign(builder, { execute: twice });
  };
}

for (const engine of testDatabases()) {
  describe(`on ${engine.name}, with every transaction run twice`, () => {
    it('a client’s way from its creation to its invoice leaves each thing once', async () => {
      const network = await startTestNetwork({ server: { engine } });
      const own = await startOwnServer();
      try {
        const { server } = network;
        undoFirst(server.ctx.store);
        const { operator } = server;
        const { slug: _slug, ...named } = {
          ...{ slug: '', name: 'Acme', orgId: network.acme.orgId, privateKey: network.acme.privateKey },
          ...{ assistantId: randomUUID(), allowedOrigins: ['https://acme.example'] },
        };
        network.emulator.addOrg({
          orgId: named.orgId,
          privateKeys: [named.privateKey],
          publicKeys: [],
          assistants: [{ id: named.assistantId }],
        });
        const made = await operator('POST', '/v1/tenants', named);
        assert.deepEqual([made.status, made.body.slug], [201, 'acme-2'], made.text);
        await operator('PATCH', '/v1/tenants/acme', { webhookForwardUrl: own.url });
        const answer = await network.visitor('/v1/calls', { session: await network.session('acme') });
        assert.equal(answer.status, 201, answer.text);
        const headers = {
          'x-vapi-agent-token': network.acme.webhookSecret,
          'content-type': 'application/json',
        };
        const hook = await server.request('POST', '/v1/webhooks/vapi/acme', { headers, body: report() });
        assert.equal(hook.status, 200, hook.text);
        await own.waitFor(1);
        await operator('PUT', '/v1/billing/seller', seller);
        const plan = { plan: simplePlan, from: '2026-11-01', backdate: true };
        assert.equal((await operator('PUT', '/v1/tenants/acme/plan', plan)).status, 200);
        server.clock.now = Date.parse('2026-12-02T12:00:00Z');
        const draft = await operator('POST', '/v1/tenants/acme/invoices', { period: '2026-11' });
        const bill = await operator('POST', `/v1/tenants/acme/invoices/${draft.body.id}/finalize`);
        assert.equal(bill.status, 200, bill.text);
        const all = await server.ctx.store.selectFrom('audit').select('action').execute();
        assert.deepEqual(all.map(({ action }) => action).sort(), [
          ...['invoice.draft', 'invoice.finalize', 'plan.set', 'seller.update'],
          ...['tenant.create', 'tenant.create', 'tenant.update'],
        ]);
        const { tenants } = (await operator('GET', '/v1/tenants')).body;
        assert.deepEqual(tenants.map(({ slug }: { slug: string }) => slug).sort(), ['acme', 'acme-2']);
        assert.equal(own.received.length, 1);
      } finally {
        await network.close();
        await own.close();
      }
    });
  });
}
