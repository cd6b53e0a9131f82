import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import type { NoticesTable } from './schema.ts';

export type Notice = Selectable<NoticesTable>;

/**
 * Stores a notice for delivery; a second one of the same kind and period is ignored.
 * @param dueAt when it is delivered, if not at once
 */
export async function insertNotice(
  db: Queries,
  notice: Pick<
    Notice,
    'tenantId' | 'kind' | 'period' | 'payload' | 'createdAt' | 'urlPending' | 'emailPending'
  >,
  dueAt = notice.createdAt,
): Promise<void> {
  await db
    .insertInto('notices')
    .values({
      ...notice,
      id: `ntc_${randomBytes(12).toString('base64url')}`,
      attempts: 0,
      nextAttemptAt: notice.urlPending || notice.emailPending ? dueAt : null,
    })
    .onConflict((conflict) => conflict.columns(['tenantId', 'kind', 'period']).doNothing())
    .execute();
}

/** Of one kind, stored after `sinceMs`. */
export async function countNotices(
  db: Queries,
  tenantId: string,
  kind: Notice['kind'],
  sinceMs: number,
): Promise<number> {
  const { notices } = await db
    .selectFrom('notices')
    .select(({ fn }) => fn.countAll<number>().as('notices'))
    .where('tenantId', '=', tenantId)
    .where('kind', '=', kind)
    .where('createdAt', '>', sinceMs)
    .executeTakeFirstOrThrow();
  return Number(notices);
}

/**
 * @param retryAtMs when it is due again if this attempt never finishes
 * @param closedTo tenants whose notices are left for later
 */
export async function takeDueNotice(
  db: Queries,
  nowMs: number,
  retryAtMs: number,
  closedTo: string[] = [],
): Promise<Notice | null> {
  return takeNextDue(db, { table: 'notices', key: ['id'], closedTo }, nowMs, () => retryAtMs);
}

export async function saveNoticeProgress(
  db: Queries,
  id: string,
  progress: Pick<Notice, 'urlPending' | 'emailPending' | 'nextAttemptAt'>,
): Promise<void> {
  await db.updateTable('notices').set(progress).where('id', '=', id).execute();
}

export async function listNoticesOf(
  db: Queries,
  tenantId: string,
  kind: Notice['kind'],
): Promise<Pick<Notice, 'id' | 'payload'>[]> {
  return db
    .selectFrom('notices')
    .select(['id', 'payload'])
    .where('tenantId', '=', tenantId)
    .where('kind', '=', kind)
    .execute();
}

export async function saveNoticePayload(db: Queries, id: string, payload: string): Promise<void> {
  await db.updateTable('notices').set({ payload }).where('id', '=', id).execute();
}

/** Newest first, from the one after `after`. */
export async function listNotices(
  db: Queries,
  after: { createdAt: number; id: string } | null,
  limit: number,
): Promise<Notice[]> {
  let query = db.selectFrom('notices').selectAll();
  if (after) {
    query = query.where((expression) =>
      expression(expression.refTuple('createdAt', 'id'), '<', expression.tuple(after.createdAt, after.id)),
    );
  }
  return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit).execute();
}
