/** Since when a tenant is paused by its unpaid invoices and by nobody else: only such a pause ends by itself. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unpaidPauses: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('tenants').addColumn('paused_unpaid_at', 'bigint').execute();
  },
};
