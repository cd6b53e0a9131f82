/**
 * Nothing can be added to or replace a finalized document, and a plan never changes once it is set: enforced by the
 * database, as in 0009. SQLite needs its own guards, because `insert or replace` removes rows without running the
 * triggers on deletion; PostgreSQL needs others, for `truncate`.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Written while their document is a draft, in the transaction that finalizes it. */
const parts = ['invoice_lines', 'invoice_calls'];

export const appendOnlyBooks: Migration = {
  async up(db: Kysely<unknown>) {
    const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
    for (const statement of postgres ? forPostgres() : forSqlite()) await sql.raw(statement).execute(db);
  },
};

function forPostgres(): string[] {
  return [
    `create function refuse_added() returns trigger language plpgsql as $$ begin
      if exists (select 1 from invoices where status <> 'draft' and id in (select invoice_id from added)) then
        raise exception 'a finalized document never changes (%)', tg_table_name
          using errcode = 'integrity_constraint_violation';
      end if;
      return null;
    end $$`,
    // Once per statement, since a month has many calls.
    ...parts.map(
      (table) => `create trigger ${table}_complete after insert on ${table}
        referencing new table as added for each statement execute function refuse_added()`,
    ),
    ...['invoices', ...parts, 'plans'].map(
      (table) => `create trigger ${table}_not_emptied before truncate on ${table}
        for each statement execute function refuse_change()`,
    ),
    `create function refuse_plan_change() returns trigger language plpgsql as $$ begin
      raise exception 'a plan never changes: set another' using errcode = 'integrity_constraint_violation';
    end $$`,
    `create trigger plans_frozen before update or delete on plans
      for each row execute function refuse_plan_change()`,
  ];
}

function forSqlite(): string[] {
  const refuse = (table: string) =>
    `begin select raise(abort, 'a finalized document never changes (${table})'); end`;
  const refusePlan = `begin select raise(abort, 'a plan never changes: set another'); end`;
  // Every key through which a row could replace another.
  const takesPlace = `exists (select 1 from invoices as frozen
    where frozen.status <> 'draft' and (frozen.id = new.id or frozen.number = new.number
      or frozen.stripe_id = new.stripe_id or (frozen.tenant_id = new.tenant_id and frozen.month = new.month
        and frozen.role = 'period' and new.role = 'period' and frozen.status <> 'void' and new.status <> 'void'))`;
  return [
    `create trigger invoices_not_replaced before insert on invoices when ${takesPlace}) ${refuse('invoices')}`,
    `create trigger invoices_not_overwritten before update on invoices
      when ${takesPlace} and frozen.id <> old.id) ${refuse('invoices')}`,
    ...parts.map(
      (table) => `create trigger ${table}_complete before insert on ${table}
        when (select status from invoices where id = new.invoice_id) <> 'draft' ${refuse(table)}`,
    ),
    `create trigger invoice_calls_not_replaced before insert on invoice_calls
      when new.active = 1 and exists (select 1 from invoice_calls as billed where billed.tenant_id = new.tenant_id
        and billed.call_id = new.call_id and billed.seq = new.seq and billed.active = 1)
      begin select raise(abort, 'a call is billed once (invoice_calls)'); end`,
    `create trigger plans_not_replaced before insert on plans
      when exists (select 1 from plans as written where written.id = new.id
        or (written.tenant_id = new.tenant_id and written.version = new.version)) ${refusePlan}`,
    `create trigger plans_frozen before update on plans ${refusePlan}`,
    `create trigger plans_kept before delete on plans ${refusePlan}`,
  ];
}
