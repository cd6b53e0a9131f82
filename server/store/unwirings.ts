import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { UnwiringsTable } from './schema.ts';

/** Keeps that the tenant's assistants are still to be given back. */
export async function insertUnwiring(db: Queries, tenantId: string, nextAttemptAt: number): Promise<void> {
  await db
    .insertInto('unwirings')
    .values({ tenantId, attempts: 1, nextAttemptAt })
    // Deleted twice at once.
    .onConflict((conflict) => conflict.column('tenantId').doNothing())
    .execute();
}

/**
 * Takes the next due one by moving its next attempt ahead, so that no other process takes it meanwhile.
 * @param retryAt when it is due again, by the attempts made before this one
 */
export async function takeDueUnwiring(
  db: Queries,
  nowMs: number,
  retryAt: (attempts: number) => number,
): Promise<Selectable<UnwiringsTable> | null> {
  const due = await db
    .selectFrom('unwirings')
    .selectAll()
    .where('nextAttemptAt', '<=', nowMs)
    .orderBy('nextAttemptAt')
    .limit(1)
    .executeTakeFirst();
  if (!due) return null;
  const row = await db
    .updateTable('unwirings')
    .set({ attempts: due.attempts + 1, nextAttemptAt: retryAt(due.attempts) })
    .where('tenantId', '=', due.tenantId)
    // Another process that was quicker has changed this.
    .where('nextAttemptAt', '=', due.nextAttemptAt)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function removeUnwiring(db: Queries, tenantId: string): Promise<void> {
  await db.deleteFrom('unwirings').where('tenantId', '=', tenantId).execute();
}
