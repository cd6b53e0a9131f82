/** How single migrations change existing rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { reportsOf } from '../../../../server/billing/clerk/close-report.ts';
import { listCloseRuns } from '../../../../server/store/close-runs.ts';
import type { Store } from '../../../../server/store/database.ts';
import { migrations } from '../../../../server/store/migrations/index.ts';
import { nodeSqliteDialect } from '../../../../server/store/node-sqlite.ts';

async function storeAt(name: string) {
  const db = new Kysely<unknown>({ dialect: nodeSqliteDialect(':memory:') });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const to = async (target: string) => assert.equal((await migrator.migrateTo(target)).error, undefined);
  await to(name);
  const tenant = (id: string, orgId: string, deletedAt: number | null = null) =>
    sql`insert into tenants (id, slug, name, status, generation, org_id, assistant_id, access_mode, time_zone,
      private_key_sealed, webhook_secret_sealed, hook_secret_sealed, settings, created_at, updated_at, deleted_at)
      values (${id}, ${id}, ${id}, 'active', 1, ${orgId}, 'x', 'proxy', 'UTC', '', '', '', '{}', 1, 1, ${deletedAt})`.execute(
      db,
    );
  return { db, to, tenant };
}

test('only a client that has never shared its organization keeps all of its calls', async () => {
  const { db, to, tenant } = await storeAt('0010-consent-evidence');
  await tenant('alone', 'org-1');
  await tenant('one-of-two', 'org-2');
  await tenant('two-of-two', 'org-2');
  await tenant('left-over', 'org-3');
  await tenant('deleted', 'org-3', 5);
  await to('0014-whole-org');
  const { rows } = await sql<{ id: string }>`select id from tenants where whole_org = 1`.execute(db);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ['alone'],
  );
  await db.destroy();
});

test('a call that was booked for two clients stays booked, and then belongs to the one with its assistant', async () => {
  const { db, to, tenant } = await storeAt('0014-whole-org');
  const book = (tenantId: string, id: string, assistantId: string | null) =>
    sql`insert into calls (tenant_id, id, type, status, assistant_id, created_at, revision, updated_at)
      values (${tenantId}, ${id}, 'webCall', 'ended', ${assistantId}, 1, 0, 1)`.execute(db);
  await tenant('a', 'org');
  await tenant('b', 'org');
  await tenant('gone', 'org', 5);
  await sql`update tenants set assistant_id = 'of b' where id = 'b'`.execute(db);
  await book('a', 'twice', 'of b');
  await book('b', 'twice', 'of b');
  await book('gone', 'also twice', null);
  await book('a', 'also twice', null);
  await book('gone', 'once', null);
  await to('0015-call-owners');
  const { rows } = await sql<{
    owner: string;
  }>`select call_id || ' ' || tenant_id || ' ' || confirmed as owner from call_owners order by call_id`.execute(
    db,
  );
  assert.deepEqual(
    rows.map(({ owner }) => owner),
    ['also twice a 1', 'once gone 1', 'twice b 1'],
  );
  const left = await sql<{ count: number }>`select count(*) as count from calls`.execute(db);
  assert.equal(left.rows[0]?.count, 5);
  await db.destroy();
});

test('a cost that no call can have becomes unknown, its day is summed again, and Vapi is asked', async () => {
  const { db, to, tenant } = await storeAt('0025-guarded-books');
  await tenant('a', 'org');
  const book = (id: string, micros: string) =>
    sql`insert into calls (tenant_id, id, type, status, assistant_id, created_at, revision, updated_at, usage_day,
      seconds, cost_micros, vapi_micros) values ('a', ${id}, 'webCall', 'ended', 'x', 1, 0, 1, '2026-11-01',
      60, ${sql.raw(micros)}, ${sql.raw(micros)})`.execute(db);
  await book('good', '250000');
  await book('bad', '9223372036854775807');
  await sql`insert into usage_daily (tenant_id, day, assistant_id, calls, seconds, cost_micros, calls_without_cost,
    transport_micros, stt_micros, llm_micros, tts_micros, vapi_micros, analysis_micros, knowledge_base_micros, other_micros)
    values ('a', '2026-11-01', 'x', 2, 120, 9223372036854775807, 0, 0, 0, 0, 0, 9223372036854775807, 0, 0, 0)`.execute(
    db,
  );
  await to('0032-implausible-costs');
  const { rows: calls } =
    await sql`select id, cost_micros as cost, poll_at as poll from calls order by id`.execute(db);
  assert.deepEqual(
    calls.map((row) => ({ ...(row as object) })),
    [
      { id: 'bad', cost: null, poll: 0 },
      { id: 'good', cost: 250_000, poll: null },
    ],
  );
  const { rows: days } =
    await sql`select calls, cost_micros as cost, vapi_micros as vapi, calls_without_cost as without from usage_daily`.execute(
      db,
    );
  assert.deepEqual({ ...(days[0] as object) }, { calls: 2, cost: 250_000, vapi: 250_000, without: 1 });
  await db.destroy();
});

test('a waiting message has its content’s size, a finished one has none', async () => {
  const { db, to, tenant } = await storeAt('0034-unconfirmed-calls');
  await tenant('a', 'org');
  const message = (id: string, nextAttemptAt: number | null) =>
    sql`insert into forwarded_messages (id, tenant_id, type, created_at, attempts, next_attempt_at)
      values (${id}, 'a', 'end-of-call-report', 1, 1, ${nextAttemptAt})`.execute(db);
  await message('waiting', 5);
  await message('over', null);
  await sql`insert into forwarded_contents (id, headers_sealed, body_sealed) values ('waiting', 'v1.abc', 'v1.defg')`.execute(
    db,
  );
  await to('0035-outbox-limits');
  const { rows } = await sql<{ id: string; bytes: number }>`select id, bytes from forwarded_messages`.execute(
    db,
  );
  assert.deepEqual(Object.fromEntries(rows.map(({ id, bytes }) => [id, bytes])), { waiting: 13, over: 0 });
  await db.destroy();
});

test('a message’s reservation says so, and all others are calls', async () => {
  const { db, to, tenant } = await storeAt('0036-unwanted-calls');
  await tenant('a', 'org');
  const reserve = (id: string) =>
    sql`insert into reservations (id, tenant_id, generation, month, amount_micros, max_seconds, state, lease_expires_at,
      access_mode, assistant_id, visitor_network, created_at)
      values (${id}, 'a', 1, '2026-11', 1, 1, 'held', 1, 'proxy', 'x', '', 1)`.execute(db);
  for (const id of ['ses_one', 'msg_two', 'msgs_three']) await reserve(id);
  await to('0038-reservation-kinds');
  const { rows } = await sql<{ id: string; kind: string }>`select id, kind from reservations`.execute(db);
  assert.deepEqual(Object.fromEntries(rows.map(({ id, kind }) => [id, kind])), {
    ses_one: 'call',
    msg_two: 'message',
    msgs_three: 'call',
  });
  await db.destroy();
});

test('the starts of the day before the newest one are counted by minute', async () => {
  const { db, to, tenant } = await storeAt('0044-squads');
  await tenant('a', 'org');
  const day = 86_400_000;
  const reserve = (id: string, createdAt: number, kind = 'call') =>
    sql`insert into reservations (id, tenant_id, kind, generation, month, amount_micros, max_seconds, state,
      lease_expires_at, access_mode, assistant_id, visitor_network, created_at)
      values (${id}, 'a', ${kind}, 1, '2026-11', 1, 1, 'settled', 1, 'proxy', 'x', '', ${createdAt})`.execute(
      db,
    );
  const now = 30_000_000 * 60_000 + 59_999;
  await reserve('one', now);
  await reserve('two', now - 59_999);
  await reserve('before', now - 60_000);
  await reserve('message', now, 'message');
  await reserve('yesterday', now - day);
  await to('0048-start-counts');
  const { rows } = await sql<{
    count: string;
  }>`select kind || ' ' || minute || ' ' || starts as count from start_counts order by kind, minute`.execute(
    db,
  );
  assert.deepEqual(
    rows.map(({ count }) => count),
    ['call 29999999 1', 'call 30000000 2', 'message 30000000 1'],
  );
  await db.destroy();
});

test('reports of closes are read as before, also of one that was killed', async () => {
  const { db, to } = await storeAt('0044-squads');
  const entry = { tenant: 'acme', month: '2026-10', outcome: 'finalized', number: 'INV-000001' };
  const done = { ...entry, totalCents: 1000, currency: 'usd', openCalls: 0 };
  const failed = { ...done, month: '2026-11', outcome: 'failed', number: null, problem: 'No plan.' };
  const other = { ...done, tenant: 'bolt', number: 'INV-000002', totalCents: 500 };
  const keep = (id: string, at: number, finishedAt: number | null, report: object) =>
    sql`insert into billing_runs (id, month, started_at, finished_at, report)
      values (${id}, '', ${at}, ${finishedAt}, ${JSON.stringify({ id, month: null, dryRun: false, ...report })})`.execute(
      db,
    );
  await keep('run_killed', 1000, null, { entries: [other] });
  await keep('run_done', 2000, 3000, { tenant: 'acme', entries: [done, failed, other] });
  await keep('run_dry', 4000, 5000, { dryRun: true, month: '2026-11', entries: [] });
  await to('0046-close-runs');
  const store = db.withPlugin(new CamelCasePlugin()) as unknown as Store;
  const reports = await reportsOf(store, await listCloseRuns(store, 50, true));
  assert.deepEqual(
    reports.map(({ id, month, tenant, dryRun, state }) => [id, month, tenant, dryRun, state]),
    [
      ['run_dry', '2026-11', null, true, 'finished'],
      ['run_done', null, 'acme', false, 'finished'],
      ['run_killed', null, null, false, 'stopped'],
    ],
  );
  const [, finished, killed] = reports;
  assert.deepEqual(finished?.entries, [done, failed, other]);
  assert.deepEqual(
    [finished?.needsPerson, finished?.progress, finished?.totals],
    [
      1,
      { pending: 0, underWay: 0, done: 1, forPerson: 1 },
      [{ currency: 'usd', invoices: 2, totalCents: 1500 }],
    ],
  );
  assert.deepEqual([killed?.entries, killed?.finishedAt, killed?.needsPerson], [[other], null, 0]);
  await db.destroy();
});

test('a client’s months are the sums of its days, and it is found by its name without accents', async () => {
  const { db, to, tenant } = await storeAt('0044-squads');
  for (const id of ['a', 'b', 'c']) await tenant(id, 'org');
  await sql`update tenants set name = 'Ärzte & Söhne' where id = 'a'`.execute(db);
  const day = (id: string, on: string, assistant: string, micros: number) =>
    sql`insert into usage_daily (tenant_id, day, assistant_id, calls, seconds, cost_micros, calls_without_cost,
      transport_micros, stt_micros, llm_micros, tts_micros, vapi_micros, analysis_micros, knowledge_base_micros, other_micros)
      values (${id}, ${on}, ${assistant}, 2, 120, ${micros}, 1, 0, 0, 0, 0, ${micros}, 0, 0, 0)`.execute(db);
  await day('a', '2026-10-31', 'x', 1);
  await day('a', '2026-11-01', 'x', 2);
  await day('a', '2026-11-30', 'y', 3);
  await day('b', '2026-11-01', 'x', 4);
  await to('0045-tenant-months');
  const { rows: months } = await sql<{
    row: string;
  }>`select tenant_id || ' ' || month || ' ' || calls || ' ' ||
    seconds || ' ' || cost_micros || ' ' || calls_without_cost as row from tenant_months order by 1`.execute(
    db,
  );
  assert.deepEqual(
    months.map(({ row }) => row),
    ['a 2026-10 2 120 1 1', 'a 2026-11 4 240 5 2', 'b 2026-11 2 120 4 1'],
  );
  const { rows: texts } = await sql<{
    text: string;
  }>`select search_text as text from tenants order by 1`.execute(db);
  assert.deepEqual(
    texts.map(({ text }) => text),
    ['arzte & sohne a', 'b b', 'c c'],
  );
  await db.destroy();
});

test('a call is found by the language that its measures had', async () => {
  const { db, to, tenant } = await storeAt('0062-call-results');
  await tenant('a', 'org');
  for (const [id, measures] of [
    ['german', '{"language":[5,"de"]}'],
    ['none', '{}'],
  ])
    await sql`insert into call_results (tenant_id, call_id, measures) values ('a', ${id}, ${measures})`.execute(
      db,
    );
  await to('0070-call-language');
  const { rows } = await sql<{
    language: string | null;
  }>`select language from call_results order by call_id`.execute(db);
  assert.deepEqual(
    rows.map(({ language }) => language),
    ['de', null],
  );
  await db.destroy();
});
