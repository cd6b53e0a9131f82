import { sql } from 'kysely';
import type { Queries } from './database.ts';

/** Creation time up to which the org's calls have been compared; null when never. */
export async function sweptTo(db: Queries, orgId: string): Promise<number | null> {
  const row = await db.selectFrom('sweeps').select('sweptTo').where('orgId', '=', orgId).executeTakeFirst();
  return row?.sweptTo ?? null;
}

/** Never goes back: of two simultaneous sweeps, the one that got further counts. */
export async function saveSweptTo(db: Queries, orgId: string, toMs: number): Promise<void> {
  await db
    .insertInto('sweeps')
    .values({ orgId, sweptTo: toMs, unassignedCalls: 0 })
    .onConflict((conflict) =>
      conflict.column('orgId').doUpdateSet({ sweptTo: toMs }).where('sweeps.sweptTo', '<', toMs),
    )
    .execute();
}

export async function saveUnassigned(db: Queries, orgId: string, calls: number): Promise<void> {
  await db.updateTable('sweeps').set({ unassignedCalls: calls }).where('orgId', '=', orgId).execute();
}

/** Of all orgs that have a tenant. */
export async function countUnassigned(db: Queries): Promise<number> {
  const { calls } = await db
    .selectFrom('sweeps')
    .select(sql<number>`cast(coalesce(sum(${sql.ref('unassignedCalls')}), 0) as bigint)`.as('calls'))
    .where('orgId', 'in', (query) =>
      query.selectFrom('tenants').select('orgId').where('deletedAt', 'is', null),
    )
    .executeTakeFirstOrThrow();
  return calls;
}
