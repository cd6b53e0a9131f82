/** Assistants whose messages are forwarded elsewhere than the tenant's others. */
import type { Queries } from './database.ts';

export interface ForwardTarget {
  url: string;
  /** The target's own headers, by lower-case name; they may contain its secrets. */
  headers: Record<string, string>;
  /** How long Vapi would wait for it. */
  timeoutSeconds: number;
  /** Whether Vapi would retry there after a failure; if not, an answered message is sent once. */
  retried: boolean;
  /** Whether the operator has entered its URL; if not, an assistant at Vapi named it. */
  entered?: boolean;
}

/** Defaults when an operator names only a URL. */
export const defaultTarget = { headers: {}, timeoutSeconds: 20, retried: false };

/** @returns undefined when the assistant has no own entry; `targetSealed` is null when its messages go nowhere */
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

/** @param assistantId only this one's; default: all of the tenant's */
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
