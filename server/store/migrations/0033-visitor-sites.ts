/** Which IPv6 /48 a start came from, so that the many networks of one site are counted together too. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const visitorSites: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('reservations').addColumn('visitor_site', 'text').execute();
  },
};
