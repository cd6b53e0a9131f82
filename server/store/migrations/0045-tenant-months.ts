/**
 * What the list of all clients needs, however many calls there are: a row per tenant and month with its usage and its
 * price, and a text by which tenants are searched and sorted. The months are summed from the days, a row per tenant,
 * day and assistant, never from the calls; prices are calculated by the server once it runs.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { searchTextOf } from '../search-text.ts';

export const tenantMonths: Migration = {
  async up(db: Kysely<unknown>) {
    // The month first: a list reads one month of all tenants.
    await sql`create table tenant_months (
      month text not null,
      tenant_id text not null references tenants (id),
      calls bigint not null,
      seconds bigint not null,
      cost_micros bigint not null,
      calls_without_cost bigint not null,
      changes bigint not null,
      priced_changes bigint,
      priced_billing bigint,
      priced_at bigint,
      currency text,
      price_cents bigint,
      cost_cents bigint,
      billed integer,
      problem text,
      primary key (month, tenant_id)
    )`.execute(db);
    await sql`insert into tenant_months
        (month, tenant_id, calls, seconds, cost_micros, calls_without_cost, changes)
      select substr(day, 1, 7), tenant_id, cast(sum(calls) as bigint), cast(sum(seconds) as bigint),
        cast(sum(cost_micros) as bigint), cast(sum(calls_without_cost) as bigint), 1
      from usage_daily group by tenant_id, substr(day, 1, 7)`.execute(db);

    // Sorted byte by byte, as SQLite does anyway: an order by language would differ from machine to machine.
    const collation = db.getExecutor().adapter instanceof PostgresAdapter ? ' collate "C"' : '';
    await sql`alter table tenants add column search_text text${sql.raw(collation)} not null default ''`.execute(
      db,
    );
    let after = '';
    for (;;) {
      const { rows } = await sql<{ id: string; name: string; slug: string }>`
        select id, name, slug from tenants where id > ${after} order by id limit 500`.execute(db);
      for (const row of rows)
        await sql`update tenants set search_text = ${searchTextOf(row)} where id = ${row.id}`.execute(db);
      const last = rows.at(-1);
      if (!last) break;
      after = last.id;
    }
    // With what a list shows, so that it does not read the rows, which are long.
    await sql`create index tenants_by_name on tenants (search_text, id, slug, name, status)
      where deleted_at is null`.execute(db);
  },
};
