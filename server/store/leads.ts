import { type Selectable, type SqlBool, sql } from 'kysely';
import { dayMs } from '../base/time-zone.ts';
import type { Queries } from './database.ts';
import type { LeadsTable } from './leads-schema.ts';

export type LeadRow = Selectable<LeadsTable>;

/** Called under the lock of the tenant's row; one with its id stays as it is. */
export async function insertLead(db: Queries, row: LeadRow): Promise<void> {
  await db
    .insertInto('leads')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findLead(db: Queries, tenantId: string, id: string): Promise<LeadRow | null> {
  const row = await db
    .selectFrom('leads')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** How many there were in the last day, and from one network in the last day and hour. */
export interface RecentLeads {
  all: number;
  network: number;
  site: number;
  networkHour: number;
}

/** Bounded by the tenant's own limit. Called under the lock of the tenant's row, so that it stays true. */
export async function countRecentLeads(
  db: Queries,
  { tenantId, visitorNetwork, visitorSite }: Pick<LeadRow, 'tenantId' | 'visitorNetwork' | 'visitorSite'>,
  nowMs: number,
): Promise<RecentLeads> {
  const isNetwork = sql<SqlBool>`${sql.ref('visitorNetwork')} = ${visitorNetwork}`;
  // Null equals nothing: IPv4 has no site.
  const isSite = sql<SqlBool>`${sql.ref('visitorSite')} = ${visitorSite}`;
  const isHour = sql<SqlBool>`${sql.ref('createdAt')} > ${nowMs - 3_600_000}`;
  const count = (condition: typeof isSite) =>
    sql<number>`cast(coalesce(sum(case when ${condition} then 1 else 0 end), 0) as integer)`;
  const row = await db
    .selectFrom('leads')
    .select(({ fn }) => [
      fn.countAll<number>().as('all'),
      count(isNetwork).as('network'),
      count(isSite).as('site'),
      count(sql<SqlBool>`${isNetwork} and ${isHour}`).as('networkHour'),
    ])
    .where('tenantId', '=', tenantId)
    .where('createdAt', '>', nowMs - dayMs)
    .executeTakeFirstOrThrow();
  return {
    all: Number(row.all),
    network: Number(row.network),
    site: Number(row.site),
    networkHour: Number(row.networkHour),
  };
}

/** When the tenant's latest notice about leads is or was due; null when there is none. */
export async function lastAnnouncement(db: Queries, tenantId: string): Promise<number | null> {
  const row = await db
    .selectFrom('leads')
    .select('announcedAt')
    .where('tenantId', '=', tenantId)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.announcedAt ?? null;
}

/** Those that one notice names, oldest first. @param fromMs none of them is older */
export async function listAnnounced(
  db: Queries,
  tenantId: string,
  fromMs: number,
  announcedAt: number,
  limit: number,
): Promise<LeadRow[]> {
  return db
    .selectFrom('leads')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('createdAt', '>=', fromMs)
    .where('announcedAt', '=', announcedAt)
    .orderBy('createdAt')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Newest first, from the one after `after`. */
export async function listLeads(
  db: Queries,
  tenantId: string,
  state: LeadRow['state'] | null,
  after: { createdAt: number; id: string } | null,
  limit: number,
): Promise<LeadRow[]> {
  let query = db.selectFrom('leads').selectAll().where('tenantId', '=', tenantId);
  if (state) query = query.where('state', '=', state);
  if (after)
    query = query.where((expression) =>
      expression(expression.refTuple('createdAt', 'id'), '<', expression.tuple(after.createdAt, after.id)),
    );
  return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** @returns null when there is none with that id */
export async function changeLead(
  db: Queries,
  tenantId: string,
  id: string,
  changes: Partial<Pick<LeadRow, 'state' | 'noteSealed'>>,
): Promise<LeadRow | null> {
  const row = await db
    .updateTable('leads')
    .set(changes)
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** @returns whether there was one */
export async function deleteLead(db: Queries, tenantId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('leads')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return Number(numDeletedRows) === 1;
}

/**
 * Of one person, newest first.
 * @param hashes of one number or address, under each key
 */
export async function listLeadsOf(
  db: Queries,
  tenantId: string,
  hashes: string[],
  limit: number,
): Promise<LeadRow[]> {
  return db
    .selectFrom('leads')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where(({ or, eb }) => or([eb('phoneHash', 'in', hashes), eb('emailHash', 'in', hashes)]))
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** The tenant keeps its leads for another time than before. */
export async function setLeadExpiry(db: Queries, tenantId: string, keepDays: number): Promise<void> {
  await db
    .updateTable('leads')
    .set((expression) => ({ expiresAt: expression('createdAt', '+', keepDays * dayMs) }))
    .where('tenantId', '=', tenantId)
    .execute();
}

/** None of the tenant's is kept beyond then. */
export async function endLeadsBy(db: Queries, tenantId: string, atMs: number): Promise<void> {
  await db
    .updateTable('leads')
    .set({ expiresAt: atMs })
    .where('tenantId', '=', tenantId)
    .where('expiresAt', '>', atMs)
    .execute();
}
