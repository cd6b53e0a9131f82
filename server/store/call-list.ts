/** The calls of all tenants in one list. A period bounds what is read, and indexes by time find it on either engine. */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { CallSort } from '../contract.ts';
import { type ResultFilters, resultConditions } from './call-filters.ts';
import type { CallRow } from './calls.ts';
import type { Queries } from './database.ts';
import type { Schema, TenantsTable } from './schema.ts';

/** Which calls are listed; null = all. */
export interface CallsWanted extends ResultFilters {
  /** Epoch milliseconds, half-open, by creation. */
  from: number;
  to: number;
  tenantId: string | null;
  id: string | null;
  type: string | null;
  status: string | null;
  endedReason: string | null;
  minCostMicros: number | null;
  maxCostMicros: number | null;
}

/** The place of a call in a list; the same call of Vapi’s can be in two tenants’ ledgers. */
export interface CallPosition {
  key: number;
  id: string;
  tenantId: string;
}

export interface AllCallsPage {
  sort: CallSort;
  isDescending: boolean;
  /** The last call of the page before. */
  after: CallPosition | null;
  limit: number;
}

export interface ListedCallRow extends CallRow, Pick<TenantsTable, 'slug' | 'timeZone' | 'deletedAt'> {
  tenantName: string;
  /** Its place in the order of the list. */
  key: number;
}

const keys = {
  time: sql<number>`calls.created_at`,
  // From the largest, calls without a cost come last.
  cost: sql<number>`coalesce(calls.cost_micros, -1)`,
} as const;

export async function listAllCalls(
  db: Queries,
  wanted: CallsWanted,
  { sort, isDescending, after, limit }: AllCallsPage,
): Promise<ListedCallRow[]> {
  const key = keys[sort];
  const direction = isDescending ? 'desc' : 'asc';
  const compare = sql.raw(isDescending ? '<' : '>');
  return (
    matching(db, wanted)
      .innerJoin('tenants', 'tenants.id', 'calls.tenantId')
      .selectAll('calls')
      .select(['tenants.slug', 'tenants.timeZone', 'tenants.deletedAt', 'tenants.name as tenantName'])
      .select(key.as('key'))
      // One condition for either engine's index; id and tenant decide among equals.
      .$if(after !== null, (query) =>
        query.where(
          sql<boolean>`(${key}, calls.id, calls.tenant_id) ${compare} (${after?.key}, ${after?.id}, ${after?.tenantId})`,
        ),
      )
      .orderBy(key, direction)
      .orderBy('calls.id', direction)
      .orderBy('calls.tenantId', direction)
      .limit(limit)
      .execute()
  );
}

export interface CallTotals {
  calls: number;
  seconds: number;
  costMicros: number;
  callsWithoutCost: number;
}

/** Of the newest `most` that match. A dismissed call is listed, but counts for nothing else. */
export async function sumAllCalls(db: Queries, wanted: CallsWanted, most: number): Promise<CallTotals> {
  const sum = (what: string) =>
    sql<number>`cast(coalesce(sum(case when dismissed_at is null then ${sql.raw(what)} else 0 end), 0) as bigint)`;
  return db
    .selectFrom(
      matching(db, wanted)
        .select(['calls.seconds', 'calls.costMicros', 'calls.dismissedAt'])
        // In the index's order, so that it is read no further than this.
        .orderBy('calls.createdAt', 'desc')
        .limit(most)
        .as('listed'),
    )
    .select([
      sql<number>`cast(count(*) as bigint)`.as('calls'),
      sum('coalesce(seconds, 0)').as('seconds'),
      sum('coalesce(cost_micros, 0)').as('costMicros'),
      sum('case when cost_micros is null then 1 else 0 end').as('callsWithoutCost'),
    ])
    .executeTakeFirstOrThrow();
}

function matching(db: Queries, wanted: CallsWanted): SelectQueryBuilder<Schema, 'calls', object> {
  const { from, to, tenantId, id, minCostMicros, maxCostMicros } = wanted;
  let query = db.selectFrom('calls').where('calls.createdAt', '>=', from).where('calls.createdAt', '<', to);
  if (tenantId !== null) query = query.where('calls.tenantId', '=', tenantId);
  for (const column of ['type', 'status', 'endedReason'] as const) {
    const value = wanted[column];
    if (value !== null) query = query.where(`calls.${column}`, '=', value);
  }
  query = query.where((expression) => expression.and(resultConditions(wanted)));
  if (minCostMicros !== null) query = query.where('calls.costMicros', '>=', minCostMicros);
  if (maxCostMicros !== null) query = query.where('calls.costMicros', '<=', maxCostMicros);
  // The ledger's key begins with the tenant; who owns a call is found by its id alone.
  if (id !== null)
    query = query
      .where('calls.id', '=', id)
      .where('calls.tenantId', 'in', (owners) =>
        owners.selectFrom('callOwners').select('callOwners.tenantId').where('callOwners.callId', '=', id),
      );
  return query;
}
