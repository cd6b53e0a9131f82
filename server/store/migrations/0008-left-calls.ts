/** Calls whose visitor has left the page, and may return on the next one. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const leftCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('left_calls')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('call_id', 'text', (column) => column.notNull())
      .addColumn('page', 'bigint', (column) => column.notNull())
      .addColumn('end_at', 'bigint')
      .addColumn('attempts', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('left_calls_key', ['tenant_id', 'call_id'])
      .execute();
    await db.schema
      .createIndex('left_calls_due')
      .on('left_calls')
      .column('end_at')
      .where('end_at' as never, 'is not', null)
      .execute();
  },
};
