/** The outbox of messages for tenants' own servers, and for a while what became of them. */
import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { ForwardedContentsTable, ForwardedMessagesTable } from './schema.ts';

export type ForwardedMessage = Selectable<ForwardedMessagesTable>;
export type ForwardedContent = Selectable<ForwardedContentsTable>;

/** @returns false when the same message is kept already */
export async function insertForwardedMessage(db: Queries, message: ForwardedMessage): Promise<boolean> {
  const result = await db
    .insertInto('forwardedMessages')
    .values(message)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
}

export async function insertContent(db: Queries, content: ForwardedContent): Promise<void> {
  await db.insertInto('forwardedContents').values(content).execute();
}

export async function findContent(db: Queries, id: string): Promise<ForwardedContent | null> {
  const row = await db.selectFrom('forwardedContents').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function findForwardedMessage(db: Queries, id: string): Promise<ForwardedMessage | null> {
  const row = await db.selectFrom('forwardedMessages').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/**
 * Takes the next due message by moving its next attempt ahead, so that no other process takes it meanwhile.
 * @param retryAtMs when it is due again if this attempt never comes to an end
 */
export async function takeDueMessage(
  db: Queries,
  nowMs: number,
  retryAtMs: number,
): Promise<ForwardedMessage | null> {
  const due = db
    .selectFrom('forwardedMessages')
    .select('id')
    .where('nextAttemptAt', '<=', nowMs)
    .orderBy('nextAttemptAt')
    .orderBy('createdAt')
    .limit(1);
  const row = await db
    .updateTable('forwardedMessages')
    .set((expression) => ({ nextAttemptAt: retryAtMs, attempts: expression('attempts', '+', 1) }))
    .where('id', '=', due)
    .where('nextAttemptAt', '<=', nowMs)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Nothing is left to do; the content goes, the outcome stays until `expiresAtMs`. For use in a transaction. */
export async function finishMessage(
  db: Queries,
  id: string,
  answer: number,
  expiresAtMs: number,
): Promise<void> {
  await db.deleteFrom('forwardedContents').where('id', '=', id).execute();
  await db
    .updateTable('forwardedMessages')
    .set({ nextAttemptAt: null, answer, expiresAt: expiresAtMs })
    .where('id', '=', id)
    .execute();
}

export async function retryMessage(
  db: Queries,
  id: string,
  answer: number,
  nextAttemptAtMs: number,
): Promise<void> {
  await db
    .updateTable('forwardedMessages')
    .set({ nextAttemptAt: nextAttemptAtMs, answer })
    .where('id', '=', id)
    .execute();
}

/** Lets all of a tenant's due messages wait: its server is down, and trying each would hold up other tenants. */
export async function postponeMessages(
  db: Queries,
  tenantId: string,
  dueMs: number,
  untilMs: number,
): Promise<void> {
  await db
    .updateTable('forwardedMessages')
    .set({ nextAttemptAt: untilMs })
    .where('tenantId', '=', tenantId)
    .where('nextAttemptAt', '<=', dueMs)
    .execute();
}

export async function forgetFinishedMessages(db: Queries, nowMs: number): Promise<void> {
  await db.deleteFrom('forwardedMessages').where('expiresAt', '<=', nowMs).execute();
}

export async function countPendingMessages(db: Queries): Promise<number> {
  const { pending } = await db
    .selectFrom('forwardedMessages')
    .select((expression) => expression.fn.countAll<number>().as('pending'))
    .where('nextAttemptAt', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(pending);
}
