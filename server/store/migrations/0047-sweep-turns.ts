/** When each org is compared with Vapi next, which process does it, and how far its lists have been read. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const sweepTurns: Migration = {
  async up(db: Kysely<unknown>) {
    const add = (name: string, type: 'bigint' | 'text') =>
      db.schema.alterTable('sweeps').addColumn(name, type).execute();
    // Orgs that are known are due at once; which others exist is found by the first look at the tenants.
    await add('next_sweep_at', 'bigint');
    await sql`update sweeps set next_sweep_at = swept_to`.execute(db);
    await sql`delete from leases where name = 'reconciler'`.execute(db);
    await add('claim', 'text');
    await db.schema
      .alterTable('sweeps')
      .addColumn('cadence', 'text', (column) => column.notNull().defaultTo('quiet'))
      .execute();
    await db.schema
      .alterTable('sweeps')
      .addColumn('failures', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await add('changed_to', 'bigint');
    await add('listed_to', 'bigint');
    await add('hours_at', 'bigint');
    await db.schema
      .alterTable('sweeps')
      .addColumn('hours_seen', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute();
    await db.schema.createIndex('sweeps_due').on('sweeps').column('next_sweep_at').execute();
  },
};
