/** When the work of a lease was last done, so that the next process does not repeat it. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const turns: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('leases').addColumn('done_at', 'bigint').execute();
  },
};
