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
/** What a price that is calculated from now on will include at least, and from how many calls. */
export interface Unpriced extends PricedFrom {
  tenantId: string;
  calls: number;
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
): Promise<Unpriced[]> {
  return db
    .selectFrom('tenants')
    .leftJoin('tenantMonths', (join) =>
      join.onRef('tenantMonths.tenantId', '=', 'tenants.id').on('tenantMonths.month', '=', month),
    )
    .leftJoin('billingLocks', 'billingLocks.tenantId', 'tenants.id')
    .select([
      'tenants.id as tenantId',
      sql<number>`coalesce(tenant_months.calls, 0)`.as('calls'),
      sql<number>`coalesce(tenant_months.changes, 0)`.as('changes'),
      sql<number>`coalesce(billing_locks.taken, 0)`.as('billing'),
    ])
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

/** Adds the row if the month has none. Of two that calculate at the same time, the one that knew more counts. */
export async function savePrice(
  db: Queries,
  key: MonthKey,
  from: PricedFrom,
  figures: PriceFigures,
  nowMs: number,
): Promise<void> {
  const priced = { pricedChanges: from.changes, pricedBilling: from.billing, pricedAt: nowMs };
  const price = { ...figures, ...priced };
  const unused = { calls: 0, seconds: 0, costMicros: 0, callsWithoutCost: 0, changes: 0 };
  await db
    .insertInto('tenantMonths')
    .values({ ...key, ...unused, ...price })
    .onConflict((conflict) =>
      conflict
        .columns(['month', 'tenantId'])
        .doUpdateSet(price)
        .where(
          sql<boolean>`coalesce(tenant_months.priced_changes, 0) <= ${from.changes}
            and coalesce(tenant_months.priced_billing, 0) <= ${from.billing}`,
        ),
    )
    .execute();
}
