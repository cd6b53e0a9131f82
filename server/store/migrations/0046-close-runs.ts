/**
 * A month's close as a job: the run, and a row for each of its clients, that any process can claim. The reports of earlier
 * runs become such rows, too.
 */
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const closeRuns: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('close_runs')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('request', 'text', (column) => column.notNull())
      .addColumn('dry_run', 'bigint', (column) => column.notNull())
      .addColumn('is_whole', 'bigint', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .addColumn('clients', 'bigint', (column) => column.notNull())
      .addColumn('kept', 'bigint', (column) => column.notNull())
      .addColumn('summary', 'text')
      .execute();
    await db.schema
      .createIndex('close_runs_listing')
      .on('close_runs')
      .columns(['started_at', 'id'])
      .execute();
    await db.schema.createIndex('close_runs_state').on('close_runs').column('state').execute();
    await db.schema
      .createTable('close_clients')
      .addColumn('run_id', 'text', (column) => column.notNull().references('close_runs.id'))
      .addColumn('no', 'bigint', (column) => column.notNull())
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('handle', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('claimed_by', 'text')
      .addColumn('claimed_until', 'bigint')
      .addColumn('tries', 'bigint', (column) => column.notNull())
      .addColumn('entries', 'text', (column) => column.notNull())
      .addColumn('problems', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('close_clients_pk', ['run_id', 'no'])
      .execute();
    await db.schema
      .createIndex('close_clients_state')
      .on('close_clients')
      .columns(['run_id', 'state', 'no'])
      .execute();
    await moveReports(db.withoutPlugins());
    await db.schema.dropTable('billing_runs').execute();
  },
};

interface OldEntry {
  tenant: string;
  month: string;
  outcome: string;
  totalCents: number | null;
  currency: string | null;
  problem?: string;
}
interface OldReport {
  month: string | null;
  tenant?: string | null;
  dryRun: boolean;
  entries: OldEntry[];
}

/** One at a time: a report of thousands of clients is large. */
async function moveReports(db: Kysely<unknown>): Promise<void> {
  const { rows: ids } = await sql<{ id: string }>`select id from billing_runs`.execute(db);
  for (const { id } of ids) {
    const { rows } = await sql<{ started_at: number; finished_at: number | null; report: string }>`
      select started_at, finished_at, report from billing_runs where id = ${id}`.execute(db);
    const [row] = rows;
    if (!row) continue;
    const { month, tenant = null, dryRun, entries } = JSON.parse(row.report) as OldReport;
    const clients = [...Map.groupBy(entries, (entry) => entry.tenant)];
    const problemsOf = (some: OldEntry[]) => some.filter(({ problem }) => problem !== undefined).length;
    const request = { dryRun, graceHours: 24, ...(month ? { month } : {}), ...(tenant ? { tenant } : {}) };
    const summary = {
      done: clients.filter(([, its]) => problemsOf(its) === 0).length,
      forPerson: clients.filter(([, its]) => problemsOf(its) > 0).length,
      needsPerson: problemsOf(entries),
      totals: totalsOf(entries),
      troubles: createHash('sha256')
        .update(JSON.stringify(entries.filter(({ problem }) => problem !== undefined)))
        .digest('hex'),
    };
    await sql`insert into close_runs (id, request, dry_run, is_whole, actor, state, started_at, finished_at, clients, kept, summary)
      values (${id}, ${JSON.stringify(request)}, ${dryRun ? 1 : 0}, ${month || tenant || dryRun ? 0 : 1}, '',
        ${row.finished_at === null ? 'stopped' : 'finished'}, ${row.started_at}, ${row.finished_at}, ${clients.length}, 1,
        ${JSON.stringify(summary)})`.execute(db);
    for (const [index, [handle, its]] of clients.entries()) {
      const problems = problemsOf(its);
      await sql`insert into close_clients (run_id, no, tenant_id, handle, state, tries, entries, problems)
        values (${id}, ${index + 1}, ${handle}, ${handle}, ${problems > 0 ? 'for-person' : 'done'}, 1,
          ${JSON.stringify(its)}, ${problems})`.execute(db);
    }
  }
}

function totalsOf(entries: OldEntry[]): object[] {
  const made = entries.filter(({ outcome }) => /^(would-finalize|finalized|pushed)$/.test(outcome));
  return [...Map.groupBy(made, ({ currency }) => currency ?? 'usd')].map(([currency, its]) => ({
    currency,
    invoices: its.length,
    totalCents: its.reduce((sum, { totalCents }) => sum + (totalCents ?? 0), 0),
  }));
}
