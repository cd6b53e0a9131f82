import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { CallsTable } from './schema.ts';

type CallRow = Selectable<CallsTable>;

/** Adds the call where it is not known yet. */
export async function insertCall(db: Queries, row: CallRow): Promise<void> {
  await db
    .insertInto('calls')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenantId', 'id']).doNothing())
    .execute();
}

/** Reads the row and keeps every other transaction from changing it until this one ends. */
export async function lockCall(db: Queries, tenantId: string, id: string): Promise<CallRow | null> {
  const row = await db
    .updateTable('calls')
    .set((expression) => ({ revision: expression('revision', '+', 1) }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function updateCall(db: Queries, row: CallRow): Promise<void> {
  const { tenantId, id, ...columns } = row;
  await db.updateTable('calls').set(columns).where('tenantId', '=', tenantId).where('id', '=', id).execute();
}

export async function findCall(db: Queries, tenantId: string, id: string): Promise<CallRow | null> {
  const row = await db
    .selectFrom('calls')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export interface CallsPage {
  /** Epoch milliseconds, half-open, by creation. */
  from: number | null;
  to: number | null;
  /** The last row of the page before. */
  after: { createdAt: number; id: string } | null;
  limit: number;
}

/** Newest first. */
export async function listCalls(db: Queries, tenantId: string, page: CallsPage): Promise<CallRow[]> {
  let query = db.selectFrom('calls').selectAll().where('tenantId', '=', tenantId);
  if (page.from !== null) query = query.where('createdAt', '>=', page.from);
  if (page.to !== null) query = query.where('createdAt', '<', page.to);
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

/** Ids of the calls that have not ended and can be ended by us, created since then. */
export async function listLiveCalls(db: Queries, tenantId: string, sinceMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('calls')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('createdAt', '>', sinceMs)
    .where('status', '<>', 'ended')
    .where('controlUrlSealed', 'is not', null)
    .execute();
  return rows.map((row) => row.id);
}
