/** Tenants whose public key at Vapi must still be changed or deleted. */
import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import type { PendingKeysTable } from './wiring-schema.ts';

export type PendingKey = Selectable<PendingKeysTable>;

/** In the transaction of the change itself, so that it is recorded exactly when the change is. */
export async function putPendingKey(db: Queries, tenantId: string, dueAt: number): Promise<void> {
  const fresh = { changeId: randomUUID(), attempts: 0, nextAttemptAt: dueAt };
  await db
    .insertInto('pendingKeys')
    .values({ tenantId, ...fresh })
    .onConflict((conflict) => conflict.column('tenantId').doUpdateSet(fresh))
    .execute();
}

export async function findPendingKey(db: Queries, tenantId: string): Promise<PendingKey | null> {
  const row = await db
    .selectFrom('pendingKeys')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .executeTakeFirst();
  return row ?? null;
}

/** @param retryAt when it is due again, given the number of earlier attempts */
export async function takeDuePendingKey(
  db: Queries,
  nowMs: number,
  retryAt: (attempts: number) => number,
): Promise<PendingKey | null> {
  return takeNextDue(db, { table: 'pendingKeys', key: ['tenantId'] }, nowMs, retryAt);
}

/**
 * Keeps it if something else has changed meanwhile.
 * @returns whether it was removed
 */
export async function removePendingKey(
  db: Queries,
  { tenantId, changeId }: Pick<PendingKey, 'tenantId' | 'changeId'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('pendingKeys')
    .where('tenantId', '=', tenantId)
    .where('changeId', '=', changeId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** @returns whether it was saved; not if something else has changed meanwhile */
export async function savePendingKey(
  db: Queries,
  { tenantId, changeId, attempts, nextAttemptAt }: PendingKey,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('pendingKeys')
    .set({ attempts, nextAttemptAt })
    .where('tenantId', '=', tenantId)
    .where('changeId', '=', changeId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
