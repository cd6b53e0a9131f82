/** Who was in which call, as keyed hashes, and who has read or heard which call. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const privacy: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('call_callers')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('call_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('call_callers_pk', ['tenant_id', 'hash', 'call_id'])
      .execute();
    await db.schema
      .createIndex('call_callers_call')
      .on('call_callers')
      .columns(['tenant_id', 'call_id'])
      .execute();
    await db.schema
      .createTable('call_reads')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('call_id', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('hour', 'bigint', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('call_reads_once')
      .unique()
      .on('call_reads')
      .columns(['tenant_id', 'call_id', 'kind', 'actor', 'hour'])
      .execute();
    await db.schema
      .createIndex('call_reads_recent')
      .on('call_reads')
      .columns(['tenant_id', 'at', 'id'])
      .execute();
    await db.schema.createIndex('call_reads_at').on('call_reads').column('at').execute();
  },
};
