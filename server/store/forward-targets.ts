/** Assistants whose messages go elsewhere than the tenant's others. */
import type { Queries } from './database.ts';

/** @returns undefined when the assistant has no entry of its own; `targetSealed` is null when it forwards nowhere */
export async function findForwardTarget(
  db: Queries,
  tenantId: string,
  assistantId: string,
): Promise<{ targetSealed: string | null } | undefined> {
  return db
    .selectFrom('forwardTargets')
    .select('targetSealed')
    .where('tenantId', '=', tenantId)
    .where('assistantId', '=', assistantId)
    .executeTakeFirst();
}

export async function putForwardTarget(
  db: Queries,
  tenantId: string,
  assistantId: string,
  targetSealed: string | null,
): Promise<void> {
  await db
    .insertInto('forwardTargets')
    .values({ tenantId, assistantId, targetSealed })
    .onConflict((conflict) => conflict.columns(['tenantId', 'assistantId']).doUpdateSet({ targetSealed }))
    .execute();
}

/** @param assistantId only this one's; all of the tenant's when it is left out */
export async function removeForwardTargets(
  db: Queries,
  tenantId: string,
  assistantId?: string,
): Promise<void> {
  await db
    .deleteFrom('forwardTargets')
    .where('tenantId', '=', tenantId)
    .$if(assistantId !== undefined, (query) => query.where('assistantId', '=', assistantId as string))
    .execute();
}
