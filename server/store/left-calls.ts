import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import type { LeftCallsTable } from './schema.ts';

export type LeftCall = Selectable<LeftCallsTable>;

type Visit = Pick<LeftCall, 'tenantId' | 'callId' | 'page'>;

/**
 * The visitor has left its `page`-th page. Changes nothing if a later page has reported: a page reports while it is
 * left, so that may arrive late. An end that is set stays: reporting twice gains no time.
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
 * The visitor has returned to the room, on its `page`-th page: the call is not ended.
 * @returns false when the server has begun to end it, or another page has already returned
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
 * Takes the next call whose visitor did not return. From then on no one can rejoin it, and no other process takes it.
 * @param retryAt when it is due again if ending it fails, given the number of earlier attempts; null gives up
 */
export async function takeAbandoned(
  db: Queries,
  nowMs: number,
  retryAt: (attempts: number) => number | null,
  closedTo: string[] = [],
): Promise<LeftCall | null> {
  const key = ['tenantId', 'callId', 'page'] as const;
  return takeNextDue(db, { table: 'leftCalls', key, dueAt: 'endAt', closedTo }, nowMs, retryAt);
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
