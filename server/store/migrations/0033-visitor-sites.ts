/** The IPv6 /48 that a start came from, so that the many networks of one site are also counted together. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const visitorSites: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('reservations').addColumn('visitor_site', 'text').execute();
  },
};
