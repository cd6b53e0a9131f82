import type { ClientDefaults, UpdateClientDefaults } from '../contract.ts';
import type { Queries } from './database.ts';

/** One row: the operator's. */
const operator = 'operator';

export async function findClientDefaults(db: Queries): Promise<ClientDefaults> {
  const row = await db.selectFrom('clientDefaults').selectAll().where('id', '=', operator).executeTakeFirst();
  if (!row) return { limits: {}, plan: null };
  const plan = row.plan === null ? null : (JSON.parse(row.plan) as ClientDefaults['plan']);
  return { limits: JSON.parse(row.limits) as ClientDefaults['limits'], plan };
}

/** Replaces what is given and keeps the rest, in one statement. */
export async function saveClientDefaults(
  db: Queries,
  { limits, plan }: UpdateClientDefaults,
  nowMs: number,
): Promise<void> {
  const given = {
    ...(limits === undefined ? {} : { limits: JSON.stringify(limits) }),
    ...(plan === undefined ? {} : { plan: plan && JSON.stringify(plan) }),
    updatedAt: nowMs,
  };
  await db
    .insertInto('clientDefaults')
    .values({ id: operator, limits: '{}', plan: null, ...given })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(given))
    .execute();
}
