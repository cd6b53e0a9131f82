import { type Selectable, sql } from 'kysely';
import { callKinds } from '../contract.ts';
import { type ResultFilters, resultConditions } from './call-filters.ts';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import { prepared } from './prepared.ts';
import type { CallRevisionsTable, CallsTable } from './schema.ts';

export type CallRow = Selectable<CallsTable>;

/**
 * Reads the call's row, adding it if the call is new, and locks it until this transaction ends.
 * @param fresh the row of a call about which nothing has been reported
 */
export async function lockCall(db: Queries, fresh: CallRow): Promise<CallRow> {
  const { rows } = await insertOrLock(db, fresh);
  return rows[0] as CallRow;
}

const insertOrLock = prepared((db, fresh: CallRow) =>
  db
    .insertInto('calls')
    .values(fresh)
    .onConflict((conflict) =>
      conflict
        .columns(['tenantId', 'id'])
        .doUpdateSet((expression) => ({ revision: expression('calls.revision', '+', 1) })),
    )
    .returningAll(),
);

/** Writes what differs; called under the row's lock. */
export async function updateCall(db: Queries, before: CallRow, after: CallRow): Promise<void> {
  const names = Object.keys(after) as (keyof CallRow)[];
  const changed = names.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return;
  const { tenantId, id } = before;
  await setColumns(db, { ...Object.fromEntries(changed.map((name) => [name, after[name]])), tenantId, id });
}

const setColumns = prepared(
  (db, { tenantId, id, ...changed }: Pick<CallRow, 'tenantId' | 'id'> & Partial<CallRow>) =>
    db.updateTable('calls').set(changed).where('tenantId', '=', tenantId).where('id', '=', id),
);

