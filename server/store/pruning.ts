/** Deletes what no longer has a use, the oldest first and a limited number at a time, so that nobody waits for it. */
import { type RawBuilder, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { Schema } from './schema.ts';

/** @returns whether there may be more */
type Prune = (db: Queries, beforeMs: number, limit: number) => Promise<boolean>;

/** Starts that led to no call. With a call they are its evidence: of its consent, and of the visitor's other calls. */
export const pruneStarts: Prune = (db, beforeMs, limit) =>
  prune(
    db,
    'reservations',
    sql`${sql.ref('callId')} is null and ${sql.ref('state')} <> 'held' and ${sql.ref('createdAt')} < ${beforeMs}`,
    limit,
  );

export const pruneAudit: Prune = (db, beforeMs, limit) =>
  prune(db, 'audit', sql`${sql.ref('at')} < ${beforeMs}`, limit);

export const pruneCallReads: Prune = (db, beforeMs, limit) =>
  prune(db, 'callReads', sql`${sql.ref('at')} < ${beforeMs}`, limit);

/**
 * Notices about a day, a month or leads, once everyone has been notified. The others are about something that may still be so:
 * without the row, an unpaid invoice would be reported as a new one.
 */
export const pruneNotices: Prune = (db, beforeMs, limit) =>
  prune(
    db,
    'notices',
    sql`${sql.ref('createdAt')} < ${beforeMs} and ${sql.ref('nextAttemptAt')} is null
      and (${sql.ref('period')} like '____-__' or ${sql.ref('period')} like '____-__-__'
        or ${sql.ref('kind')} in ('lead-left', 'lead-sent'))`,
    limit,
  );

/** Leads that their tenants want kept no longer. */
export const pruneLeads: Prune = async (db, beforeMs, limit) => {
  const isOver = sql`${sql.ref('expiresAt')} <= ${beforeMs}`;
  const key = sql`${sql.ref('tenantId')}, ${sql.ref('id')}`;
  const { numAffectedRows } = await sql`
    delete from ${sql.table('leads')} where ${isOver} and (${key}) in (
      select ${key} from ${sql.table('leads')} where ${isOver} limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows) === limit;
};

/** Counts of whole minutes that no limit looks back on. */
export async function pruneStartCounts(db: Queries, beforeMs: number): Promise<void> {
  await db
    .deleteFrom('startCounts')
    .where('minute', '<', Math.floor(beforeMs / 60_000))
    .execute();
}

async function prune(
  db: Queries,
  table: keyof Schema & ('reservations' | 'audit' | 'callReads' | 'notices'),
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<boolean> {
  // Both: a row that has changed since the inner query was read, such as a start that a call has claimed, is looked at again.
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where ${condition} and ${sql.ref('id')} in (
      select ${sql.ref('id')} from ${sql.table(table)} where ${condition} limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows) === limit;
}
