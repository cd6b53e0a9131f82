/**
 * A client's wallet, paid before it is spent. An entry stays as it was booked, enforced by the database as in 0025; what
 * a start holds of the balance stays with its reservation.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const message = 'an entry of a wallet never changes: book another';

export const wallets: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('tenants')
      .addColumn('wallet_on', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema
      .alterTable('reservations')
      .addColumn('price_micros', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable('reservations').addColumn('price_pool', 'text').execute();
    await db.schema
      .createTable('wallets')
      .addColumn('tenant_id', 'text', (column) => column.primaryKey().references('tenants.id'))
      .addColumn('currency', 'text', (column) => column.notNull())
      .addColumn('balance_micros', 'bigint', (column) => column.notNull())
      .addColumn('credit_line_micros', 'bigint', (column) => column.notNull())
      .addColumn('low_marks', 'text', (column) => column.notNull())
      .addColumn('last_no', 'bigint', (column) => column.notNull())
      .addColumn('filled_no', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('wallet_entries')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('no', 'bigint', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('amount_micros', 'bigint', (column) => column.notNull())
      .addColumn('balance_micros', 'bigint', (column) => column.notNull())
      .addColumn('call_id', 'text')
      .addColumn('month', 'text')
      .addColumn('plan_id', 'text')
      .addColumn('rate', 'integer')
      .addColumn('billed_seconds', 'bigint', (column) => column.notNull())
      .addColumn('price_micros', 'bigint', (column) => column.notNull())
      .addColumn('invoice_id', 'text')
      .addColumn('expires_at', 'bigint')
      .addColumn('reference', 'text')
      .addColumn('note', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('wallet_entries_pk', ['tenant_id', 'no'])
      .execute();
    await index(db, 'call', 'call_id', false);
    await index(db, 'invoice', 'invoice_id', false);
    await index(db, 'reference', 'reference', true);
    await db.schema
      .createTable('wallet_pools')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('month', 'text', (column) => column.notNull())
      .addColumn('plan_id', 'text', (column) => column.notNull())
      .addColumn('rate', 'integer', (column) => column.notNull())
      .addColumn('billed_seconds', 'bigint', (column) => column.notNull())
      .addColumn('charged_micros', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('wallet_pools_pk', ['tenant_id', 'month', 'plan_id', 'rate'])
      .execute();
    await db.schema
      .createTable('wallet_grants')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('no', 'bigint', (column) => column.notNull())
      .addColumn('left_micros', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('wallet_grants_pk', ['tenant_id', 'no'])
      .execute();
    const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
    for (const statement of postgres ? forPostgres : forSqlite) await sql.raw(statement).execute(db);
  },
};

async function index(db: Kysely<unknown>, name: string, column: string, unique: boolean): Promise<void> {
  const made = db.schema
    .createIndex(`wallet_entries_${name}`)
    .on('wallet_entries')
    .columns(['tenant_id', column])
    .where(column as never, 'is not', null);
  await (unique ? made.unique() : made).execute();
}

const forPostgres = [
  `create function refuse_wallet_change() returns trigger language plpgsql as $$ begin
    raise exception '${message}' using errcode = 'integrity_constraint_violation';
  end $$`,
  `create trigger wallet_entries_frozen before update or delete on wallet_entries
    for each row execute function refuse_wallet_change()`,
  `create trigger wallet_entries_not_emptied before truncate on wallet_entries
    for each statement execute function refuse_wallet_change()`,
];

const refuse = `begin select raise(abort, '${message}'); end`;
const forSqlite = [
  `create trigger wallet_entries_not_replaced before insert on wallet_entries
    when exists (select 1 from wallet_entries as booked where booked.tenant_id = new.tenant_id
      and (booked.no = new.no or booked.reference = new.reference)) ${refuse}`,
  `create trigger wallet_entries_frozen before update on wallet_entries ${refuse}`,
  `create trigger wallet_entries_kept before delete on wallet_entries ${refuse}`,
];
