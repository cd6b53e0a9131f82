/**
 * Each call belongs to one tenant. A call that was booked for two now belongs to the tenant that has its assistant
 * (else its session, else still exists, else is first by id); the other's row is kept and never written again, so that
 * nothing that may be invoiced disappears: the drift report shows it as a difference to Vapi's books.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const callOwners: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('call_owners')
      .addColumn('call_id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('confirmed', 'integer', (column) => column.notNull())
      .execute();
    await sql`
      insert into call_owners (call_id, tenant_id, confirmed)
      select id, tenant_id, 1 from (
        select calls.id, calls.tenant_id, row_number() over (
          partition by calls.id
          order by
            case when calls.assistant_id = tenants.assistant_id then 0 else 1 end,
            case when calls.session_id is not null then 0 else 1 end,
            case when tenants.deleted_at is null then 0 else 1 end,
            calls.tenant_id
        ) as place
        from calls join tenants on tenants.id = calls.tenant_id
      ) as claims
      where place = 1
    `.execute(db);
  },
};
