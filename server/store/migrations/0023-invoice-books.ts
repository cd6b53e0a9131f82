/** The invoices of all tenants, newest first; month and status are in the index, so that a filter reads no document. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const invoiceBooks: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createIndex('invoices_books')
      .on('invoices')
      .columns(['created_at', 'id', 'month', 'status'])
      .execute();
  },
};
