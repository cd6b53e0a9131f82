/**
 * How each document is collected, decided when it is frozen; for which of Stripe's customers its push has begun: from
 * then on Stripe has to be asked about it, whatever our row says; and since when Stripe no longer collects it.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Settings are written by JSON.stringify, so this occurs nowhere else in them: quotes in texts are escaped. */
const has = (collection: string) => sql`account.settings like ${`%"collection":"${collection}"%`}`;

export const stripePushes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('invoices').addColumn('stripe_customer_id', 'text').execute();
    await db.schema.alterTable('invoices').addColumn('collection', 'text').execute();
    await db.schema.alterTable('invoices').addColumn('strayed_at', 'bigint').execute();
    await db.schema.createIndex('invoices_corrections').on('invoices').column('corrects_id').execute();
    // An earlier push that was killed may have left something at the tenant's current customer.
    const account = sql`from billing_accounts account where account.tenant_id = invoices.tenant_id`;
    await sql`update invoices set
      stripe_customer_id = (select account.stripe_customer_id ${account}),
      collection = coalesce((select case when ${has('send')} then 'send' when ${has('charge')} then 'charge'
        else 'manual' end ${account}), 'manual')
      where status <> 'draft'`.execute(db);
  },
};
