/** What clients see of their own unless their settings say otherwise: the agency's choice. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const clientAccess: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('client_defaults').addColumn('client_access', 'text').execute();
  },
};
