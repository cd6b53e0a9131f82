/** Which assistants report to us, when each was last checked, and since when a call's report has come. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const wirings: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('calls').addColumn('reported_at', 'bigint').execute();
    await db.schema
      .createTable('wirings')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('assistant_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text')
      .addColumn('wired_at', 'bigint')
      .addColumn('version', 'text')
      .addColumn('trouble', 'text')
      .addColumn('noticed', 'text')
      .addColumn('reported_at', 'bigint')
      .addColumn('checked_at', 'bigint')
      .addColumn('attempts', 'bigint', (column) => column.notNull())
      .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('wirings_pk', ['tenant_id', 'assistant_id'])
      .execute();
    await db.schema.createIndex('wirings_due').on('wirings').column('next_attempt_at').execute();
  },
};