export async function findCall(db: Queries, tenantId: string, id: string): Promise<CallRow | null> {
  const row = await db
    .selectFrom('calls')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** Records the figures that the call is booked with from now on; called under the row's lock. */
export async function insertRevision(
  db: Queries,
  row: CallRow,
  source: CallRevisionsTable['source'],
  nowMs: number,
): Promise<void> {
  const { tenantId, id: callId, revision, seconds, costMicros } = row;
  await addRevision(db, { tenantId, callId, revision, at: nowMs, source, seconds, costMicros });
}

const addRevision = prepared((db, revision: Selectable<CallRevisionsTable>) =>
  db.insertInto('callRevisions').values(revision),
);

/** Oldest first. */
export async function listRevisions(
  db: Queries,
  tenantId: string,
  callId: string,
): Promise<Selectable<CallRevisionsTable>[]> {
  return db
    .selectFrom('callRevisions')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .orderBy('revision')
    .execute();
}

export interface CallsPage extends ResultFilters {
  /** Epoch milliseconds, half-open, by creation. */
  from: number | null;
  to: number | null;
  assistantId: string | null;
  type: string | null;
  status: string | null;
  /** The last row of the page before. */
  after: { createdAt: number; id: string } | null;
  limit: number;
}

/** Newest first. */
export async function listCalls(db: Queries, tenantId: string, page: CallsPage): Promise<CallRow[]> {
  let query = db.selectFrom('calls').selectAll().where('tenantId', '=', tenantId);
  if (page.from !== null) query = query.where('createdAt', '>=', page.from);
  if (page.to !== null) query = query.where('createdAt', '<', page.to);
  for (const column of ['assistantId', 'type', 'status'] as const) {
    const wanted = page[column];
    if (wanted !== null) query = query.where(column, '=', wanted);
  }
  query = query.where((expression) => expression.and(resultConditions(page)));
  const { after } = page;
  if (after) {
    query = query.where((expression) =>
      expression.or([
        expression('createdAt', '<', after.createdAt),
        expression.and([expression('createdAt', '=', after.createdAt), expression('id', '<', after.id)]),
      ]),
    );
  }
  return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(page.limit).execute();
}

/** Ids of the calls created in the half-open period that have not ended, oldest first. */
export async function listUnended(
  db: Queries,
  tenantId: string,
  { from, to }: { from: number; to: number },
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('calls')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('createdAt', '>=', from)
    .where('createdAt', '<', to)
    .where('status', '<>', 'ended')
    .orderBy('createdAt')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/** Ids of the calls created since then that have not ended. No chats: they do not continue. */
export async function listLiveCalls(db: Queries, tenantId: string, sinceMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('calls')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('createdAt', '>', sinceMs)
    .where('status', '<>', 'ended')
    .where('type', '<>', callKinds.chat)
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Takes the next call that Vapi must be asked about.
 * @param retryAt when it is due again, given the number of earlier attempts; null gives up
 * @param closedTo tenants whose calls are left for later
 * @returns only its key: a row that cannot be read must not block those behind it
 */
export async function takeDuePoll(
  db: Queries,
  nowMs: number,
  retryAt: (attempts: number) => number | null,
  closedTo: string[] = [],
): Promise<Pick<CallRow, 'tenantId' | 'id'> | null> {
  const key = ['tenantId', 'id'] as const;
  const due = { table: 'calls', key, dueAt: 'pollAt', attempts: 'pollAttempts', returned: key } as const;
  return takeNextDue(db, { ...due, closedTo }, nowMs, retryAt);
}

/** Vapi has fully reported the call: it is no longer polled, unless it has been in doubt again since `pollAt`. */
export async function finishPoll(db: Queries, { tenantId, id, pollAt }: CallRow): Promise<void> {
  await db
    .updateTable('calls')
    .set({ pollAt: null })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('pollAt', '=', pollAt)
    .where('status', '=', 'ended')
    .where('costMicros', 'is not', null)
    .execute();
}

/**
 * Vapi no longer knows the calls. What is booked stays.
 * @returns those for which this is new
 */
export async function markGone(
  db: Queries,
  tenantId: string,
  ids: string[],
  nowMs: number,
): Promise<CallRow[]> {
  if (ids.length === 0) return [];
  return db
    .updateTable('calls')
    .set({ goneAt: nowMs, pollAt: null })
    .where('tenantId', '=', tenantId)
    .where('id', 'in', ids)
    .where('goneAt', 'is', null)
    .returningAll()
    .execute();
}

/** Those of the calls that are in the ledger, for any of the tenants. */
export async function findCalls(db: Queries, tenantIds: string[], ids: string[]): Promise<CallRow[]> {
  const rows: CallRow[] = [];
  // Both engines limit the parameters of one statement.
  for (let start = 0; start < ids.length; start += 500) {
    const chunk = ids.slice(start, start + 500);
    const found = db
      .selectFrom('calls')
      .selectAll()
      .where('tenantId', 'in', tenantIds)
      .where('id', 'in', chunk);
    rows.push(...(await found.execute()));
  }
  return rows;
}

/**
 * Ids of the tenant's calls created in the half-open period that Vapi should know: neither lost there nor deleted on
 * request. No chats: Vapi lists them apart from calls.
 */
export async function listKnownIds(
  db: Queries,
  tenantId: string,
  fromMs: number,
  toMs: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('calls')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('createdAt', '>=', fromMs)
    .where('createdAt', '<', toMs)
    .where('goneAt', 'is', null)
    .where('contentDeletedAt', 'is', null)
    .where('type', '<>', callKinds.chat)
    .execute();
  return rows.map((row) => row.id);
}

/** Ids of the tenant's calls of the half-open period that have a cost here but are unknown to Vapi. No chats. */
export async function listGoneIds(
  db: Queries,
  tenantId: string,
  fromMs: number,
  toMs: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('calls')
    .select('calls.id')
    // A call that belongs to another tenant after all is not missing.
    .innerJoin('callOwners', (join) =>
      join.onRef('callOwners.callId', '=', 'calls.id').onRef('callOwners.tenantId', '=', 'calls.tenantId'),
    )
    .where('calls.tenantId', '=', tenantId)
    .where('calls.createdAt', '>=', fromMs)
    .where('calls.createdAt', '<', toMs)
    .where('calls.goneAt', 'is not', null)
    .where('calls.costMicros', 'is not', null)
    .where('calls.dismissedAt', 'is', null)
    .where('calls.contentDeletedAt', 'is', null)
    .where('calls.type', '<>', callKinds.chat)
    .execute();
  return rows.map((row) => row.id);
}

export interface LedgerSum {
  calls: number;
  costMicros: number;
  callsWithoutCost: number;
}

/** Ended calls created in the half-open period; no chats, and no dismissed ones. */
export async function sumCalls(
  db: Queries,
  tenantId: string,
  fromMs: number,
  toMs: number,
): Promise<LedgerSum> {
  return db
    .selectFrom('calls')
    .select([
      sql<number>`cast(count(*) as bigint)`.as('calls'),
      sql<number>`cast(coalesce(sum(${sql.ref('costMicros')}), 0) as bigint)`.as('costMicros'),
      sql<number>`cast(coalesce(sum(case when ${sql.ref('costMicros')} is null then 1 else 0 end), 0) as bigint)`.as(
        'callsWithoutCost',
      ),
    ])
    .where('tenantId', '=', tenantId)
    .where('createdAt', '>=', fromMs)
    .where('createdAt', '<', toMs)
    .where('status', '=', 'ended')
    .where('dismissedAt', 'is', null)
    .where('type', '<>', callKinds.chat)
    .executeTakeFirstOrThrow();
}

/** The call itself and all others whose sessions came from the same visitor network; a call by phone came from none. */
export async function listVisitorCalls(db: Queries, tenantId: string, callId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('reservations')
    .select('callId')
    .where('tenantId', '=', tenantId)
    .where('callId', 'is not', null)
    .where('visitorNetwork', 'in', (query) =>
      query
        .selectFrom('reservations')
        .select('visitorNetwork')
        .where('tenantId', '=', tenantId)
        .where('callId', '=', callId)
        .where('kind', '<>', 'phone'),
    )
    .execute();
  return [...new Set([callId, ...rows.map((row) => row.callId as string)])];
}

export async function markContentDeleted(
  db: Queries,
  tenantId: string,
  id: string,
  nowMs: number,
): Promise<void> {
  await db
    .updateTable('calls')
    .set({ contentDeletedAt: nowMs })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .execute();
}

/** Ids of booked calls created before then whose content has not been deleted, oldest first. */
export async function listOldContent(
  db: Queries,
  tenantId: string,
  beforeMs: number,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('calls')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('createdAt', '<', beforeMs)
    .where('status', '=', 'ended')
    .where('costMicros', 'is not', null)
    .where('contentDeletedAt', 'is', null)
    .where('goneAt', 'is', null)
    .orderBy('createdAt')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/** Whether a figure of any of the tenant's calls came from a report of Vapi's. */
export async function hasReport(db: Queries, tenantId: string): Promise<boolean> {
  const row = await db
    .selectFrom('calls')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where((expression) =>
      expression.or([expression('timesSource', '=', 'webhook'), expression('costSource', '=', 'webhook')]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns epoch milliseconds; null when there was none, beside those that were dismissed */
export async function firstCallAt(db: Queries, tenantId: string): Promise<number | null> {
  const row = await db
    .selectFrom('calls')
    .select('createdAt')
    .where('tenantId', '=', tenantId)
    .where('dismissedAt', 'is', null)
    .orderBy('createdAt')
    .limit(1)
    .executeTakeFirst();
  return row?.createdAt ?? null;
}
