/**
 * What engines that spread tables over machines refuse, checked on a plain PostgreSQL against the table in
 * `server/deploy/distributed.md`: where a key lacks the column by which its table is spread, where a trigger, a sequence
 * or a lock needs one machine, and statements that write many tenants' rows.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { seller, simplePlan } from '../billing/stage.ts';
import { report } from '../metering/webhooks/support.ts';

const engine = everyDatabase().find(({ name }) => name === 'PostgreSQL');
const page = readFileSync(join(import.meta.dirname, '../../../server/deploy/distributed.md'), 'utf8');
const columns: Record<string, string> = { tenant: 'tenant_id', call: 'call_id' };
const placed = [...page.matchAll(/^\| `(\w+)` \| (tenant|call|reference|local) \|/gm)].map(
  ([, table = '', place = '']) => ({ table, place }),
);
const placeOf = new Map(placed.map(({ table, place }) => [table, place]));
const spreadBy = (table: string) => columns[placeOf.get(table) ?? ''];

/** Across tenants on purpose, as the page says: looking for what is due, and pruning. */
const acrossTenants = [
  /^select .* from "(calls|left_calls|wirings|pending_keys|unwirings)" where "\w+" <= \$/,
  /^delete from "start_counts" where "minute" < \$/,
  /^delete from "leads" where "expires_at" <= \$/,
  /^select .* from "(call_results|call_identities)" inner join "tenants" on .* where "tenants"."deleted_at" < \$/,
  // Lists of all tenants, one month.
  /^select .*"tenant_months"."month" = \$/,
];

