import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { CallOutcomesTable, CallResultsTable } from './results-schema.ts';

export type CallResultsRow = Selectable<CallResultsTable>;

export async function findCallResults(
  db: Queries,
  tenantId: string,
  callId: string,
): Promise<CallResultsRow | null> {
  const row = await db
    .selectFrom('callResults')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .executeTakeFirst();
  return row ?? null;
}

interface CallKey {
  tenantId: string;
  id: string;
}
const keyOf = (tenantId: string, callId: string) => `${tenantId} ${callId}`;

/** Of at most a page of calls, of any tenants: one statement for up to 500. @returns what finds the row of a call */
export const findResultsOf = (db: Queries, calls: readonly CallKey[]) =>
  findOf<CallResultsRow>(db, 'callResults', calls);

/** The same, of their outcomes. */
export const findOutcomesOf = (db: Queries, calls: readonly CallKey[]) =>
  findOf<Selectable<CallOutcomesTable>>(db, 'callOutcomes', calls);

async function findOf<Row extends { tenantId: string; callId: string }>(
  db: Queries,
  table: 'callResults' | 'callOutcomes',
  calls: readonly CallKey[],
): Promise<(call: CallKey) => Row | null> {
  const found = new Map<string, Row>();
  // Both engines limit the parameters of one statement.
  for (let start = 0; start < calls.length; start += 500) {
    const some = calls.slice(start, start + 500);
    const rows = await db
      .selectFrom(table)
      .selectAll()
      // Both, so that the key finds them.
      .where('tenantId', 'in', [...new Set(some.map(({ tenantId }) => tenantId))])
      .where(
        'callId',
        'in',
        some.map(({ id }) => id),
      )
      .execute();
    for (const row of rows as unknown as Row[]) found.set(keyOf(row.tenantId, row.callId), row);
  }
  return ({ tenantId, id }) => found.get(keyOf(tenantId, id)) ?? null;
}

/** Called under the lock of the call's row. */
export async function saveCallResults(db: Queries, row: CallResultsRow): Promise<void> {
  const { tenantId, callId, ...values } = row;
  await db
    .insertInto('callResults')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenantId', 'callId']).doUpdateSet(values))
    .execute();
}

const erased = { contentSealed: null, success: null, contentFrom: null };

/** What was said, extracted and judged; how fast the answers were remains. */
export async function eraseResults(
  db: Queries,
  tenantId: string,
  callIds: string[],
  nowMs: number,
): Promise<void> {
  for (let start = 0; start < callIds.length; start += 500)
    await db
      .updateTable('callResults')
      .set({ ...erased, erasedAt: nowMs })
      .where('tenantId', '=', tenantId)
      .where('callId', 'in', callIds.slice(start, start + 500))
      .where('erasedAt', 'is', null)
      .execute();
}

/** The same for all calls of the tenant that were created before then. */
export async function eraseOldResults(
  db: Queries,
  tenantId: string,
  beforeMs: number,
  nowMs: number,
): Promise<void> {
  await db
    .updateTable('callResults')
    .set({ ...erased, erasedAt: nowMs })
    .where('tenantId', '=', tenantId)
    .where('contentFrom', '<', beforeMs)
    .execute();
}

/** The same for tenants that were deleted before then, whatever their retention. @returns whether there may be more */
export async function eraseResultsOfDeleted(
  db: Queries,
  deletedBeforeMs: number,
  limit: number,
  nowMs: number,
): Promise<boolean> {
  const kept = await db
    .selectFrom('callResults')
    .innerJoin('tenants', 'tenants.id', 'callResults.tenantId')
    .select(['callResults.tenantId', 'callResults.callId'])
    .where('tenants.deletedAt', '<', deletedBeforeMs)
    .where('callResults.contentFrom', 'is not', null)
    .limit(limit)
    .execute();
  for (const [tenantId, rows] of Map.groupBy(kept, (row) => row.tenantId))
    await eraseResults(
      db,
      tenantId,
      rows.map(({ callId }) => callId),
      nowMs,
    );
  return kept.length === limit;
}

/** The call is another tenant's after all. */
export async function deleteResults(db: Queries, tenantId: string, callId: string): Promise<void> {
  await db.deleteFrom('callResults').where('tenantId', '=', tenantId).where('callId', '=', callId).execute();
}
