/** The operator's list of invoices is sorted, searched and summed from indexes alone: documents are large. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const invoiceList: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.dropIndex('invoices_books').execute();
    await db.schema
      .createIndex('invoices_books')
      .on('invoices')
      .columns(['created_at', 'id', 'month', 'status', 'kind', 'tenant_id'])
      .columns(['number', 'currency', 'total_cents', 'due_cents', 'paid_at'])
      .execute();
    await db.schema.dropIndex('invoices_corrections').execute();
    await db.schema
      .createIndex('invoices_corrections')
      .on('invoices')
      .columns(['corrects_id', 'status', 'due_cents', 'finalized_at'])
      .execute();
    await db.schema
      .createIndex('invoices_by_total')
      .on('invoices')
      .columns(['total_cents', 'id', 'month', 'status'])
      .execute();
    await sql`create index invoices_by_due on invoices (coalesce(due_at, 0), id, month, status)`.execute(db);
  },
};
