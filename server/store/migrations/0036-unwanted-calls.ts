/**
 * Why a call in progress must not continue, kept in its row once it is over; since when a call that Vapi never had is
 * dismissed; and which keys are new.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unwantedCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('calls').addColumn('unwanted', 'text').execute();
    await db.schema.alterTable('calls').addColumn('dismissed_at', 'bigint').execute();
    // Once a minute, the tenants that have just given out keys are looked for, among all starts of all tenants.
    await sql`create index reservations_key_grants on reservations (created_at) where access_mode <> 'proxy'`.execute(
      db,
    );
  },
};
