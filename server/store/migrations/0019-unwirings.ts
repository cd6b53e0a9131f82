/** Deleted tenants whose assistants may still send to us. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unwirings: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('unwirings')
      .addColumn('tenant_id', 'text', (column) => column.primaryKey().references('tenants.id'))
      .addColumn('attempts', 'bigint', (column) => column.notNull())
      .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
      .execute();
  },
};
