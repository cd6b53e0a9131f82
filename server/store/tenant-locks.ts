import { sql } from 'kysely';
import type { Queries } from './database.ts';

/** Makes this transaction the only one that changes the tenant's plans and documents until it ends; calls continue. */
export const lockBilling = (db: Queries, tenantId: string): Promise<void> =>
  lockIn(db, 'billingLocks', tenantId);

/** Makes this transaction the only one that adds to the tenant's outbox or changes many of its messages. */
export const lockOutbox = (db: Queries, tenantId: string): Promise<void> =>
  lockIn(db, 'outboxLocks', tenantId);

/** A row that is written is locked on both engines, whether it was there or not. */
async function lockIn(db: Queries, table: 'billingLocks' | 'outboxLocks', tenantId: string): Promise<void> {
  await db
    .insertInto(table)
    .values({ tenantId, taken: 1 })
    .onConflict((conflict) =>
      conflict.column('tenantId').doUpdateSet({ taken: sql<number>`${sql.ref(`${table}.taken`)} + 1` }),
    )
    .execute();
}
