/** A tenant's billing has a different lock from its calls: freezing a long month must not delay visitors. */
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
