/** What a new client gets unless something else is said: the agency's limits and plan. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const clientDefaults: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('client_defaults')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('limits', 'text', (column) => column.notNull())
      .addColumn('plan', 'text')
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
  },
};
