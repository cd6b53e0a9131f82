/** Plans, invoices with their lines and calls, numbers, credit and the runs that close a month. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const billing: Migration = {
  async up(db: Kysely<unknown>) {
    // A month is read in this order, and what changed since an invoice is found by its time.
    await db.schema
      .createIndex('calls_billing')
      .on('calls')
      .columns(['tenant_id', 'usage_day', 'created_at', 'id'])
      .execute();
    await db.schema.createIndex('calls_changed').on('calls').columns(['tenant_id', 'updated_at']).execute();

    await db.schema
      .createTable('plans')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('version', 'bigint', (column) => column.notNull())
      .addColumn('from_day', 'text', (column) => column.notNull())
      .addColumn('plan', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('plans_version', ['tenant_id', 'version'])
      .execute();

    await db.schema
      .createTable('billing_accounts')
      .addColumn('tenant_id', 'text', (column) => column.primaryKey().references('tenants.id'))
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('stripe_customer_id', 'text')
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('sellers')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();

    await invoices(db);

    await db.schema
      .createTable('credits')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('currency', 'text', (column) => column.notNull())
      .addColumn('amount_cents', 'bigint', (column) => column.notNull())
      .addColumn('invoice_id', 'text', (column) => column.references('invoices.id'))
      .addColumn('note', 'text', (column) => column.notNull())
      .addUniqueConstraint('credits_once', ['invoice_id', 'kind'])
      .execute();
    await db.schema.createIndex('credits_listing').on('credits').columns(['tenant_id', 'at', 'id']).execute();

    await db.schema
      .createTable('billing_runs')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('month', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .addColumn('report', 'text', (column) => column.notNull())
      .execute();
  },
};

async function invoices(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('invoices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('number', 'text', (column) => column.unique())
    .addColumn('currency', 'text', (column) => column.notNull())
    .addColumn('total_cents', 'bigint', (column) => column.notNull())
    .addColumn('due_cents', 'bigint', (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text')
    .addColumn('corrects_id', 'text', (column) => column.references('invoices.id'))
    .addColumn('stripe_id', 'text', (column) => column.unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('finalized_at', 'bigint')
    .addColumn('due_at', 'bigint')
    .addColumn('pushed_at', 'bigint')
    .addColumn('paid_at', 'bigint')
    .addColumn('voided_at', 'bigint')
    .execute();
  // One document bills a month; a void one makes room for the next.
  await db.schema
    .createIndex('invoices_month')
    .unique()
    .on('invoices')
    .columns(['tenant_id', 'month'])
    .where('role' as never, '=', 'period')
    .where('status' as never, '<>', 'void')
    .execute();
  await db.schema
    .createIndex('invoices_listing')
    .on('invoices')
    .columns(['tenant_id', 'created_at', 'id'])
    .execute();
  await db.schema.createIndex('invoices_status').on('invoices').columns(['status', 'due_at']).execute();

  await db.schema
    .createTable('invoice_lines')
    .addColumn('invoice_id', 'text', (column) => column.notNull().references('invoices.id'))
    .addColumn('no', 'bigint', (column) => column.notNull())
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('plan_id', 'text', (column) => column.notNull())
    .addColumn('rate', 'bigint')
    .addColumn('billed_seconds', 'bigint', (column) => column.notNull())
    .addColumn('amount_cents', 'bigint', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('invoice_lines_key', ['invoice_id', 'no'])
    .execute();
  await db.schema
    .createIndex('invoice_lines_month')
    .on('invoice_lines')
    .columns(['tenant_id', 'month', 'plan_id'])
    .execute();

  await db.schema
    .createTable('invoice_calls')
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .addColumn('invoice_id', 'text', (column) => column.notNull().references('invoices.id'))
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('plan_id', 'text', (column) => column.notNull())
    .addColumn('rate', 'bigint', (column) => column.notNull())
    .addColumn('seconds', 'bigint')
    .addColumn('cost_micros', 'bigint')
    .addColumn('billed_seconds', 'bigint', (column) => column.notNull())
    .addColumn('price_micros', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('invoice_calls_key', ['invoice_id', 'month', 'plan_id', 'rate', 'call_id'])
    .execute();
  // Guarantees "billed once".
  await db.schema
    .createIndex('invoice_calls_once')
    .unique()
    .on('invoice_calls')
    .columns(['tenant_id', 'call_id', 'seq'])
    .where('active' as never, '=', 1)
    .execute();

  await db.schema
    .createTable('invoice_numbers')
    .addColumn('series', 'text', (column) => column.primaryKey())
    .addColumn('last', 'bigint', (column) => column.notNull())
    .execute();
}
