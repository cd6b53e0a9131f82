/** Finds the few ended calls whose duration or cost is unknown, however many calls the tenant has. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const callsWithoutFigures: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create index calls_without_figures on calls (tenant_id, usage_day)
      where usage_day is not null and (seconds is null or cost_micros is null)`.execute(db);
  },
};
