/** Tenants, sessions that became grants, the ledger and its sums, and their guards. */
import type { CreateTableBuilder, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

const costColumns = [
  'transport_micros',
  'stt_micros',
  'llm_micros',
  'tts_micros',
  'vapi_micros',
  'analysis_micros',
  'knowledge_base_micros',
  'other_micros',
];

/** `bigint` is 64 bits on PostgreSQL and SQLite's integer, so one definition serves both. */
export const initial: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('tenants')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('slug', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('generation', 'bigint', (column) => column.notNull())
      .addColumn('org_id', 'text', (column) => column.notNull())
      .addColumn('assistant_id', 'text', (column) => column.notNull())
      .addColumn('access_mode', 'text', (column) => column.notNull())
      .addColumn('time_zone', 'text', (column) => column.notNull())
      .addColumn('private_key_sealed', 'text', (column) => column.notNull())
      .addColumn('public_key_sealed', 'text')
      .addColumn('webhook_secret_sealed', 'text', (column) => column.notNull())
      .addColumn('hook_secret_sealed', 'text', (column) => column.notNull())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('start_lock', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('deleted_at', 'bigint')
      .execute();
    await db.schema
      .createIndex('tenants_slug')
      .unique()
      .on('tenants')
      .column('slug')
      .where('deleted_at' as never, 'is', null)
      .execute();

    await db.schema
      .createTable('reservations')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('generation', 'bigint', (column) => column.notNull())
      .addColumn('month', 'text', (column) => column.notNull())
      .addColumn('amount_micros', 'bigint', (column) => column.notNull())
      .addColumn('max_seconds', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('lease_expires_at', 'bigint', (column) => column.notNull())
      .addColumn('access_mode', 'text', (column) => column.notNull())
      .addColumn('assistant_id', 'text', (column) => column.notNull())
      .addColumn('visitor_network', 'text', (column) => column.notNull())
      .addColumn('call_id', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('reservations_held')
      .on('reservations')
      .columns(['tenant_id', 'month'])
      .where('state' as never, '=', 'held')
      .execute();
    await db.schema
      .createIndex('reservations_recent')
      .on('reservations')
      .columns(['tenant_id', 'created_at', 'visitor_network'])
      .execute();
    await db.schema
      .createIndex('reservations_call')
      .on('reservations')
      .columns(['tenant_id', 'call_id'])
      .execute();

    await costs(
      db.schema
        .createTable('calls')
        .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('session_id', 'text')
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('access_mode', 'text')
        .addColumn('assistant_id', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('ended_at', 'bigint')
        .addColumn('seconds', 'bigint')
        .addColumn('ended_reason', 'text')
        .addColumn('cost_micros', 'bigint')
        .addColumn('report_as_of', 'bigint')
        .addColumn('cost_as_of', 'bigint')
        .addColumn('times_source', 'text')
        .addColumn('cost_source', 'text')
        .addColumn('poll_at', 'bigint')
        .addColumn('poll_attempts', 'bigint', (column) => column.notNull().defaultTo(0))
        .addColumn('gone_at', 'bigint')
        .addColumn('content_deleted_at', 'bigint')
        .addColumn('control_url_sealed', 'text')
        .addColumn('usage_day', 'text')
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull()),
      'nullable',
    )
      .addPrimaryKeyConstraint('calls_key', ['tenant_id', 'id'] as never)
      .execute();
    await db.schema
      .createIndex('calls_listing')
      .on('calls')
      .columns(['tenant_id', 'created_at', 'id'])
      .execute();

    await costs(
      db.schema
        .createTable('usage_daily')
        .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
        .addColumn('day', 'text', (column) => column.notNull())
        .addColumn('assistant_id', 'text', (column) => column.notNull())
        .addColumn('calls', 'bigint', (column) => column.notNull())
        .addColumn('seconds', 'bigint', (column) => column.notNull())
        .addColumn('cost_micros', 'bigint', (column) => column.notNull())
        .addColumn('calls_without_cost', 'bigint', (column) => column.notNull()),
      'required',
    )
      .addPrimaryKeyConstraint('usage_daily_key', ['tenant_id', 'day', 'assistant_id'] as never)
      .execute();

    await db.schema
      .createIndex('calls_to_poll')
      .on('calls')
      .column('poll_at')
      .where('poll_at' as never, 'is not', null)
      .execute();
    await reconciling(db);
    await guards(db);
  },
};

function costs<Table extends string>(table: CreateTableBuilder<Table>, presence: 'nullable' | 'required') {
  return costColumns.reduce<CreateTableBuilder<Table, string>>(
    (builder, name) =>
      builder.addColumn(name, 'bigint', (column) => (presence === 'required' ? column.notNull() : column)),
    table,
  );
}

async function guards(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('blocked_origins')
    .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('blocked_origins_key', ['tenant_id', 'origin'])
    .execute();

  await db.schema
    .createTable('used_challenges')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.references('tenants.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('last4', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('last_used_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .execute();

  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text')
    .addColumn('before', 'text')
    .addColumn('after', 'text')
    .addColumn('request_id', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('audit_listing').on('audit').columns(['at', 'id']).execute();

  await db.schema
    .createTable('notices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('url_pending', 'integer', (column) => column.notNull())
    .addColumn('email_pending', 'integer', (column) => column.notNull())
    .addColumn('attempts', 'bigint', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint')
    .addUniqueConstraint('notices_once', ['tenant_id', 'kind', 'period'])
    .execute();
  await db.schema
    .createIndex('notices_due')
    .on('notices')
    .column('next_attempt_at')
    .where('next_attempt_at' as never, 'is not', null)
    .execute();
}

async function reconciling(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('call_revisions')
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('seconds', 'bigint')
    .addColumn('cost_micros', 'bigint')
    .addPrimaryKeyConstraint('call_revisions_key', ['tenant_id', 'call_id', 'revision'])
    .addForeignKeyConstraint('call_revisions_call', ['tenant_id', 'call_id'], 'calls', ['tenant_id', 'id'])
    .execute();

  await db.schema
    .createTable('sweeps')
    .addColumn('org_id', 'text', (column) => column.primaryKey())
    .addColumn('swept_to', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('leases')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
}
