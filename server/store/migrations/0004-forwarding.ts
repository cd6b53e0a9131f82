/** Rotation of webhook secrets, and the outbox of messages for tenants' own servers. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const forwarding: Migration = {
  async up(db: Kysely<unknown>) {
    const tenants = db.schema.alterTable('tenants');
    await tenants.addColumn('previous_webhook_secret_sealed', 'text').execute();
    await tenants.addColumn('previous_webhook_secret_until', 'bigint').execute();
    await tenants.addColumn('webhook_forward_sealed', 'text').execute();

    await db.schema
      .createTable('forward_targets')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('assistant_id', 'text', (column) => column.notNull())
      .addColumn('target_sealed', 'text')
      .addPrimaryKeyConstraint('forward_targets_key', ['tenant_id', 'assistant_id'])
      .execute();

    await db.schema
      .createTable('forwarded_messages')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('assistant_id', 'text')
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('attempts', 'bigint', (column) => column.notNull())
      .addColumn('next_attempt_at', 'bigint')
      .addColumn('answer', 'bigint')
      .addColumn('expires_at', 'bigint')
      .execute();
    // A separate table, because an update rewrites the whole row, and this can be megabytes.
    await db.schema
      .createTable('forwarded_contents')
      .addColumn('id', 'text', (column) => column.primaryKey().references('forwarded_messages.id'))
      .addColumn('headers_sealed', 'text', (column) => column.notNull())
      .addColumn('body_sealed', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('forwarded_messages_due')
      .on('forwarded_messages')
      .columns(['next_attempt_at', 'created_at'])
      .where('next_attempt_at' as never, 'is not', null)
      .execute();
    await db.schema
      .createIndex('forwarded_messages_over')
      .on('forwarded_messages')
      .column('expires_at')
      .where('expires_at' as never, 'is not', null)
      .execute();
  },
};
