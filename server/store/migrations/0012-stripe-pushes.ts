/**
 * For which of Stripe's customers an invoice's push has begun: from then on Stripe has to be asked what became of it,
 * whatever our own row says.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const stripePushes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('invoices').addColumn('stripe_customer_id', 'text').execute();
    await db.schema.createIndex('invoices_corrections').on('invoices').column('corrects_id').execute();
    // A push that was killed before may have left something at the customer that the tenant has now.
    await sql`update invoices set stripe_customer_id =
      (select account.stripe_customer_id from billing_accounts account where account.tenant_id = invoices.tenant_id)
      where status <> 'draft'`.execute(db);
  },
};
