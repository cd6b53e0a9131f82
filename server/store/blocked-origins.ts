import { type Selectable, sql } from 'kysely';
import type { Queries, Store } from './database.ts';
import type { BlockedOriginsTable } from './schema.ts';

/** How many different origins are kept per tenant, so that no one can fill the store. */
export const keptPerTenant = 100;
/** What is not kept by its name is counted under this one. */
export const otherOrigins = '(others)';

export type BlockedOrigin = Selectable<BlockedOriginsTable>;
export type CountedOrigin = Omit<BlockedOrigin, 'tenantId'>;

/**
 * Adds to what was counted before. If that makes too many origins, those not seen for the longest time lose their names:
 * a flood of made-up ones passes, and a page that tries again is listed again.
 */
export async function countBlockedOrigins(
  store: Store,
  tenantId: string,
  counted: CountedOrigin[],
): Promise<void> {
  await store.transaction().execute(async (db) => {
    // In one order, so that two processes cannot deadlock.
    const inOrder = counted.toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
    for (const entry of inOrder) await add(db, tenantId, entry);
    const evicted = await db
      .selectFrom('blockedOrigins')
      .selectAll()
      .where('tenantId', '=', tenantId)
      .where('origin', '<>', otherOrigins)
      .orderBy('lastSeenAt', 'desc')
      .orderBy('origin')
      .offset(keptPerTenant)
      // SQLite takes an offset only with a limit.
      .limit(2 * keptPerTenant)
      .execute();
    if (evicted.length === 0) return;
    const origins = evicted.map(({ origin }) => origin);
    await db
      .deleteFrom('blockedOrigins')
      .where('tenantId', '=', tenantId)
      .where('origin', 'in', origins)
      .execute();
    await add(db, tenantId, {
      origin: otherOrigins,
      count: evicted.reduce((sum, { count }) => sum + count, 0),
      firstSeenAt: Math.min(...evicted.map(({ firstSeenAt }) => firstSeenAt)),
      lastSeenAt: Math.max(...evicted.map(({ lastSeenAt }) => lastSeenAt)),
    });
  });
}

async function add(db: Queries, tenantId: string, entry: CountedOrigin): Promise<void> {
  const { count, lastSeenAt } = entry;
  const before = sql.ref('blockedOrigins.lastSeenAt');
  await db
    .insertInto('blockedOrigins')
    .values({ tenantId, ...entry })
    .onConflict((conflict) =>
      conflict.columns(['tenantId', 'origin']).doUpdateSet((expression) => ({
        count: expression('blockedOrigins.count', '+', count),
        lastSeenAt: sql<number>`case when ${before} > ${lastSeenAt} then ${before} else ${lastSeenAt} end`,
      })),
    )
    .execute();
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
