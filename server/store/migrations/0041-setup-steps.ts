/** How far a tenant's set-up has come: where its snippet was first seen, and since when it is invited to the portal. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const setupSteps: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('tenants').addColumn('snippet_seen_at', 'bigint').execute();
    await db.schema.alterTable('tenants').addColumn('snippet_seen_on', 'text').execute();
    await db.schema.alterTable('tenants').addColumn('invited_at', 'bigint').execute();
    await sql`update tenants set invited_at = (select min(at) from audit
      where action = 'sign-in-link.create' and tenant = tenants.slug)`.execute(db);
  },
};
