/**
 * The database enforces "a finalized invoice never changes": this code, a later one and a person at the database's
 * prompt are all refused. What may still change is the document's progress (status, Stripe, dates of payment) and
 * whether it counts (`active`, from 1 to 0, when it becomes void).
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const frozen = {
  invoices: [
    ...['id', 'tenant_id', 'kind', 'role', 'month', 'number', 'currency', 'total_cents', 'due_cents'],
    ...['document', 'sha256', 'corrects_id', 'created_at', 'finalized_at', 'due_at'],
  ],
  invoice_lines: [
    ...[
      'invoice_id',
      'no',
      'tenant_id',
      'kind',
      'month',
      'plan_id',
      'rate',
      'billed_seconds',
      'amount_cents',
    ],
  ],
  invoice_calls: [
    ...['tenant_id', 'call_id', 'seq', 'invoice_id', 'month', 'plan_id', 'rate', 'seconds', 'cost_micros'],
    ...['billed_seconds', 'price_micros'],
  ],
};

const changed = (columns: string[]) =>
  `(${columns.map((name) => `new.${name}`)}) is distinct from (${columns.map((name) => `old.${name}`)})`;

/** Lines and calls are written when their document is finalized, so they may never change. */
const rules = [
  {
    table: 'invoices',
    update: `old.status <> 'draft' and (new.status = 'draft' or (old.status = 'void' and new.status <> 'void')
      or ${changed(frozen.invoices)})`,
    remove: "old.status <> 'draft'",
  },
  {
    table: 'invoice_lines',
    update: `new.active > old.active or ${changed(frozen.invoice_lines)}`,
    remove: 'true',
  },
  {
    table: 'invoice_calls',
    update: `new.active > old.active or ${changed(frozen.invoice_calls)}`,
    remove: 'true',
  },
];

export const frozenDocuments: Migration = {
  async up(db: Kysely<unknown>) {
    const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
    if (postgres) {
      await run(
        db,
        `create function refuse_change() returns trigger language plpgsql as $$ begin
          raise exception 'a finalized document never changes (%)', tg_table_name
            using errcode = 'integrity_constraint_violation';
        end $$`,
      );
    }
    const refuse = (table: string) =>
      postgres
        ? 'execute function refuse_change()'
        : `begin select raise(abort, 'a finalized document never changes (${table})'); end`;
    const when = (condition: string) => `for each row when ${postgres ? `(${condition})` : condition}`;
    for (const { table, update, remove } of rules) {
      await run(
        db,
        `create trigger ${table}_frozen before update on ${table} ${when(update)} ${refuse(table)}`,
      );
      await run(
        db,
        `create trigger ${table}_kept before delete on ${table} ${when(remove)} ${refuse(table)}`,
      );
    }
  },
};

const run = (db: Kysely<unknown>, statement: string) => sql.raw(statement).execute(db);
