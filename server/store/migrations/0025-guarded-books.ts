/**
 * A call can be billed again only when its document is void; an entry of prepaid credit stays as it was booked; a
 * number is used once. Enforced by the database, as in 0009 and 0022.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const parts = ['invoice_lines', 'invoice_calls'];
const lowered = 'new.last < old.last or new.series <> old.series';
const messages = {
  live: 'a finalized document never changes until it is void',
  credits: 'an entry of prepaid credit never changes: book another',
  invoice_numbers: 'a number that is given out never comes again',
};

export const guardedBooks: Migration = {
  async up(db: Kysely<unknown>) {
    const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
    for (const statement of postgres ? forPostgres() : forSqlite()) await sql.raw(statement).execute(db);
  },
};

function forPostgres(): string[] {
  const refusing = (name: string, message: string, condition: string | null) => {
    const raise = `raise exception '${message}' using errcode = 'integrity_constraint_violation';`;
    const body = condition ? `if ${condition} then ${raise} end if; return null;` : raise;
    return `create function ${name}() returns trigger language plpgsql as $$ begin ${body} end $$`;
  };
  const released = `exists (select 1 from invoices
    where status <> 'void' and id in (select invoice_id from changed where active = 0))`;
  return [
    refusing('refuse_release', messages.live, released),
    // Once per statement, since a month has many calls.
    ...parts.map(
      (table) => `create trigger ${table}_live after update on ${table}
        referencing new table as changed for each statement execute function refuse_release()`,
    ),
    refusing('refuse_credit_change', messages.credits, null),
    `create trigger credits_frozen before update or delete on credits
      for each row execute function refuse_credit_change()`,
    `create trigger credits_not_emptied before truncate on credits
      for each statement execute function refuse_credit_change()`,
    refusing('refuse_number_change', messages.invoice_numbers, null),
    `create trigger invoice_numbers_rise before update on invoice_numbers
      for each row when (${lowered}) execute function refuse_number_change()`,
    `create trigger invoice_numbers_kept before delete on invoice_numbers
      for each row execute function refuse_number_change()`,
    `create trigger invoice_numbers_not_emptied before truncate on invoice_numbers
      for each statement execute function refuse_number_change()`,
  ];
}

function forSqlite(): string[] {
  const refuse = (message: string) => `begin select raise(abort, '${message}'); end`;
  const ofCredits = refuse(messages.credits);
  const ofNumbers = refuse(messages.invoice_numbers);
  return [
    ...parts.map(
      (table) => `create trigger ${table}_live before update on ${table}
        when new.active < old.active and (select status from invoices where id = new.invoice_id) <> 'void'
        ${refuse(messages.live)}`,
    ),
    `create trigger credits_not_replaced before insert on credits
      when exists (select 1 from credits as booked where booked.id = new.id
        or (booked.invoice_id = new.invoice_id and booked.kind = new.kind)) ${ofCredits}`,
    `create trigger credits_frozen before update on credits ${ofCredits}`,
    `create trigger credits_kept before delete on credits ${ofCredits}`,
    `create trigger invoice_numbers_not_replaced before insert on invoice_numbers
      when exists (select 1 from invoice_numbers as given where given.series = new.series) ${ofNumbers}`,
    `create trigger invoice_numbers_rise before update on invoice_numbers when ${lowered} ${ofNumbers}`,
    `create trigger invoice_numbers_kept before delete on invoice_numbers ${ofNumbers}`,
  ];
}
