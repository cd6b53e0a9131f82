/**
 * Starts per minute, and the index by which one visitor's starts are found, so that a start does not read all of the
 * day's. A start by an older process beside this version is missing from the day's and the hour's count.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const startCounts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('start_counts')
      .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenants.id'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('minute', 'bigint', (column) => column.notNull())
      .addColumn('starts', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('start_counts_pk', ['tenant_id', 'kind', 'minute'])
      .execute();
    // Only the last day's count; the newest start is at most as late as now.
    await sql`
      insert into start_counts (tenant_id, kind, minute, starts)
      select tenant_id, kind, created_at / 60000, count(*) from reservations
      where created_at > (select max(created_at) from reservations) - 86400000
      group by tenant_id, kind, created_at / 60000`.execute(db);
    await db.schema
      .createIndex('reservations_network')
      .on('reservations')
      .columns(['tenant_id', 'visitor_network', 'created_at'])
      .execute();
    await db.schema
      .createIndex('reservations_site')
      .on('reservations')
      .columns(['tenant_id', 'visitor_site', 'created_at'])
      .where('visitor_site' as never, 'is not', null)
      .execute();
    await db.schema.createIndex('start_counts_minute').on('start_counts').column('minute').execute();
    // What led to no call is removed some weeks later.
    await db.schema
      .createIndex('reservations_without_call')
      .on('reservations')
      .column('created_at')
      .where('call_id' as never, 'is', null)
      .execute();
    // It had the network only to count one visitor's starts without reading the rows.
    await db.schema.dropIndex('reservations_recent').execute();
    await db.schema
      .createIndex('reservations_recent')
      .on('reservations')
      .columns(['tenant_id', 'created_at'])
      .execute();
    // By lease: what is in progress was looked for among all starts ever made. The held ones of a tenant are few.
    await db.schema.dropIndex('reservations_held').execute();
    await db.schema
      .createIndex('reservations_held')
      .on('reservations')
      .columns(['tenant_id', 'lease_expires_at'])
      .where('state' as never, '=', 'held')
      .execute();
  },
};
