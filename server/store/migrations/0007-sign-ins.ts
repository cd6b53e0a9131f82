/** Signing in to the portal without a password: links that work once, and the sign-ins created from them. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const signIns: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('sign_in_links')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.references('tenants.id'))
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('sign_ins')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('tenant_id', 'text', (column) => column.references('tenants.id'))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
  },
};
