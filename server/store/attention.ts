/** What the stored sums and states say about all clients: a row per tenant and month, and overdue invoices. No calls. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';

export interface MonthFinding {
  slug: string;
  name: string;
  callsWithoutCost: number;
  problem: string | null;
  /** 1 = the price is below the cost, both in the plan's currency. */
  isLoss: number;
  pricedAt: number | null;
  currency: string | null;
  priceCents: number | null;
  costCents: number | null;
}

const isLoss = sql<boolean>`(tenant_months.price_cents < tenant_months.cost_cents)`;
const yes = (condition: typeof isLoss) => sql<number>`case when ${condition} then 1 else 0 end`;

/** Clients with something to report in the month; the most calls without a cost, then the largest loss first. */
export async function listMonthFindings(db: Queries, month: string, limit: number): Promise<MonthFinding[]> {
  return findings(db, month)
    .select(['tenants.slug', 'tenants.name', 'tenantMonths.callsWithoutCost', 'tenantMonths.problem'])
    .select([
      'tenantMonths.pricedAt',
      'tenantMonths.currency',
      'tenantMonths.priceCents',
      'tenantMonths.costCents',
    ])
    .select(yes(isLoss).as('isLoss'))
    .orderBy('tenantMonths.callsWithoutCost', 'desc')
    .orderBy(sql`coalesce(tenant_months.price_cents - tenant_months.cost_cents, 0)`)
    .orderBy('tenants.id')
    .limit(limit)
    .execute();
}

/** How many entries these are: a client can have several. */
export async function countMonthFindings(db: Queries, month: string): Promise<number> {
  const each = sql<number>`cast(coalesce(sum(
    case when tenant_months.calls_without_cost > 0 then 1 else 0 end
    + case when tenant_months.problem is not null then 1 else 0 end + ${yes(isLoss)}), 0) as bigint)`;
  const { entries } = await findings(db, month).select(each.as('entries')).executeTakeFirstOrThrow();
  return entries;
}

function findings(db: Queries, month: string) {
  return db
    .selectFrom('tenantMonths')
    .innerJoin('tenants', 'tenants.id', 'tenantMonths.tenantId')
    .where('tenantMonths.month', '=', month)
    .where('tenants.deletedAt', 'is', null)
    .where(
      sql<boolean>`(tenant_months.calls_without_cost > 0 or tenant_months.problem is not null or ${isLoss})`,
    );
}

export interface OverdueInvoice {
  id: string;
  number: string | null;
  dueAt: number | null;
  slug: string;
  name: string;
}

/** The latest first. */
export async function listOverdue(db: Queries, limit: number): Promise<OverdueInvoice[]> {
  return db
    .selectFrom('invoices')
    .innerJoin('tenants', 'tenants.id', 'invoices.tenantId')
    .select(['invoices.id', 'invoices.number', 'invoices.dueAt', 'tenants.slug', 'tenants.name'])
    .where('invoices.status', '=', 'overdue')
    .where('tenants.deletedAt', 'is', null)
    .orderBy('invoices.dueAt', 'desc')
    .orderBy('invoices.id')
    .limit(limit)
    .execute();
}

export async function countOverdue(db: Queries): Promise<number> {
  const { entries } = await db
    .selectFrom('invoices')
    .innerJoin('tenants', 'tenants.id', 'invoices.tenantId')
    .select(sql<number>`cast(count(*) as bigint)`.as('entries'))
    .where('invoices.status', '=', 'overdue')
    .where('tenants.deletedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return entries;
}
