import { type Selectable, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { SweepsTable } from './schema.ts';

export type Sweep = Selectable<SweepsTable>;
export type Cadence = Sweep['cadence'];

/** Gives every org that has a tenant, or had one since then, its row; a new one is due at once. */
export async function enrollOrgs(db: Queries, deletedSinceMs: number, nowMs: number): Promise<void> {
  await db
    .insertInto('sweeps')
    .columns(['orgId', 'sweptTo', 'unassignedCalls', 'nextSweepAt'])
    .expression((query) =>
      query
        .selectFrom('tenants')
        .select([
          'orgId',
          sql<number>`0`.as('sweptTo'),
          sql<number>`0`.as('unassignedCalls'),
          sql<number>`cast(${nowMs} as bigint)`.as('due'),
        ])
        .distinct()
        .where((tenant) =>
          tenant.or([tenant('deletedAt', 'is', null), tenant('deletedAt', '>', deletedSinceMs)]),
        ),
    )
    .onConflict((conflict) =>
      conflict.column('orgId').doUpdateSet({ nextSweepAt: nowMs }).where('sweeps.nextSweepAt', 'is', null),
    )
    .execute();
}

/**
 * Claims the org that has been due for longest, in one statement. The claim lapses, as when its process dies.
 * @param onlySound leaves those whose last sweep failed
 * @returns null when none is due
 */
export async function takeDueSweep(
  db: Queries,
  { claim, lapsesAt, onlySound = false }: { claim: string; lapsesAt: number; onlySound?: boolean },
  nowMs: number,
): Promise<Sweep | null> {
  const due = db
    .selectFrom('sweeps as due')
    .select('due.orgId')
    .where('due.nextSweepAt', '<=', nowMs)
    .$if(onlySound, (query) => query.where('due.failures', '=', 0))
    .orderBy('due.nextSweepAt')
    .limit(1);
  // Two processes may choose the same row; the second gets none, and asks again while there are others.
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const row = await db
      .updateTable('sweeps')
      .set({ nextSweepAt: lapsesAt, claim })
      .where('orgId', '=', due)
      .where('nextSweepAt', '<=', nowMs)
      .returningAll()
      .executeTakeFirst();
    if (row) return row;
    if (!(await due.executeTakeFirst())) return null;
  }
  return null;
}

/** Ends the turn; one that has lapsed meanwhile changes nothing, because another process has the org. */
export async function endSweep(
  db: Queries,
  orgId: string,
  claim: string,
  after: Partial<Pick<Sweep, 'nextSweepAt' | 'cadence' | 'failures'>>,
): Promise<void> {
  await db
    .updateTable('sweeps')
    .set({ ...after, claim: null })
    .where('orgId', '=', orgId)
    .where('claim', '=', claim)
    .execute();
}

/** The org is due at that time at the latest, unless a process has it or its sweeps fail. */
export async function wakeSweep(db: Queries, orgId: string, atMs: number): Promise<void> {
  await db
    .updateTable('sweeps')
    .set({ nextSweepAt: atMs, cadence: 'busy' })
    .where('orgId', '=', orgId)
    .where('nextSweepAt', '>', atMs)
    .where('claim', 'is', null)
    .where('failures', '=', 0)
    .execute();
}

/**
 * Whose calls are whose has changed, or the key has: its last day is listed again, even if its sweeps have failed. A turn
 * that has begun does not know of the change, so how it ends decides nothing.
 */
export async function sweepAgain(db: Queries, orgId: string, nowMs: number): Promise<void> {
  await db
    .updateTable('sweeps')
    .set({ listedTo: null, failures: 0, claim: null })
    .where('orgId', '=', orgId)
    .execute();
  await db
    .updateTable('sweeps')
    .set({ nextSweepAt: nowMs })
    .where('orgId', '=', orgId)
    .where('nextSweepAt', '>', nowMs)
    .execute();
}

export async function findSweep(db: Queries, orgId: string): Promise<Sweep | null> {
  const row = await db.selectFrom('sweeps').selectAll().where('orgId', '=', orgId).executeTakeFirst();
  return row ?? null;
}

/** Never goes back: of two simultaneous sweeps, the one that got further counts. */
export async function saveSweptTo(db: Queries, orgId: string, toMs: number): Promise<void> {
  await db
    .insertInto('sweeps')
    .values({
      ...{ orgId, sweptTo: toMs, unassignedCalls: 0, nextSweepAt: toMs, claim: null, cadence: 'quiet' },
      ...{ failures: 0, changedTo: null, listedTo: null, hoursAt: null, hoursSeen: '{}' },
    })
    .onConflict((conflict) =>
      conflict.column('orgId').doUpdateSet({ sweptTo: toMs }).where('sweeps.sweptTo', '<', toMs),
    )
    .execute();
}

export async function saveProgress(
  db: Queries,
  orgId: string,
  progress: Partial<Pick<Sweep, 'unassignedCalls' | 'changedTo' | 'listedTo' | 'hoursAt' | 'hoursSeen'>>,
): Promise<void> {
  await db.updateTable('sweeps').set(progress).where('orgId', '=', orgId).execute();
}

/** Of all orgs that have a tenant. */
export async function countUnassigned(db: Queries): Promise<number> {
  const { calls } = await db
    .selectFrom('sweeps')
    .select(sql<number>`cast(coalesce(sum(${sql.ref('unassignedCalls')}), 0) as bigint)`.as('calls'))
    .where('orgId', 'in', (query) =>
      query.selectFrom('tenants').select('orgId').where('deletedAt', 'is', null),
    )
    .executeTakeFirstOrThrow();
  return calls;
}

export interface SweepCounts {
  /** Orgs that are due and that no process has. */
  overdue: number;
  /** Milliseconds since the first of them was due; 0 when none is. */
  lagMs: number;
  /** Orgs whose last sweep failed. */
  failing: number;
}

export async function countSweeps(db: Queries, nowMs: number): Promise<SweepCounts> {
  const sum = (condition: ReturnType<typeof sql>) =>
    sql<number>`cast(coalesce(sum(case when ${condition} then 1 else 0 end), 0) as bigint)`;
  const { overdue, since, failing } = await db
    .selectFrom('sweeps')
    .select(({ fn }) => [
      sum(sql`${sql.ref('nextSweepAt')} <= ${nowMs}`).as('overdue'),
      fn.min('nextSweepAt').as('since'),
      sum(sql`${sql.ref('failures')} > 0`).as('failing'),
    ])
    .where('nextSweepAt', 'is not', null)
    .executeTakeFirstOrThrow();
  return { overdue, lagMs: overdue > 0 ? Math.max(0, nowMs - Number(since)) : 0, failing };
}

/** When a call of these tenants was last begun, granted or reported, if since then; null otherwise. */
export async function lastActivityAt(
  db: Queries,
  tenantIds: string[],
  sinceMs: number,
): Promise<number | null> {
  const newest = await Promise.all(
    (['calls', 'reservations'] as const).map((table) =>
      db
        .selectFrom(table)
        .select(({ fn }) => fn.max<number | null>('createdAt').as('at'))
        .where('tenantId', 'in', tenantIds)
        .where('createdAt', '>', sinceMs)
        .executeTakeFirst(),
    ),
  );
  const times = newest.map((row) => row?.at ?? 0);
  return Math.max(...times) || null;
}
