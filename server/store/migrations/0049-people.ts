/** People who sign in by their e-mail address: where they belong with which role, invitations, and their sessions. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const people: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('email', 'text', (column) => column.notNull().unique())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('language', 'text')
      .addColumn('search_text', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('disabled_at', 'bigint')
      .addColumn('mail_failed_at', 'bigint')
      .execute();
    await db.schema
      .createTable('memberships')
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
      // The tenant's id, or "operator": unlike a null, it can be part of a key.
      .addColumn('place', 'text', (column) => column.notNull())
      .addColumn('tenant_id', 'text', (column) => column.references('tenants.id'))
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('version', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('memberships_pk', ['user_id', 'place'])
      .execute();
    await db.schema
      .createIndex('memberships_place')
      .on('memberships')
      .columns(['place', 'created_at'])
      .execute();
    await db.schema
      .createTable('invitations')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('email', 'text', (column) => column.notNull())
      .addColumn('place', 'text', (column) => column.notNull())
      .addColumn('tenant_id', 'text', (column) => column.references('tenants.id'))
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('invited_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('mailed_at', 'bigint')
      .addColumn('mail_failed_at', 'bigint')
      .addUniqueConstraint('invitations_once', ['place', 'email'])
      .execute();
    for (const table of ['sign_in_links', 'sign_ins']) {
      await db.schema
        .alterTable(table)
        .addColumn('user_id', 'text', (column) => column.references('users.id'))
        .execute();
      await db.schema
        .alterTable(table)
        .addColumn('is_fixed', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute();
      await db.schema.createIndex(`${table}_user`).on(table).column('user_id').execute();
    }
    const added = [
      ['last_used_at', 'bigint'],
      ['user_agent', 'text'],
      ['viewed_tenant_id', 'text'],
      ['viewed_role', 'text'],
      ['viewed_until', 'bigint'],
    ] as const;
    for (const column of ['tenant', 'actor', 'action']) {
      await db.schema.createIndex(`audit_${column}`).on('audit').columns([column, 'at', 'id']).execute();
    }
    for (const [name, type] of added) await db.schema.alterTable('sign_ins').addColumn(name, type).execute();
  },
};
