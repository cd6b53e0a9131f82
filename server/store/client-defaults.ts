import {
  type ChosenClientAccess,
  type ClientDefaults,
  changedClientAccess,
  clientAccessOf,
  type UpdateClientDefaults,
} from '../contract.ts';
import type { Queries } from './database.ts';

/** One row: the operator's. */
const operator = 'operator';

export async function findClientDefaults(db: Queries): Promise<ClientDefaults> {
  const row = await db.selectFrom('clientDefaults').selectAll().where('id', '=', operator).executeTakeFirst();
  if (!row) return { limits: {}, plan: null, clientAccess: clientAccessOf({}) };
  const plan = row.plan === null ? null : (JSON.parse(row.plan) as ClientDefaults['plan']);
  return {
    limits: JSON.parse(row.limits) as ClientDefaults['limits'],
    plan,
    clientAccess: clientAccessOf(chosenIn(row.clientAccess)),
  };
}

/** What the agency has chosen for clients that have not. */
export async function findDefaultAccess(db: Queries): Promise<ChosenClientAccess> {
  const row = await db
    .selectFrom('clientDefaults')
    .select('clientAccess')
    .where('id', '=', operator)
    .executeTakeFirst();
  return chosenIn(row?.clientAccess ?? null);
}

function chosenIn(text: string | null): ChosenClientAccess {
  return text === null ? {} : (JSON.parse(text) as ChosenClientAccess);
}

/** Replaces what is given and keeps the rest; called in a transaction. */
export async function saveClientDefaults(
  db: Queries,
  { limits, plan, clientAccess }: UpdateClientDefaults,
  nowMs: number,
): Promise<void> {
  // Also locks the row: of two who each change one switch, both do.
  await db
    .insertInto('clientDefaults')
    .values({ id: operator, limits: '{}', plan: null, clientAccess: null, updatedAt: nowMs })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ updatedAt: nowMs }))
    .execute();
  const chosen = clientAccess && changedClientAccess(await findDefaultAccess(db), clientAccess);
  const given = {
    ...(limits === undefined ? {} : { limits: JSON.stringify(limits) }),
    ...(plan === undefined ? {} : { plan: plan && JSON.stringify(plan) }),
    ...(chosen === undefined ? {} : { clientAccess: JSON.stringify(chosen) }),
    updatedAt: nowMs,
  };
  await db.updateTable('clientDefaults').set(given).where('id', '=', operator).execute();
}
