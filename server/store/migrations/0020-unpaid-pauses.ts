/** Since when a tenant is paused only because of its unpaid invoices: such a pause ends automatically. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unpaidPauses: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('tenants').addColumn('paused_unpaid_at', 'bigint').execute();
  },
};
