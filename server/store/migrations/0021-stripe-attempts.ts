/** Requests to Stripe that needed another idempotency key than their first. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const stripeAttempts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('stripe_attempts')
      .addColumn('request', 'text', (column) => column.primaryKey())
      .addColumn('attempt', 'bigint', (column) => column.notNull())
      .execute();
  },
};
