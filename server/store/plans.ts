import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Plan } from '../contract.ts';
import type { Queries } from './database.ts';

/** A plan from a day on; null ends the tenant's billing. A version is never changed. */
export interface PlanVersion {
  id: string;
  fromDay: string;
  /** Of several versions from the same day, the last written one applies. */
  version: number;
  plan: Plan | null;
}

/** In the order in which they were written. */
export async function listPlanVersions(db: Queries, tenantId: string): Promise<PlanVersion[]> {
  const rows = await db
    .selectFrom('plans')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('version')
    .execute();
  return rows.map(({ id, fromDay, version, plan }) => ({
    id,
    fromDay,
    version,
    plan: plan === null ? null : (JSON.parse(plan) as Plan),
  }));
}

/** Under the lock of the tenant's billing, so that two versions do not get one number. */
export async function insertPlanVersion(
  db: Queries,
  tenantId: string,
  fromDay: string,
  plan: Plan | null,
  nowMs: number,
): Promise<PlanVersion> {
  const id = `pln_${randomBytes(12).toString('base64url')}`;
  const { last } = await db
    .selectFrom('plans')
    .select(sql<number>`cast(coalesce(max(${sql.ref('version')}), 0) as bigint)`.as('last'))
    .where('tenantId', '=', tenantId)
    .executeTakeFirstOrThrow();
  const version = last + 1;
  await db
    .insertInto('plans')
    .values({ id, tenantId, version, fromDay, plan: plan && JSON.stringify(plan), createdAt: nowMs })
    .execute();
  return { id, fromDay, version, plan };
}
