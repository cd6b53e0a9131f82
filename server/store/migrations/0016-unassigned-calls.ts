/** How many calls of each org belonged to no tenant in its last sweep. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unassignedCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('sweeps')
      .addColumn('unassigned_calls', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};
