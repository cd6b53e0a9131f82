import { type RawBuilder, sql } from 'kysely';
import { AmountTooLarge } from '../base/money.ts';
import { type CostComponent, costComponents } from '../contract.ts';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import type { UsageDailyTable } from './schema.ts';

type Amounts = Omit<UsageDailyTable, 'tenantId' | 'day' | 'assistantId'>;
const amountColumns: (keyof Amounts)[] = [
  'calls',
  'seconds',
  'costMicros',
  'callsWithoutCost',
  ...costComponents.map((component): `${CostComponent}Micros` => `${component}Micros`),
];

/**
 * Adds amounts (negative ones subtract) to one day and assistant. Belongs in a transaction.
 * @throws AmountTooLarge when a sum would exceed the safe integers, and could not be read again
 */
export async function addUsage(
  db: Queries,
  key: { tenantId: string; day: string; assistantId: string },
  amounts: Amounts,
): Promise<void> {
  const { rows } = await addTo(db, { ...key, ...amounts });
  const beyond = Object.values(rows[0] as Record<string, string>).find(
    (sum) => !Number.isSafeInteger(Number(sum)),
  );
  if (beyond !== undefined) throw new AmountTooLarge(beyond);
}

const addTo = prepared((db, row: UsageDailyTable) =>
  db
    .insertInto('usageDaily')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['tenantId', 'day', 'assistantId'])
        .doUpdateSet(
          Object.fromEntries(
            amountColumns.map((column) => [
              column,
              sql`${sql.ref(`usageDaily.${column}`)} + ${sql.ref(`excluded.${column}`)}`,
            ]),
          ) as { [Column in keyof Amounts]: RawBuilder<number> },
        ),
    )
    // As text: PostgreSQL's driver would refuse to read such a sum at all, SQLite's would round it.
    .returning(
      amountColumns.map((column) => sql<string>`cast(${sql.ref(`usageDaily.${column}`)} as text)`.as(column)),
    ),
);

export type UsageGroup = 'day' | 'month' | 'assistant' | 'all';

/** Sums over days in the tenant's zone, `from` inclusive, `to` exclusive, in the order of the group's key. */
export async function sumUsage(
  db: Queries,
  tenantId: string,
  from: string,
  to: string,
  group: UsageGroup,
): Promise<({ key: string } & Amounts)[]> {
  const key: Record<UsageGroup, RawBuilder<string>> = {
    day: sql.ref('day'),
    month: sql`substr(${sql.ref('day')}, 1, 7)`,
    assistant: sql.ref('assistantId'),
    all: sql.lit('all'),
  };
  const rows = await db
    .selectFrom('usageDaily')
    .select([
      key[group].as('key'),
      ...amountColumns.map((column) =>
        sql<number>`cast(coalesce(sum(${sql.ref(column)}), 0) as bigint)`.as(column),
      ),
    ])
    .where('tenantId', '=', tenantId)
    .where('day', '>=', from)
    .where('day', '<', to)
    .$if(group !== 'all', (query) => query.groupBy(key[group]).orderBy(key[group]))
    .execute();
  return rows as ({ key: string } & Amounts)[];
}
