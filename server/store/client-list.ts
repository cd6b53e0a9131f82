/** The list of all clients with a month's figures: a row per tenant and one per month, never their calls. */
import { type RawBuilder, sql } from 'kysely';
import type { ClientFilter, ClientSort } from '../contract.ts';
import type { Queries } from './database.ts';
import { isCurrent } from './month-prices.ts';
import type { TenantMonthsTable, TenantsTable } from './schema.ts';
import { containing } from './search-text.ts';

/** Which clients are listed. */
export interface ClientsWanted {
  month: string;
  search: string | null;
  filter: ClientFilter | null;
}

export interface ClientsPage {
  sort: ClientSort;
  isDescending: boolean;
  /** The last row of the page before. */
  after: ClientPosition | null;
  limit: number;
}
export interface ClientPosition {
  key: string | number;
  id: string;
}

export interface ClientMonth
  extends Pick<TenantsTable, 'id' | 'slug' | 'name' | 'status'>,
    Omit<TenantMonthsTable, 'month' | 'tenantId' | 'changes' | 'pricedChanges' | 'pricedBilling'> {
  isCurrent: number;
  isOverdue: number;
  /** Its place in the order of the list. */
  key: string | number;
}

const usage = (column: 'calls' | 'seconds' | 'cost_micros' | 'calls_without_cost') =>
  sql<number>`coalesce(${sql.ref(`tenant_months.${column}`)}, 0)`;
const yes = (condition: RawBuilder<boolean>) => sql<number>`case when ${condition} then 1 else 0 end`;
const isOverdue = sql<boolean>`tenants.id in (select tenant_id from invoices where status = 'overdue')`;

const keys: Record<ClientSort, RawBuilder<string | number>> = {
  name: sql<string>`tenants.search_text`,
  calls: usage('calls'),
  cost: usage('cost_micros'),
  // Without a price: behind the smallest.
  price: sql<number>`coalesce(tenant_months.price_cents, ${sql.lit(Number.MIN_SAFE_INTEGER)})`,
  margin: marginOr(Number.MIN_SAFE_INTEGER),
};
/** From the smallest, too, those without a price come last: they are neither winners nor losers. */
const smallestMargin = marginOr(Number.MAX_SAFE_INTEGER);

function marginOr(missing: number): RawBuilder<number> {
  return sql<number>`coalesce(tenant_months.price_cents - tenant_months.cost_cents, ${sql.lit(missing)})`;
}

export async function listClients(
  db: Queries,
  wanted: ClientsWanted,
  { sort, isDescending, after, limit }: ClientsPage,
): Promise<ClientMonth[]> {
  const key = sort === 'margin' && !isDescending ? smallestMargin : keys[sort];
  const direction = isDescending ? 'desc' : 'asc';
  const compare = sql.raw(isDescending ? '<' : '>');
  return (
    matching(db, wanted)
      .select(['tenants.id', 'tenants.slug', 'tenants.name', 'tenants.status'])
      .select([
        usage('calls').as('calls'),
        usage('seconds').as('seconds'),
        usage('cost_micros').as('costMicros'),
        usage('calls_without_cost').as('callsWithoutCost'),
      ])
      .select(['pricedAt', 'currency', 'priceCents', 'costCents', 'billed', 'problem'])
      .select([yes(isCurrent).as('isCurrent'), yes(isOverdue).as('isOverdue'), key.as('key')])
      // One condition for either engine's index; a single id decides among equals.
      .$if(after !== null, (query) =>
        query.where(sql<boolean>`(${key}, tenants.id) ${compare} (${after?.key}, ${after?.id})`),
      )
      .orderBy(key, direction)
      .orderBy('tenants.id', direction)
      .limit(limit)
      .execute()
  );
}

/** What all of them have together, by currency. */
export interface ClientSums
  extends Pick<TenantMonthsTable, 'calls' | 'seconds' | 'costMicros' | 'callsWithoutCost'> {
  /** Null: those without a price. */
  currency: string | null;
  tenants: number;
  priceCents: number;
  costCents: number;
  /** How many have no current price, and the oldest `pricedAt` among them, null if none. */
  old: number;
  asOf: number | null;
}

export async function sumClients(db: Queries, wanted: ClientsWanted): Promise<ClientSums[]> {
  const sum = (column: string) =>
    sql<number>`cast(coalesce(sum(${sql.ref(`tenant_months.${column}`)}), 0) as bigint)`;
  const currency = sql<string | null>`case when tenant_months.price_cents is null then null
    else tenant_months.currency end`;
  return matching(db, wanted)
    .select([
      currency.as('currency'),
      sql<number>`cast(count(*) as bigint)`.as('tenants'),
      sum('calls').as('calls'),
      sum('seconds').as('seconds'),
      sum('cost_micros').as('costMicros'),
      sum('calls_without_cost').as('callsWithoutCost'),
      sum('price_cents').as('priceCents'),
      sum('cost_cents').as('costCents'),
      sql<number>`cast(sum(case when ${isCurrent} then 0 else 1 end) as bigint)`.as('old'),
      sql<number | null>`min(case when ${isCurrent} then null else tenant_months.priced_at end)`.as('asOf'),
    ])
    .groupBy(currency)
    .orderBy(currency)
    .execute();
}

function matching(db: Queries, { month, search, filter }: ClientsWanted) {
  let query = db
    .selectFrom('tenants')
    .leftJoin('tenantMonths', (join) =>
      join.onRef('tenantMonths.tenantId', '=', 'tenants.id').on('tenantMonths.month', '=', month),
    )
    .leftJoin('billingLocks', 'billingLocks.tenantId', 'tenants.id')
    .where('tenants.deletedAt', 'is', null);
  if (search !== null)
    query = query.where(sql<boolean>`tenants.search_text like ${containing(search)} escape '\\'`);
  if (filter === 'attention')
    query = query.where(
      sql<boolean>`(tenant_months.calls_without_cost > 0 or tenant_months.problem is not null or ${isOverdue})`,
    );
  else if (filter !== null) query = query.where('tenants.status', '=', filter);
  return query;
}
