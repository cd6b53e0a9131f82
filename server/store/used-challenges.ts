import type { Queries } from './database.ts';

/** @returns false when it has been used before */
export async function useChallenge(
  db: Queries,
  id: string,
  expiresAtMs: number,
  nowMs: number,
): Promise<boolean> {
  await db.deleteFrom('usedChallenges').where('expiresAt', '<', nowMs).execute();
  const result = await db
    .insertInto('usedChallenges')
    .values({ id, expiresAt: expiresAtMs })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
}
