/** The outbox of messages for tenants' own servers, and for a while their outcomes. */
import { type Selectable, sql } from 'kysely';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import type { ForwardedContentsTable, ForwardedMessagesTable } from './forwarding-schema.ts';

export type ForwardedMessage = Selectable<ForwardedMessagesTable>;
export type ForwardedContent = Selectable<ForwardedContentsTable>;

/** @returns false when the same message is already stored */
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
 * @param retryAtMs when it is due again if this attempt never finishes
 * @param closedTo tenants to skip
 */
export async function takeDueMessage(
  db: Queries,
  nowMs: number,
  retryAtMs: number,
  closedTo: string[],
): Promise<ForwardedMessage | null> {
  const due = { table: 'forwardedMessages', key: ['id'], thenBy: 'createdAt', closedTo } as const;
  return takeNextDue(db, due, nowMs, () => retryAtMs);
}

/** What waits in an outbox. */
export interface Waiting {
  messages: number;
  bytes: number;
}

export interface GivenUp {
  messages: number;
  /** When the oldest of them arrived, in epoch milliseconds. */
  oldestAt: number;
  /** What is still waiting. */
  left: Waiting;
}

/**
 * Gives up a tenant's oldest waiting messages until the rest is within the limits: their content is deleted, their
 * outcome stays until `expiresAtMs`. For use in a transaction that holds `lockOutbox`.
 * @returns null when there was nothing to give up
 */
export async function giveUpOldest(
  db: Queries,
  tenantId: string,
  limits: Waiting,
  expiresAtMs: number,
): Promise<GivenUp | null> {
  const left = await countWaiting(db, tenantId);
  let messages = 0;
  let oldestAt: number | null = null;
  const isTooMuch = () => left.messages > limits.messages || left.bytes > limits.bytes;
  while (isTooMuch()) {
    const oldest = await db
      .selectFrom('forwardedMessages')
      .select(['id', 'bytes', 'createdAt'])
      .where('tenantId', '=', tenantId)
      .where('nextAttemptAt', 'is not', null)
      .orderBy('createdAt')
      .orderBy('id')
      .limit(500)
      .execute();
    const ids: string[] = [];
    for (const { id, bytes, createdAt } of oldest) {
      if (!isTooMuch()) break;
      ids.push(id);
      left.messages -= 1;
      left.bytes -= bytes;
      oldestAt ??= createdAt;
    }
    // If a worker has finished them meanwhile, there is nothing to count.
    if (ids.length === 0) break;
    messages += await endWaiting(db, ids, null, expiresAtMs);
  }
  return oldestAt === null || messages === 0 ? null : { messages, oldestAt, left };
}

/** Of one tenant, or of all. */
export async function countWaiting(db: Queries, tenantId?: string): Promise<Waiting> {
  let query = db.selectFrom('forwardedMessages').where('nextAttemptAt', 'is not', null);
  if (tenantId !== undefined) query = query.where('tenantId', '=', tenantId);
  const { messages, bytes } = await query
    .select((expression) => [
      expression.fn.countAll<number>().as('messages'),
      sql<number>`cast(coalesce(sum(${sql.ref('bytes')}), 0) as bigint)`.as('bytes'),
    ])
    .executeTakeFirstOrThrow();
  return { messages: Number(messages), bytes: Number(bytes) };
}

/**
 * The message is done: its content is deleted, its outcome stays until `expiresAtMs`. For use in a transaction.
 * @returns false when it was given up meanwhile: then nothing changes
 */
export async function finishMessage(
  db: Queries,
  id: string,
  answer: number,
  expiresAtMs: number,
): Promise<boolean> {
  return (await endWaiting(db, [id], answer, expiresAtMs)) === 1;
}

/**
 * Always messages before their contents, so that no two transactions deadlock.
 * @param answer null = that of the last attempt
 * @returns how many of them were still waiting
 */
async function endWaiting(
  db: Queries,
  ids: string[],
  answer: number | null,
  expiresAtMs: number,
): Promise<number> {
  const ended = await db
    .updateTable('forwardedMessages')
    .set(({ fn, val }) => ({
      nextAttemptAt: null,
      answer: answer ?? fn.coalesce('answer', val(0)),
      expiresAt: expiresAtMs,
      bytes: 0,
    }))
    .where('id', 'in', ids)
    .where('nextAttemptAt', 'is not', null)
    .executeTakeFirst();
  await db.deleteFrom('forwardedContents').where('id', 'in', ids).execute();
  return Number(ended.numUpdatedRows);
}

/** A message that was given up meanwhile stays so. */
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
    .where('nextAttemptAt', 'is not', null)
    .execute();
}

/**
 * Postpones all of a tenant's due messages: its server is down, and trying each would delay other tenants. For use in a
 * transaction that holds `lockOutbox`.
 */
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

/**
 * Makes a tenant's messages due that are postponed beyond `laterThanMs`; those being sent are due before. For use in a
 * transaction that holds `lockOutbox`.
 */
export async function hurryMessages(
  db: Queries,
  tenantId: string,
  nowMs: number,
  laterThanMs: number,
): Promise<void> {
  await db
    .updateTable('forwardedMessages')
    .set({ nextAttemptAt: nowMs })
    .where('tenantId', '=', tenantId)
    .where('nextAttemptAt', '>', laterThanMs)
    .execute();
}

/**
 * Deletes the oldest expired messages, up to `limit`, so that the statement stays short after a long pause too.
 * @returns whether there may be more
 */
export async function forgetFinishedMessages(db: Queries, nowMs: number, limit: number): Promise<boolean> {
  const over = db
    .selectFrom('forwardedMessages')
    .select('id')
    .where('expiresAt', '<=', nowMs)
    .orderBy('expiresAt')
    .limit(limit);
  const { numDeletedRows } = await db
    .deleteFrom('forwardedMessages')
    .where('id', 'in', over)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows) === limit;
}
