/** The outcome that the operator defines for a client: its versions, each call's verdict, and their sums by day. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const outcomes: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create table outcome_rules (
      tenant_id text not null references tenants (id),
      version bigint not null,
      name text,
      rule text,
      valid_from bigint not null,
      primary key (tenant_id, version)
    )`.execute(db);
    await sql`create table call_outcomes (
      tenant_id text not null references tenants (id),
      call_id text not null,
      version bigint not null,
      counts integer not null,
      day text not null,
      cost_micros bigint not null,
      primary key (tenant_id, call_id)
    )`.execute(db);
    await sql`create table outcome_daily (
      tenant_id text not null references tenants (id),
      day text not null,
      judged bigint not null,
      outcomes bigint not null,
      cost_micros bigint not null,
      primary key (tenant_id, day)
    )`.execute(db);
    await db.schema.alterTable('tenants').addColumn('outcome_since', 'bigint').execute();
  },
};
