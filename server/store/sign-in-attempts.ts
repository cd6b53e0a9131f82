import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { SignInAttemptsTable } from './people-schema.ts';

export type SignInAttempt = Selectable<SignInAttemptsTable>;

/** Takes the place of the holder's older one; also removes those that have expired. */
export async function putAttempt(db: Queries, attempt: SignInAttempt, nowMs: number): Promise<void> {
  await db.deleteFrom('signInAttempts').where('expiresAt', '<=', nowMs).execute();
  const { holder: _holder, ...values } = attempt;
  await db
    .insertInto('signInAttempts')
    .values(attempt)
    .onConflict((conflict) => conflict.column('holder').doUpdateSet(values))
    .execute();
}

/**
 * Uses it up: of several simultaneous answers, one succeeds.
 * @returns its secret; null when there is none of this kind, or no longer
 */
export async function takeAttempt(
  db: Queries,
  { holder, kind }: Pick<SignInAttempt, 'holder' | 'kind'>,
  nowMs: number,
): Promise<string | null> {
  const row = await db
    .deleteFrom('signInAttempts')
    .where('holder', '=', holder)
    .where('kind', '=', kind)
    .where('expiresAt', '>', nowMs)
    .returning('secret')
    .executeTakeFirst();
  return row?.secret ?? null;
}
