/** Whose each phone number is and who answers it, and callers whom a tenant's agent does not answer. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const phone: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('phone_numbers')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('mode', 'text', (column) => column.notNull())
      .addColumn('assistant_id', 'text', (column) => column.notNull())
      .addColumn('fallback', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('phone_numbers_tenant').on('phone_numbers').column('tenant_id').execute();
    await db.schema
      .createTable('blocked_callers')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('ending', 'text', (column) => column.notNull())
      .addColumn('note', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('blocked_callers_pk', ['tenant_id', 'id'])
      .addUniqueConstraint('blocked_callers_hash', ['tenant_id', 'hash'])
      .execute();
  },
};
