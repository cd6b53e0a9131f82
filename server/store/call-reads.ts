import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { CallReadsTable } from './privacy-schema.ts';

export type CallRead = Selectable<CallReadsTable>;

/** Keeps the first of an hour. */
export async function insertCallRead(
  db: Queries,
  { tenantId, callId, kind, actor, at }: Omit<CallRead, 'id' | 'hour'>,
): Promise<void> {
  const id = `rd_${randomBytes(12).toString('base64url')}`;
  await db
    .insertInto('callReads')
    .values({ id, tenantId, callId, kind, actor, at, hour: Math.floor(at / 3_600_000) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Newest first, from the one after `after`. */
export async function listCallReads(
  db: Queries,
  tenantId: string,
  callId: string | null,
  after: { at: number; id: string } | null,
  limit: number,
): Promise<CallRead[]> {
  let query = db.selectFrom('callReads').selectAll().where('tenantId', '=', tenantId);
  if (callId !== null) query = query.where('callId', '=', callId);
  if (after) {
    query = query.where((expression) =>
      expression.or([
        expression('at', '<', after.at),
        expression.and([expression('at', '=', after.at), expression('id', '<', after.id)]),
      ]),
    );
  }
  return query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}
