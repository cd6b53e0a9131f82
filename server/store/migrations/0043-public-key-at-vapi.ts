/** Which public key at Vapi this server made, and the tenants whose keys there must still be changed or deleted. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const publicKeyAtVapi: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('tenants').addColumn('public_key_id', 'text').execute();
    await db.schema
      .createTable('pending_keys')
      .addColumn('tenant_id', 'text', (column) => column.primaryKey().references('tenants.id'))
      .addColumn('change_id', 'text', (column) => column.notNull())
      .addColumn('attempts', 'bigint', (column) => column.notNull())
      .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
      .execute();
  },
};
