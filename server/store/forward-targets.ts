/** Assistants whose messages go elsewhere than the tenant's others. */
import type { Queries } from './database.ts';

export interface ForwardTarget {
  url: string;
  /** The target's own, by lower-case name; they may hold its secrets. */
  headers: Record<string, string>;
  /** How long Vapi would wait for it. */
  timeoutSeconds: number;
  /** Whether Vapi would try again there after a failure; if not, an answered message reaches it once. */
  retried: boolean;
}

/** What holds where an operator names a URL alone. */
export const defaultTarget = { headers: {}, timeoutSeconds: 20, retried: false };

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
