import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { CallResultsTable } from './results-schema.ts';

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

/** Of at most a page of calls, by their ids. */
export async function findResultsOf(
  db: Queries,
  tenantId: string,
  callIds: string[],
): Promise<Map<string, CallResultsRow>> {
  const found = new Map<string, CallResultsRow>();
  // Both engines limit the parameters of one statement.
  for (let start = 0; start < callIds.length; start += 500) {
    const rows = await db
      .selectFrom('callResults')
      .selectAll()
      .where('tenantId', '=', tenantId)
      .where('callId', 'in', callIds.slice(start, start + 500))
      .execute();
    for (const row of rows) found.set(row.callId, row);
  }
  return found;
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

/** The call is another tenant's after all. */
export async function deleteResults(db: Queries, tenantId: string, callId: string): Promise<void> {
  await db.deleteFrom('callResults').where('tenantId', '=', tenantId).where('callId', '=', callId).execute();
}
