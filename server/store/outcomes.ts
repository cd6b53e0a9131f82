import { type Selectable, sql } from 'kysely';
import { AmountTooLarge } from '../base/money.ts';
import { callKinds } from '../contract.ts';
import type { CallRow } from './calls.ts';
import type { Queries } from './database.ts';
import type { CallOutcomesTable, OutcomeDailyTable, OutcomeRulesTable } from './results-schema.ts';

export type OutcomeRuleRow = Selectable<OutcomeRulesTable>;
export type CallOutcomeRow = Selectable<CallOutcomesTable>;

/** Newest first. */
export async function listOutcomeRules(
  db: Queries,
  tenantId: string,
  limit: number,
): Promise<OutcomeRuleRow[]> {
  return db
    .selectFrom('outcomeRules')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
}

export async function findOutcomeRule(
  db: Queries,
  tenantId: string,
  version: number,
): Promise<OutcomeRuleRow | null> {
  const row = await db
    .selectFrom('outcomeRules')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row ?? null;
}

/** The version that judges calls created at that moment. */
export async function outcomeRuleAt(
  db: Queries,
  tenantId: string,
  atMs: number,
): Promise<OutcomeRuleRow | null> {
  const row = await db
    .selectFrom('outcomeRules')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('validFrom', '<=', atMs)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Called under the tenant's lock; a version is never changed. */
export async function insertOutcomeRule(db: Queries, row: OutcomeRuleRow): Promise<void> {
  await db.insertInto('outcomeRules').values(row).execute();
  await db
    .updateTable('tenants')
    .set({ outcomeSince: row.validFrom })
    .where('id', '=', row.tenantId)
    .where('outcomeSince', 'is', null)
    .execute();
}

export async function findCallOutcome(
  db: Queries,
  tenantId: string,
  callId: string,
): Promise<CallOutcomeRow | null> {
  const row = await db
    .selectFrom('callOutcomes')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * The call's verdict and the sums of its day, together; called under the lock of the call's row, after its usage.
 * @param after null takes it back
 */
export async function saveCallOutcome(
  db: Queries,
  before: CallOutcomeRow | null,
  after: CallOutcomeRow | null,
): Promise<void> {
  const changes = changesOf(before, after);
  if (after) {
    const { tenantId, callId, ...values } = after;
    await db
      .insertInto('callOutcomes')
      .values(after)
      .onConflict((conflict) => conflict.columns(['tenantId', 'callId']).doUpdateSet(values))
      .execute();
  } else if (before) {
    const { tenantId, callId } = before;
    await db
      .deleteFrom('callOutcomes')
      .where('tenantId', '=', tenantId)
      .where('callId', '=', callId)
      .execute();
  }
  for (const change of changes) await addOutcomes(db, change);
}

const amountColumns = ['judged', 'outcomes', 'costMicros'] as const;

function changesOf(before: CallOutcomeRow | null, after: CallOutcomeRow | null): OutcomeDailyTable[] {
  const days = new Map<string, OutcomeDailyTable>();
  const add = (row: CallOutcomeRow | null, sign: 1 | -1) => {
    if (!row) return;
    const { tenantId, day } = row;
    const sum = days.get(day) ?? { tenantId, day, judged: 0, outcomes: 0, costMicros: 0 };
    sum.judged += sign;
    sum.outcomes += sign * row.counts;
    sum.costMicros += sign * row.costMicros;
    days.set(day, sum);
  };
  add(before, -1);
  add(after, 1);
  // Every transaction takes the days in the same order, so that no two deadlock.
  return [...days.values()]
    .filter((sum) => amountColumns.some((column) => sum[column] !== 0))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

async function addOutcomes(db: Queries, row: OutcomeDailyTable): Promise<void> {
  const added = (column: (typeof amountColumns)[number]) =>
    sql<number>`${sql.ref(`outcomeDaily.${column}`)} + ${sql.ref(`excluded.${column}`)}`;
  const { cost } = await db
    .insertInto('outcomeDaily')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['tenantId', 'day']).doUpdateSet({
        ...{ judged: added('judged'), outcomes: added('outcomes'), costMicros: added('costMicros') },
      }),
    )
    // As text, as in `addUsage`.
    .returning(sql<string>`cast(${sql.ref('outcomeDaily.costMicros')} as text)`.as('cost'))
    .executeTakeFirstOrThrow();
  if (!Number.isSafeInteger(Number(cost))) throw new AmountTooLarge(cost);
}

/** Days that have any, half-open, in their order. */
export async function listOutcomeDays(
  db: Queries,
  tenantId: string,
  { from, to }: { from: string; to: string },
): Promise<Selectable<OutcomeDailyTable>[]> {
  return db
    .selectFrom('outcomeDaily')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('day', '>=', from)
    .where('day', '<', to)
    .where('judged', '>', 0)
    .orderBy('day')
    .execute();
}

/** The latest calls that a rule would judge. */
export async function listCallsToTry(db: Queries, tenantId: string, limit: number): Promise<CallRow[]> {
  return db
    .selectFrom('calls')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('status', '=', 'ended')
    .where('usageDay', 'is not', null)
    .where('type', '<>', callKinds.chat)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
