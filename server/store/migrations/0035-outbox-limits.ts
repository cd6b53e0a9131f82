/** Limits a tenant's outbox: the size of each message, and a lock for those who add to one outbox at once. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const outboxLimits: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('forwarded_messages')
      .addColumn('bytes', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    // Sealed texts are ASCII: characters are bytes.
    await sql`update forwarded_messages set bytes = (
        select length(headers_sealed) + length(body_sealed) from forwarded_contents
        where forwarded_contents.id = forwarded_messages.id)
      where exists (select 1 from forwarded_contents where forwarded_contents.id = forwarded_messages.id)`.execute(
      db,
    );
    // Covers every query of a tenant's waiting messages: how many, how large, which are the oldest. SQLite reads each
    // row for a column of the condition that is not in the index too.
    await sql`create index forwarded_messages_waiting
      on forwarded_messages (tenant_id, created_at, id, bytes, next_attempt_at) where next_attempt_at is not null`.execute(
      db,
    );
    await db.schema
      .createTable('outbox_locks')
      .addColumn('tenant_id', 'text', (column) => column.primaryKey().references('tenants.id'))
      .addColumn('taken', 'bigint', (column) => column.notNull())
      .execute();
    // With the tenant, so that skipped tenants' rows need not be read.
    await db.schema.dropIndex('forwarded_messages_due').execute();
    await sql`create index forwarded_messages_due
      on forwarded_messages (next_attempt_at, created_at, tenant_id) where next_attempt_at is not null`.execute(
      db,
    );
  },
};
