/** Why a call in progress must not go on, so that its row still says it once it is over. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unwantedCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('calls').addColumn('unwanted', 'text').execute();
  },
};
