import { type Selectable, sql } from 'kysely';
import type { Queries, Store } from './database.ts';
import type { BlockedOriginsTable } from './schema.ts';

/** Beyond this many different origins a tenant's refusals are counted together, so that nobody can fill the store. */
const keptPerTenant = 100;
const others = '(others)';

export type BlockedOrigin = Selectable<BlockedOriginsTable>;

export async function countBlockedOrigin(
  store: Store,
  tenantId: string,
  origin: string,
  nowMs: number,
): Promise<void> {
  await store.transaction().execute(async (db) => {
    const { known, kept } = await db
      .selectFrom('blockedOrigins')
      .select([
        sql<number>`cast(count(*) as bigint)`.as('kept'),
        sql<number>`cast(coalesce(sum(case when ${sql.ref('origin')} = ${origin} then 1 else 0 end), 0) as bigint)`.as(
          'known',
        ),
      ])
      .where('tenantId', '=', tenantId)
      .executeTakeFirstOrThrow();
    const name = known > 0 || kept < keptPerTenant ? origin : others;
    await db
      .insertInto('blockedOrigins')
      .values({ tenantId, origin: name, count: 1, firstSeenAt: nowMs, lastSeenAt: nowMs })
      .onConflict((conflict) =>
        conflict.columns(['tenantId', 'origin']).doUpdateSet((expression) => ({
          count: expression('blockedOrigins.count', '+', 1),
          lastSeenAt: nowMs,
        })),
      )
      .execute();
  });
}

/** Most recent first. */
export async function listBlockedOrigins(store: Store, tenantId: string): Promise<BlockedOrigin[]> {
  return store
    .selectFrom('blockedOrigins')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('lastSeenAt', 'desc')
    .orderBy('origin')
    .execute();
}

/** Once a page is allowed, what was refused before is no longer of interest. */
export async function forgetBlockedOrigin(db: Queries, tenantId: string, origin: string): Promise<void> {
  await db
    .deleteFrom('blockedOrigins')
    .where('tenantId', '=', tenantId)
    .where('origin', '=', origin)
    .execute();
}
