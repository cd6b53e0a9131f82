import type { Queries } from './database.ts';

/** @returns the number of the attempt that a request to Stripe is at; starts at 1 */
export async function attemptOf(db: Queries, request: string): Promise<number> {
  const row = await db
    .selectFrom('stripeAttempts')
    .select('attempt')
    .where('request', '=', request)
    .executeTakeFirst();
  return row?.attempt ?? 1;
}

/** Moves to the next attempt, once for all callers that found this one used up. @returns the attempt to make now */
export async function raiseAttempt(db: Queries, request: string, spent: number): Promise<number> {
  await db
    .insertInto('stripeAttempts')
    .values({ request, attempt: spent + 1 })
    .onConflict((conflict) =>
      conflict
        .column('request')
        .doUpdateSet({ attempt: spent + 1 })
        .where('stripeAttempts.attempt', '=', spent),
    )
    .execute();
  return attemptOf(db, request);
}
