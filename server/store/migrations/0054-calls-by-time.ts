/** The index by which the calls of all tenants are listed, newest first. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const callsByTime: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createIndex('calls_by_time')
      .on('calls')
      .columns(['created_at', 'id', 'tenant_id'])
      .execute();
  },
};
