/**
 * Why a call in progress must not go on, so that its row still says it once it is over;
 * since when one is dismissed that Vapi never had; and which keys are new.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unwantedCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('calls').addColumn('unwanted', 'text').execute();
    await db.schema.alterTable('calls').addColumn('dismissed_at', 'bigint').execute();
    // Once a minute the tenants that have just given out keys are looked for, among all starts of all tenants.
    await sql`create index reservations_key_grants on reservations (created_at) where access_mode <> 'proxy'`.execute(
      db,
    );
  },
};
