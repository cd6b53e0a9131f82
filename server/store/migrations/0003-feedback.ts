/** Visitors' feedback on their calls. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const feedback: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('feedback')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('call_id', 'text', (column) => column.notNull())
      .addColumn('rating', 'text', (column) => column.notNull())
      .addColumn('comment', 'text')
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('feedback_key', ['tenant_id', 'call_id'])
      .execute();
  },
};
