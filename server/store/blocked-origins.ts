import { type Selectable, sql } from 'kysely';
import type { Queries, Store } from './database.ts';
import type { BlockedOriginsTable } from './schema.ts';

/** How many different origins are kept per tenant, so that no one can fill the store. */
export const keptPerTenant = 100;
/** The name under which all others are counted. */
export const otherOrigins = '(others)';

export type BlockedOrigin = Selectable<BlockedOriginsTable>;
export type CountedOrigin = Omit<BlockedOrigin, 'tenantId'>;

/**
 * Adds to the previous counts. If that makes too many origins, those not seen for longest lose their names: a flood of
 * made-up ones disappears, and a page that tries again is listed again.
 */
export async function countBlockedOrigins(
  store: Store,
  tenantId: string,
  counted: CountedOrigin[],
): Promise<void> {
  await store.transaction().execute(async (db) => {
    // Always in the same order, so that two processes cannot deadlock.
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
      // SQLite needs a limit for an offset.
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

/** Once a page is allowed, its earlier refusals no longer matter. */
export async function forgetBlockedOrigin(db: Queries, tenantId: string, origin: string): Promise<void> {
  await db
    .deleteFrom('blockedOrigins')
    .where('tenantId', '=', tenantId)
    .where('origin', '=', origin)
    .execute();
}
