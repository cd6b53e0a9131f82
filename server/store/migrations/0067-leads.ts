/** What visitors leave when no one can talk to them. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const leads: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('leads')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('content_sealed', 'text', (column) => column.notNull())
      .addColumn('note_sealed', 'text')
      .addColumn('phone_hash', 'text')
      .addColumn('email_hash', 'text')
      .addColumn('visitor_network', 'text', (column) => column.notNull())
      .addColumn('visitor_site', 'text')
      .addColumn('announced_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('leads_pk', ['tenant_id', 'id'])
      .execute();
    const index = (name: string, ...columns: string[]) =>
      db.schema.createIndex(name).on('leads').columns(columns).execute();
    await index('leads_by_time', 'tenant_id', 'created_at', 'id');
    await index('leads_by_state', 'tenant_id', 'state', 'created_at', 'id');
    await index('leads_by_phone', 'tenant_id', 'phone_hash');
    await index('leads_by_email', 'tenant_id', 'email_hash');
    await index('leads_expiry', 'expires_at');
  },
};
