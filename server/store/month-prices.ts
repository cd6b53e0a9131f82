/** The prices of tenants' months, which are calculated from their calls and kept for lists. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';
import type { TenantMonthsTable } from './schema.ts';

export type MonthKey = Pick<TenantMonthsTable, 'month' | 'tenantId'>;
/** What a price was calculated from: a later change of either makes it old. */
export interface PricedFrom {
  changes: number;
  billing: number;
}
export type PriceFigures = Pick<
  TenantMonthsTable,
  'currency' | 'priceCents' | 'costCents' | 'billed' | 'problem'
>;

/** Whether the price includes all that is booked; false without one. */
export const isCurrent = sql<boolean>`(tenant_months.priced_changes = tenant_months.changes
  and tenant_months.priced_billing = coalesce(billing_locks.taken, 0))`;

/**
 * Tenants whose price is missing or old, the oldest first.
 * @param rest how long an old price stays at least, and how much longer for each thousand calls of the month, which is how
 *   calculating it takes longer; null = not at all
 */
export async function listUnpriced(
  db: Queries,
  month: string,
  {
    nowMs,
    rest,
    limit,
  }: { nowMs: number; rest: { ms: number; msPerThousandCalls: number } | null; limit: number },
): Promise<{ tenantId: string; calls: number }[]> {
  return db
    .selectFrom('tenants')
    .leftJoin('tenantMonths', (join) =>
      join.onRef('tenantMonths.tenantId', '=', 'tenants.id').on('tenantMonths.month', '=', month),
    )
    .leftJoin('billingLocks', 'billingLocks.tenantId', 'tenants.id')
    .select(['tenants.id as tenantId', sql<number>`coalesce(tenant_months.calls, 0)`.as('calls')])
    .where('tenants.deletedAt', 'is', null)
    .where(sql<boolean>`${isCurrent} is not true`)
    .$if(rest !== null, (query) =>
      query.where((expression) =>
        expression.or([
          expression('tenantMonths.pricedAt', 'is', null),
          sql<boolean>`tenant_months.priced_at + ${rest?.ms ?? 0} + tenant_months.calls * ${rest?.msPerThousandCalls ?? 0} / 1000 <= ${nowMs}`,
        ]),
      ),
    )
    .orderBy(sql`coalesce(tenant_months.priced_at, 0)`)
    .orderBy('tenants.id')
    .limit(limit)
    .execute();
}

/** Adds the row if the month has none. @returns what the price that is calculated now will include at least */
export async function beginPricing(db: Queries, key: MonthKey): Promise<PricedFrom> {
  const unused = { calls: 0, seconds: 0, costMicros: 0, callsWithoutCost: 0, changes: 0 };
  await db
    .insertInto('tenantMonths')
    .values({ ...key, ...unused })
    .onConflict((conflict) => conflict.columns(['month', 'tenantId']).doNothing())
    .execute();
  return db
    .selectFrom('tenantMonths')
    .leftJoin('billingLocks', 'billingLocks.tenantId', 'tenantMonths.tenantId')
    .select(['tenantMonths.changes', sql<number>`coalesce(billing_locks.taken, 0)`.as('billing')])
    .where('tenantMonths.month', '=', key.month)
    .where('tenantMonths.tenantId', '=', key.tenantId)
    .executeTakeFirstOrThrow();
}

/** Of two that calculate at the same time, the one that knew more counts. */
export async function savePrice(
  db: Queries,
  { month, tenantId }: MonthKey,
  from: PricedFrom,
  figures: PriceFigures,
  nowMs: number,
): Promise<void> {
  await db
    .updateTable('tenantMonths')
    .set({ ...figures, pricedChanges: from.changes, pricedBilling: from.billing, pricedAt: nowMs })
    .where('month', '=', month)
    .where('tenantId', '=', tenantId)
    .where(
      sql<boolean>`coalesce(priced_changes, 0) <= ${from.changes} and coalesce(priced_billing, 0) <= ${from.billing}`,
    )
    .execute();
}
