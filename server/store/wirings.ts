/** The assistants that report to us, by what was last read of them. */
import { type Selectable, sql } from 'kysely';
import { callKinds } from '../contract.ts';
import type { Queries } from './database.ts';
import { takeNextDue } from './due.ts';
import type { Tenant } from './tenants.ts';
import type { WiringsTable } from './wiring-schema.ts';

export type WiringRow = Selectable<WiringsTable>;

export async function listWirings(db: Queries, tenantId: string): Promise<WiringRow[]> {
  return db
    .selectFrom('wirings')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('assistantId')
    .execute();
}

/** Replaces what was known of the assistant. */
export async function putWiring(db: Queries, row: Omit<WiringRow, 'attempts'>): Promise<void> {
  const { tenantId: _tenantId, assistantId: _assistantId, ...values } = row;
  await db
    .insertInto('wirings')
    .values({ ...row, attempts: 0 })
    .onConflict((conflict) => conflict.columns(['tenantId', 'assistantId']).doUpdateSet(values))
    .execute();
}

/** @returns false when it has been wired again, or is gone, since the row was read */
export async function updateWiring(
  db: Queries,
  { tenantId, assistantId, wiredAt }: WiringRow,
  changes: Partial<WiringRow>,
): Promise<boolean> {
  const result = await db
    .updateTable('wirings')
    .set(changes)
    .where('tenantId', '=', tenantId)
    .where('assistantId', '=', assistantId)
    .where('wiredAt', wiredAt === null ? 'is' : '=', wiredAt)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Unless it has been wired again since the row was read. */
export async function removeWiring(
  db: Queries,
  { tenantId, assistantId, wiredAt }: WiringRow,
): Promise<void> {
  await db
    .deleteFrom('wirings')
    .where('tenantId', '=', tenantId)
    .where('assistantId', '=', assistantId)
    .where('wiredAt', wiredAt === null ? 'is' : '=', wiredAt)
    .execute();
}

/** @param assistantIds of the tenant; all of it when they are left out */
export async function removeWirings(db: Queries, tenantId: string, assistantIds?: string[]): Promise<void> {
  await db
    .deleteFrom('wirings')
    .where('tenantId', '=', tenantId)
    .$if(assistantIds !== undefined, (query) => query.where('assistantId', 'in', assistantIds as string[]))
    .execute();
}

export async function takeDueWiring(
  db: Queries,
  nowMs: number,
  retryAtMs: number,
): Promise<WiringRow | null> {
  return takeNextDue(db, { table: 'wirings', key: ['tenantId', 'assistantId'] }, nowMs, () => retryAtMs);
}

/**
 * Enters the assistants whose calls were reported since then without their having been wired here: by hand, or before wirings
 * were kept. Whether they are is found by the first check.
 * @param squads of the tenant: their calls are under their ids, and only assistants are wired
 */
export async function adoptReporting(
  db: Queries,
  { id: tenantId, squads }: Pick<Tenant, 'id' | 'squads'>,
  sinceMs: number,
  nowMs: number,
): Promise<void> {
  await db
    .insertInto('wirings')
    .columns(['tenantId', 'assistantId', 'attempts', 'nextAttemptAt'])
    .expression((query) =>
      query
        .selectFrom('calls')
        .select([
          'tenantId',
          'assistantId',
          sql<number>`0`.as('attempts'),
          sql<number>`cast(${nowMs} as bigint)`.as('due'),
        ])
        .distinct()
        .where('tenantId', '=', tenantId)
        .where('createdAt', '>=', sinceMs)
        .where('reportedAt', 'is not', null)
        .where('assistantId', 'is not', null)
        .$if(Object.keys(squads).length > 0, (calls) =>
          calls.where('assistantId', 'not in', Object.keys(squads)),
        )
        .$narrowType<{ assistantId: string }>(),
    )
    .onConflict((conflict) => conflict.columns(['tenantId', 'assistantId']).doNothing())
    .execute();
}

/** The calls of an assistant: under its own id, and under those of its squads. */
interface CallsOf {
  tenantId: string;
  assistantIds: string[];
}

/**
 * When the newest calls of the assistant were reported that were connected and ended before then: the newest first, null for
 * one that was not. No chats, and none that is dismissed.
 * @param sinceMs by the calls' creation
 */
export async function lastReports(
  db: Queries,
  { tenantId, assistantIds }: CallsOf,
  sinceMs: number,
  endedBeforeMs: number,
  limit: number,
): Promise<(number | null)[]> {
  const rows = await db
    .selectFrom('calls')
    .select('reportedAt')
    .where('tenantId', '=', tenantId)
    .where('assistantId', 'in', assistantIds)
    .where('createdAt', '>=', sinceMs)
    .where('status', '=', 'ended')
    .where('startedAt', 'is not', null)
    .where('endedAt', '<', endedBeforeMs)
    .where('dismissedAt', 'is', null)
    .where('type', '<>', callKinds.chat)
    .orderBy('createdAt', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ reportedAt }) => reportedAt);
}

/** When the newest reported call of the assistant created since then was reported; null when none was. */
export async function lastReportAt(
  db: Queries,
  { tenantId, assistantIds }: CallsOf,
  sinceMs: number,
): Promise<number | null> {
  const row = await db
    .selectFrom('calls')
    .select('reportedAt')
    .where('tenantId', '=', tenantId)
    .where('assistantId', 'in', assistantIds)
    .where('createdAt', '>=', sinceMs)
    .where('reportedAt', 'is not', null)
    .orderBy('createdAt', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.reportedAt ?? null;
}
