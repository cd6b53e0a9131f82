/** Each tenant's months: kept by booking beside its days, and the price, for lists of many tenants. */
import { sql } from 'kysely';
import { AmountTooLarge } from '../base/money.ts';
import type { Queries } from './database.ts';
import type { TenantMonthsTable } from './schema.ts';

const amountColumns = ['calls', 'seconds', 'costMicros', 'callsWithoutCost'] as const;
type Amounts = Pick<TenantMonthsTable, (typeof amountColumns)[number]>;

/**
 * Adds what was added to days, after all of them, so that every transaction locks days before months and neither
 * deadlocks. Belongs in the same transaction.
 * @throws AmountTooLarge when a sum would exceed the safe integers, and could not be read again
 */
export async function addToMonths(
  db: Queries,
  tenantId: string,
  changes: { day: string; amounts: Amounts }[],
): Promise<void> {
  const months = new Map<string, Amounts>();
  for (const { day, amounts } of changes) {
    const sum = months.get(monthOf(day)) ?? { ...nothing };
    for (const column of amountColumns) sum[column] += amounts[column];
    months.set(monthOf(day), sum);
  }
  for (const [month, amounts] of inOrder(months)) await addTo(db, { month, tenantId }, amounts);
}

/** The price of calls of these days has changed, though their usage has not. @param days null: of no day */
export async function touchMonths(db: Queries, tenantId: string, days: (string | null)[]): Promise<void> {
  const months = new Map(days.flatMap((day) => (day === null ? [] : [[monthOf(day), nothing] as const])));
  for (const [month, amounts] of inOrder(months)) await addTo(db, { month, tenantId }, amounts);
}

const nothing: Amounts = { calls: 0, seconds: 0, costMicros: 0, callsWithoutCost: 0 };
const monthOf = (day: string) => day.slice(0, 7);
/** Every transaction takes the rows in the same order. */
const inOrder = (months: Map<string, Amounts>) => [...months].sort(([a], [b]) => (a < b ? -1 : 1));

async function addTo(
  db: Queries,
  key: Pick<TenantMonthsTable, 'month' | 'tenantId'>,
  amounts: Amounts,
): Promise<void> {
  const added = (column: keyof Amounts | 'changes') =>
    sql<number>`${sql.ref(`tenantMonths.${column}`)} + ${sql.ref(`excluded.${column}`)}`;
  const sums = await db
    .insertInto('tenantMonths')
    .values({ ...key, ...amounts, changes: 1 })
    .onConflict((conflict) =>
      conflict.columns(['month', 'tenantId']).doUpdateSet({
        ...{ calls: added('calls'), seconds: added('seconds'), costMicros: added('costMicros') },
        ...{ callsWithoutCost: added('callsWithoutCost'), changes: added('changes') },
      }),
    )
    // As text, as in `addUsage`.
    .returning(
      amountColumns.map((column) =>
        sql<string>`cast(${sql.ref(`tenantMonths.${column}`)} as text)`.as(column),
      ),
    )
    .executeTakeFirstOrThrow();
  const beyond = Object.values(sums as Record<string, string>).find(
    (sum) => !Number.isSafeInteger(Number(sum)),
  );
  if (beyond !== undefined) throw new AmountTooLarge(beyond);
}

/** A month whose sums are not those of its calls. */
export interface UnequalMonth {
  month: string;
  /** What the calls, the days and the months say; one that has nothing of the month is missing. */
  sums: Partial<Record<'calls' | 'days' | 'months', Amounts>>;
}

/** Compares a tenant's sums with the rows they were made from, in one statement: booking continues meanwhile. */
export async function listUnequalMonths(
  db: Queries,
  tenantId: string,
  { from, to }: { from: string; to: string },
): Promise<UnequalMonth[]> {
  const sum = <Of extends string>(value: string, of: Of) =>
    sql<number>`cast(coalesce(sum(${sql.raw(value)}), 0) as bigint)`.as(of);
  const month = sql<string>`substr(${sql.ref('day')}, 1, 7)`;
  const ofCalls = sql<string>`substr(${sql.ref('usageDay')}, 1, 7)`;
  const rows = await db
    .selectFrom('calls')
    .select([
      sql.lit('calls').as('of'),
      ofCalls.as('month'),
      sum('1', 'calls'),
      sum('seconds', 'seconds'),
      sum('cost_micros', 'costMicros'),
      sum('case when cost_micros is null then 1 else 0 end', 'callsWithoutCost'),
    ])
    .where('tenantId', '=', tenantId)
    .where('usageDay', '>=', `${from}-01`)
    .where('usageDay', '<', `${to}-01`)
    .groupBy(ofCalls)
    .unionAll(
      db
        .selectFrom('usageDaily')
        .select([
          sql.lit('days').as('of'),
          month.as('month'),
          sum('calls', 'calls'),
          sum('seconds', 'seconds'),
          sum('cost_micros', 'costMicros'),
          sum('calls_without_cost', 'callsWithoutCost'),
        ])
        .where('tenantId', '=', tenantId)
        .where('day', '>=', `${from}-01`)
        .where('day', '<', `${to}-01`)
        .groupBy(month),
    )
    .unionAll(
      db
        .selectFrom('tenantMonths')
        .select([sql.lit('months').as('of'), 'month', ...amountColumns])
        .where('tenantId', '=', tenantId)
        .where('month', '>=', from)
        .where('month', '<', to),
    )
    .execute();
  const byMonth = Map.groupBy(rows, ({ month }) => month);
  return [...byMonth]
    .map(([month, sums]) => ({
      month,
      sums: Object.fromEntries(
        sums.map(({ of, calls, seconds, costMicros, callsWithoutCost }) => [
          of,
          { calls, seconds, costMicros, callsWithoutCost },
        ]),
      ) as UnequalMonth['sums'],
    }))
    .filter(({ sums }) => {
      const said = [sums.calls, sums.days, sums.months].map((one) => one ?? nothing);
      return amountColumns.some((column) => new Set(said.map((one) => one[column])).size > 1);
    });
}