/** Of one tenant, but with the owners of its calls, which are spread by the call; the page names all three. */
const withOwners = [
  /from "calls" where "calls"."tenant_id" = \$.* not exists \(select "call_owners"."call_id" from "call_owners" where "call_owners"."call_id" = "calls"."id"/,
  /from "calls" inner join "call_owners" on .* "calls"."tenant_id" = \$.* "calls"."gone_at" is not null/,
  /from "call_owners" inner join "calls" on .* "call_owners"."tenant_id" = \$.* "call_owners"."confirmed" = 0/,
];

/** @returns why the statement needs more than one machine; null when it does not, or the page names it */
function needsManyMachines(statement: string): string | null {
  const text = statement.replace(/\s+/g, ' ').trim().toLowerCase();
  if (/\bfor (no key )?(update|share)\b|\block table\b/.test(text)) return 'locks rows that it reads';
  if (/pg_advisory_lock|pg_try_advisory_lock|\blisten\b/.test(text)) return 'keeps a session';
  if ([...acrossTenants, ...withOwners].some((allowed) => allowed.test(text))) return null;
  const spread = placed.filter(
    ({ table }) => spreadBy(table) && new RegExp(`(from|join|into|update) "?${table}"?(?!\\w)`).test(text),
  );
  for (const { table } of spread) {
    const column = spreadBy(table) as string;
    const inserts = new RegExp(`insert into "?${table}"? ?\\(([^)]*)\\)`).exec(text);
    if (inserts) {
      if (!inserts[1]?.includes(column)) return `inserts into ${table} without ${column}`;
      continue;
    }
    if (!new RegExp(`${column}"? (= \\$|in \\()`).test(text))
      return `reads or writes ${table} without ${column}`;
  }
  if (new Set(spread.map(({ table }) => spreadBy(table))).size > 1) return 'joins two distributions';
  return null;
}

describe('the schema, spread over machines', { skip: engine ? false : 'no PostgreSQL here' }, () => {
  let database: TestDatabase;
  let client: pg.Client;
  before(async () => {
    assert.ok(engine);
    database = await engine.createMigrated();
    client = new pg.Client({ connectionString: (database.config as { url: string }).url });
    await client.connect();
  });
  after(async () => {
    await client?.end();
    await database?.remove();
  });
  const rows = async (sql: string) => (await client.query(sql)).rows as Record<string, string>[];

  it('has a place for each table, each named once', async () => {
    const live = await rows(
      `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'`,
    );
    assert.deepEqual(placed.map(({ table }) => table).sort(), live.map(({ name }) => name).sort());
  });

  it('has the column by which a table is spread in each of its unique keys, never null', async () => {
    const keys = await rows(`
      select c.relname as table, i.relname as key, string_agg(a.attname, ',') as columns
      from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey)
      where x.indisunique and c.relnamespace = 'public'::regnamespace group by 1, 2`);
    const wrong = keys.filter(({ table = '', columns: of = '' }) => {
      const column = spreadBy(table);
      return column !== undefined && !of.split(',').includes(column);
    });
    assert.deepEqual(wrong, []);
    const nullable = await rows(
      `select table_name as table, column_name as column from information_schema.columns
       where table_schema = 'public' and is_nullable = 'YES'`,
    );
    assert.deepEqual(
      nullable.filter(({ table = '', column }) => spreadBy(table) === column),
      [],
    );
    // Or nothing was checked.
    assert.ok(keys.filter(({ table = '' }) => spreadBy(table)).length > 10);
  });

  it('refers from a spread table only to its own machine, and from a copied one only to copies', async () => {
    const references = await rows(`
      select conrelid::regclass::text as table, confrelid::regclass::text as target,
        (select string_agg(attname, ',') from pg_attribute where attrelid = conrelid and attnum = any (conkey)) as columns
      from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`);
    const wrong = references.filter(({ table = '', target = '', columns: of = '' }) => {
      const [from, to] = [placeOf.get(table), placeOf.get(target)];
      if (to === 'reference') return false;
      if (from === 'local') return to !== 'local';
      return from !== to || !of.split(',').includes(spreadBy(table) ?? '');
    });
    assert.deepEqual(wrong, []);
  });

  it('has triggers only on local tables, and no sequence', async () => {
    const triggers = await rows(
      `select tgrelid::regclass::text as table, tgname as name, tgnewtable is not null as transition
       from pg_trigger where not tgisinternal`,
    );
    assert.ok(triggers.length > 10);
    assert.deepEqual(
      triggers.filter(({ table = '' }) => placeOf.get(table) !== 'local'),
      [],
    );
    // Of which the page says what to do about them.
    const whole = triggers.filter(({ transition }) => transition).map(({ table }) => table);
    assert.deepEqual([...new Set(whole)].sort(), ['invoice_calls', 'invoice_lines']);
    assert.deepEqual(await rows(`select relname from pg_class where relkind = 'S'`), []);
  });
});

describe('a statement', () => {
  it('is refused when it needs many machines', () => {
    const refused = [
      ['select * from "calls" where "id" = $1', 'reads or writes calls without tenant_id'],
      [
        'update "usage_daily" set "calls" = $1 where "day" = $2',
        'reads or writes usage_daily without tenant_id',
      ],
      [
        'insert into "feedback" ("call_id", "rating") values ($1, $2)',
        'inserts into feedback without tenant_id',
      ],
      ['select * from "calls" where "tenant_id" = $1 for update', 'locks rows that it reads'],
      ['select pg_advisory_lock(1)', 'keeps a session'],
      [
        'select "id" from "call_owners" inner join "calls" on "calls"."tenant_id" = "call_owners"."tenant_id" where "call_id" = $1 and "calls"."tenant_id" = $2',
        'joins two distributions',
      ],
    ] as const;
    for (const [sql, why] of refused) assert.equal(needsManyMachines(sql), why);
    assert.equal(needsManyMachines('select * from "calls" where "tenant_id" = $1 and "id" = $2'), null);
  });
});

describe('the main flows, spread over machines', { skip: engine ? false : 'no PostgreSQL here' }, () => {
  let database: TestDatabase;
  let network: TestNetwork;
  const statements = new Set<string>();
  before(async () => {
    assert.ok(engine);
    database = await engine.createMigrated();
    network = await startTestNetwork({ server: { database } });
    record(network.server.ctx.store);
  });
  after(async () => {
    await network?.close();
    await database?.remove();
  });
  /** What any store and transaction of this process runs: they share the executor's prototype. */
  function record(store: TestNetwork['server']['ctx']['store']): void {
    type Executor = { executeQuery(query: { sql: string }, ...more: unknown[]): unknown };
    let prototype = Object.getPrototypeOf(store.getExecutor()) as Executor;
    while (!Object.hasOwn(prototype, 'executeQuery')) prototype = Object.getPrototypeOf(prototype);
    const execute = prototype.executeQuery;
    prototype.executeQuery = function (this: Executor, query, ...more) {
      statements.add(query.sql);
      return execute.call(this, query, ...more);
    };
  }

  it('touch one tenant’s rows by their tenant, and a call’s owner by the call', async () => {
    const { operator, request, clock } = network.server;
    const start = await network.visitor('/v1/calls', { session: await network.session('acme') });
    assert.equal(start.status, 201, start.text);
    const { webhookSecret } = network.acme;
    const headers = { 'x-vapi-agent-token': webhookSecret, 'content-type': 'application/json' };
    for (let time = 0; time < 2; time += 1)
      assert.equal(
        (await request('POST', '/v1/webhooks/vapi/acme', { headers, body: report() })).status,
        200,
      );
    assert.equal((await operator('PUT', '/v1/billing/seller', seller)).status, 200);
    const plan = { plan: simplePlan, from: '2026-11-01', backdate: true };
    assert.equal((await operator('PUT', '/v1/tenants/acme/plan', plan)).status, 200);
    clock.now = Date.parse('2026-12-02T12:00:00Z');
    const draft = await operator('POST', '/v1/tenants/acme/invoices', { period: '2026-11' });
    const frozen = await operator('POST', `/v1/tenants/acme/invoices/${draft.body.id}/finalize`);
    assert.equal(frozen.status, 200, frozen.text);
    for (const path of ['calls', 'usage', 'invoices', 'plan'])
      assert.equal((await operator('GET', `/v1/tenants/acme/${path}`)).status, 200, path);
    assert.ok(statements.size > 40, `${statements.size} statements`);
    const wrong = [...statements]
      .map((sql) => ({ sql, why: needsManyMachines(sql) }))
      .filter(({ why }) => why !== null);
    assert.deepEqual(wrong, []);
  });
});
