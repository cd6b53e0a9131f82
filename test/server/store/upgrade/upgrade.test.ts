/** An upgrade on real rows: a store filled by an older version is restored, migrated, and billed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it, test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import type { CloseReport, InvoiceSummary } from '../../../../server/contract.ts';
import { openStore } from '../../../../server/store/database.ts';
import { migrations } from '../../../../server/store/migrations/index.ts';
import { nodeSqliteDialect } from '../../../../server/store/node-sqlite.ts';
import { startEmptyVapi } from '../../../support/empty-vapi.ts';
import { type TestDatabase, testDatabases } from '../../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../../support/test-server.ts';

const dump = readFileSync(join(import.meta.dirname, 'schema-0003.sql'), 'utf8');
const noted = (name: string) => new RegExp(`^-- ${name} (.+)$`, 'm').exec(dump)?.[1] ?? '';

interface Kept {
  table: string;
  columns: string[];
  count: number;
}
/** The tables with rows in the dump, with the columns they had. */
const kept: Kept[] = [
  ...Map.groupBy(dump.matchAll(/^insert into "(\w+)" \(([^)]+)\)/gm), ([, table]) => table),
]
  .map(([table = '', rows]) => ({
    table,
    columns: [...(rows[0]?.[2] ?? '').matchAll(/"(\w+)"/g)].map(([, name = '']) => name),
    count: rows.length,
  }))
  .filter(({ table }) => !table.startsWith('kysely_'));

test('the migrations up to that version are still the ones that made it: a released one is never edited', async () => {
  const db = new Kysely<unknown>({ dialect: nodeSqliteDialect(':memory:') });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateTo('0003-feedback');
  assert.equal(error, undefined);
  const made = await sql<{ sql: string }>`
    select sql from sqlite_master where sql is not null order by rowid`.execute(db);
  await db.destroy();
  const stored = dump.split('\n').filter((line) => line.startsWith('CREATE '));
  assert.ok(stored.length > 30);
  assert.deepEqual(
    made.rows.map((row) => `${row.sql};`),
    stored,
  );
});

