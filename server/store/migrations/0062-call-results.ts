/** What calls achieved: summaries, evaluations and chosen outputs, sealed, and how fast the answers were. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const callResults: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('call_results')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('call_id', 'text', (column) => column.notNull())
      .addColumn('success', 'integer')
      .addColumn('content_sealed', 'text')
      .addColumn('measures', 'text', (column) => column.notNull())
      .addColumn('content_from', 'bigint')
      .addColumn('erased_at', 'bigint')
      .addPrimaryKeyConstraint('call_results_pk', ['tenant_id', 'call_id'])
      .execute();
    await db.schema
      .createIndex('call_results_content')
      .on('call_results')
      .columns(['tenant_id', 'content_from'])
      .execute();
  },
};
