import { sql } from 'kysely';
import type { Queries } from './database.ts';

/** Makes this transaction the only one that changes the tenant's plans and documents until it ends; calls continue. */
export async function lockBilling(db: Queries, tenantId: string): Promise<void> {
  await db
    .insertInto('billingLocks')
    .values({ tenantId, taken: 1 })
    .onConflict((conflict) =>
      conflict.column('tenantId').doUpdateSet({ taken: sql<number>`${sql.ref('billingLocks.taken')} + 1` }),
    )
    .execute();
}
