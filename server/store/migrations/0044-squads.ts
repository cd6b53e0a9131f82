/** Which of the ids among a tenant's assistants are squads, as JSON: the squad's id -> its saved members. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const squads: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('tenants')
      .addColumn('squads', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute();
  },
};
