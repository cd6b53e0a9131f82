/** Each close of months lists a tenant's unconfirmed calls, among all that it has. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unconfirmedCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create index call_owners_unconfirmed on call_owners (tenant_id) where confirmed = 0`.execute(
      db,
    );
  },
};
