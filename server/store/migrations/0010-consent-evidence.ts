/** The version of the tenant's consent that a start was made with. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const consentEvidence: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('reservations').addColumn('consent_version', 'text').execute();
  },
};
