/**
 * From now on a tenant says whether it has every call of its org. Tenants that never shared their org continue as
 * before; where there was a second tenant, even a deleted one, a call needs an assistant of one of the tenants.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const wholeOrg: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('tenants')
      .addColumn('whole_org', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await sql`
      update tenants set whole_org = 1
      where not exists (select 1 from tenants as other where other.org_id = tenants.org_id and other.id <> tenants.id)
    `.execute(db);
  },
};
