import { sql } from 'kysely';
import type { Queries } from './database.ts';

/** Until this transaction ends, no other changes the tenant's plans and documents; calls continue. */
export const lockBilling = (db: Queries, tenantId: string): Promise<void> =>
  lockIn(db, 'billingLocks', tenantId);

/** Until this transaction ends, no other adds to the tenant's outbox or changes many of its messages. */
export const lockOutbox = (db: Queries, tenantId: string): Promise<void> =>
  lockIn(db, 'outboxLocks', tenantId);

/** Writing a row locks it on both engines, whether it existed or not. */
async function lockIn(db: Queries, table: 'billingLocks' | 'outboxLocks', tenantId: string): Promise<void> {
  await db
    .insertInto(table)
    .values({ tenantId, taken: 1 })
    .onConflict((conflict) =>
      conflict.column('tenantId').doUpdateSet({ taken: sql<number>`${sql.ref(`${table}.taken`)} + 1` }),
    )
    .execute();
}
