import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import type { UnwiringsTable } from './wiring-schema.ts';

/** Records that the tenant's assistants must still be returned. */
export async function insertUnwiring(db: Queries, tenantId: string, nextAttemptAt: number): Promise<void> {
  await db
    .insertInto('unwirings')
    .values({ tenantId, attempts: 1, nextAttemptAt })
    // Deleted twice at the same time.
    .onConflict((conflict) => conflict.column('tenantId').doNothing())
    .execute();
}

/** @param retryAt when it is due again, given the number of earlier attempts */
export async function takeDueUnwiring(
  db: Queries,
  nowMs: number,
  retryAt: (attempts: number) => number,
): Promise<Selectable<UnwiringsTable> | null> {
  return takeNextDue(db, { table: 'unwirings', key: ['tenantId'] }, nowMs, retryAt);
}

export async function removeUnwiring(db: Queries, tenantId: string): Promise<void> {
  await db.deleteFrom('unwirings').where('tenantId', '=', tenantId).execute();
}
