/** Signed identities: each tenant's key for them, and who a call's visitor is. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const identities: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('identity_keys')
      .addColumn('tenant_id', 'text', (column) => column.primaryKey().references('tenants.id'))
      .addColumn('current_sealed', 'text', (column) => column.notNull())
      .addColumn('previous_sealed', 'text')
      .addColumn('previous_until', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('call_identities')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('call_id', 'text', (column) => column.notNull())
      .addColumn('content_sealed', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('call_identities_pk', ['tenant_id', 'call_id'])
      .execute();
    await db.schema
      .createIndex('call_identities_created')
      .on('call_identities')
      .columns(['tenant_id', 'created_at'])
      .execute();
  },
};
