/** When a tenant was paused for an unpaid invoice: once, so that an operator who resumes it is not overruled. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const overdue: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('invoices').addColumn('paused_at', 'bigint').execute();
  },
};
