import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import type { LeftCallsTable } from './schema.ts';

export type LeftCall = Selectable<LeftCallsTable>;

type Visit = Pick<LeftCall, 'tenantId' | 'callId' | 'page'>;

/**
 * The visitor has left its `page`-th page. Changes nothing when a later page has reported already, because a page
 * that is left sends its word last and it may come late. An end that has been fixed stays: saying it twice gains no time.
 */
export async function saveLeft(db: Queries, visit: Visit, endAtMs: number): Promise<void> {
  const { page } = visit;
  await db
    .insertInto('leftCalls')
    .values({ ...visit, endAt: endAtMs, attempts: 0 })
    .onConflict((conflict) =>
      conflict
        .columns(['tenantId', 'callId'])
        .doUpdateSet((expression) => ({
          page,
          endAt: expression.fn.coalesce('leftCalls.endAt', expression.val(endAtMs)),
        }))
        .where('leftCalls.page', '<=', page)
        .where('leftCalls.attempts', '=', 0),
    )
    .execute();
}

/**
 * The visitor is in the room again, on its `page`-th page: the call is not ended.
 * @returns false when the server has begun to end it, or another page has come back before
 */
export async function saveRejoined(db: Queries, visit: Visit): Promise<boolean> {
  const { page } = visit;
  const row = await db
    .insertInto('leftCalls')
    .values({ ...visit, endAt: null, attempts: 0 })
    .onConflict((conflict) =>
      conflict
        .columns(['tenantId', 'callId'])
        .doUpdateSet({ page, endAt: null })
        .where('leftCalls.page', '<', page)
        .where('leftCalls.attempts', '=', 0),
    )
    .returning('callId')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Takes the next call whose visitor did not come back. From then on no one can rejoin it, and no other process takes it.
 * @param retryAt when it is due again, should ending it fail, by the attempts made before; null gives it up
 */
export async function takeAbandoned(
  db: Queries,
  nowMs: number,
  retryAt: (attempts: number) => number | null,
): Promise<LeftCall | null> {
  const key = ['tenantId', 'callId', 'page'] as const;
  return takeNextDue(db, { table: 'leftCalls', key, dueAt: 'endAt' }, nowMs, retryAt);
}

/** The call has been ended: it is no longer due. */
export async function saveEnded(db: Queries, { tenantId, callId }: LeftCall): Promise<void> {
  await db
    .updateTable('leftCalls')
    .set({ endAt: null })
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .execute();
}
