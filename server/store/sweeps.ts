import type { Queries } from './database.ts';

/** How far the org's calls have been compared, by their creation; null when never. */
export async function sweptTo(db: Queries, orgId: string): Promise<number | null> {
  const row = await db.selectFrom('sweeps').select('sweptTo').where('orgId', '=', orgId).executeTakeFirst();
  return row?.sweptTo ?? null;
}

/** Never goes back: two sweeps at once leave the farther one. */
export async function saveSweptTo(db: Queries, orgId: string, toMs: number): Promise<void> {
  await db
    .insertInto('sweeps')
    .values({ orgId, sweptTo: toMs })
    .onConflict((conflict) =>
      conflict.column('orgId').doUpdateSet({ sweptTo: toMs }).where('sweeps.sweptTo', '<', toMs),
    )
    .execute();
}
