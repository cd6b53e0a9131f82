/** A lock for a tenant's billing that is not the lock of its calls: freezing a long month must keep no visitor waiting. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const billingLocks: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('billing_locks')
      .addColumn('tenant_id', 'text', (column) => column.primaryKey().references('tenants.id'))
      .addColumn('taken', 'bigint', (column) => column.notNull())
      .execute();
  },
};