for (const engine of testDatabases()) {
  describe(`a store of schema version 0003, on ${engine.name}`, () => {
    let database: TestDatabase;
    let server: TestServer | null = null;
    let vapi: Awaited<ReturnType<typeof startEmptyVapi>>;
    let rowsBefore: unknown[][];
    before(async () => {
      vapi = await startEmptyVapi();
      database = await engine.create();
      await restore(database);
      rowsBefore = await rowsOf(database);
    });
    after(async () => {
      await server?.close();
      await vapi.close();
      await database.remove();
    });

    it('has tenants, calls, a frozen invoice and a draft to lose', () => {
      const counts = Object.fromEntries(kept.map(({ table, count }) => [table, count]));
      assert.deepEqual(
        [counts.tenants, counts.calls, counts.invoices, counts.credits, counts.feedback],
        [2, 9, 2, 2, 1],
      );
    });

    it('is brought up to date by opening it, and each row is as it was', async () => {
      const store = await openStore(database.config);
      const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
        store,
      );
      await store.destroy();
      assert.deepEqual(
        applied.rows.map(({ name }) => name),
        Object.keys(migrations),
      );
      assert.deepEqual(await rowsOf(database), rowsBefore);
    });

    it('accepts its own keys: the client’s, and the secret of the tenant’s webhook', async () => {
      server = await startTestServer({
        database,
        vapiBaseUrl: vapi.url,
        now: Date.parse('2026-12-03T09:00:00Z'),
        secrets: { secretKeys: [Buffer.from(noted('SECRET_KEY'), 'base64')] },
      });
      const headers = { authorization: `Bearer ${noted('client key')}` };
      const usage = await server.request(
        'GET',
        '/v1/tenants/acme/usage?from=2026-10-01&to=2026-12-01&by=month',
        {
          headers,
        },
      );
      assert.deepEqual(usage.body.rows, [
        { key: '2026-10', calls: 3, seconds: 300 + 421 + 60 },
        { key: '2026-11', calls: 3, seconds: 600 + 90 + 33 },
      ]);
      const message = { message: { type: 'status-update', status: 'queued', call: { id: 'none' } } };
      const webhook = await server.request('POST', '/v1/webhooks/vapi/acme', {
        headers: { 'x-vapi-agent-token': 'webhook-secret-of-acme-00' },
        body: message,
      });
      assert.equal(webhook.status, 200, webhook.text);
    });

    it('closes its next month over the old rows, and does not change the frozen invoice', async () => {
      const running = server;
      assert.ok(running);
      const october = async (): Promise<InvoiceSummary & { sha256: string }> => {
        const list = (await running.operator('GET', '/v1/tenants/acme/invoices')).body
          .invoices as InvoiceSummary[];
        const id = list.find(({ month }) => month === '2026-10')?.id;
        return (await running.operator('GET', `/v1/tenants/acme/invoices/${id}`)).body;
      };
      const frozen = await october();
      assert.deepEqual([frozen.number, frozen.totalCents, frozen.dueCents], ['INV-000001', 5920, 4920]);

      const report = (await running.operator('POST', '/v1/billing/close?wait=true', { month: '2026-11' }))
        .body as CloseReport;
      const totals = report.entries
        .filter(({ month }) => month === '2026-11')
        .map(({ tenant, outcome, totalCents }) => [tenant, outcome, totalCents]);
      assert.deepEqual(totals, [
        // The fee of 49.00, and 723 s less ten free minutes: 123 s at 0.25 a minute = 0.51; with 19 % tax 58.92.
        ['acme', 'finalized', 5892],
        // 1.00 and 0.333333 with 30 % = 1.73, and a chat at 0.02; the old draft is recalculated.
        ['bolt', 'finalized', 175],
      ]);
      assert.equal(report.needsPerson, 0);
      // It has become overdue meanwhile; its content has not changed.
      const { status, state } = frozen;
      assert.deepEqual({ ...(await october()), status, state }, frozen);
    });
  });
}

for (const engine of testDatabases()) {
  for (const collection of ['manual', 'send', 'charge']) {
    test(`an invoice that was frozen before is collected as its tenant says: ${collection}, on ${engine.name}`, async () => {
      const database = await engine.create();
      // A name that looks like the setting is not the setting.
      const name = JSON.stringify('Acme","collection":"send');
      const settings = `{"buyer":{"name":${name}},"collection":"${collection}"}`;
      await restore(
        database,
        `${dump}; update billing_accounts set settings = '${settings}', stripe_customer_id = 'cus_1'`,
      );
      const store = await openStore(database.config);
      const rows = await store.selectFrom('invoices').selectAll().orderBy('month').execute();
      await store.destroy();
      await database.remove();
      assert.deepEqual(
        rows.map((row) => [row.status, row.collection, row.stripeCustomerId]),
        [
          ['finalized', collection, 'cus_1'],
          ['draft', null, null],
        ],
      );
    });
  }
}

async function restore({ config }: TestDatabase, statements = dump): Promise<void> {
  if (config.kind === 'sqlite') {
    const db = new DatabaseSync(config.file);
    db.exec(statements);
    db.close();
  } else {
    const client = new pg.Client({ connectionString: config.url });
    await client.connect();
    await client.query(statements);
    await client.end();
  }
}

/** Every row of every table in the columns that it had, ordered by all of them. */
async function rowsOf({ config }: TestDatabase): Promise<unknown[][]> {
  const statements = kept.map(({ table, columns }) => {
    const list = columns.map((name) => `"${name}"`).join(', ');
    return `select ${list} from "${table}" order by ${list}`;
  });
  if (config.kind === 'sqlite') {
    const db = new DatabaseSync(config.file);
    const rows = statements.map((statement) => db.prepare(statement).all());
    db.close();
    return rows;
  }
  const client = new pg.Client({ connectionString: config.url });
  await client.connect();
  const rows: unknown[][] = [];
  for (const statement of statements) rows.push((await client.query(statement)).rows);
  await client.end();
  return rows;
}
