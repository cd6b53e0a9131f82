import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { callKinds } from '../contract.ts';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import type { ReservationsTable, Schema } from './schema.ts';

export type Reservation = Selectable<ReservationsTable>;

/** Written into the statement: a partial index is not used for a value that is only known when it runs. */
const held = sql.lit<Reservation['state']>('held');
const proxy = sql.lit<Reservation['accessMode']>('proxy');

/** @returns false when the session behind it has been used before */
export async function insertReservation(db: Queries, reservation: Reservation): Promise<boolean> {
  const result = await db
    .insertInto('reservations')
    .values(reservation)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
}

export async function findReservation(
  db: Queries,
  tenantId: string,
  id: string,
): Promise<Reservation | null> {
  const row = await db
    .selectFrom('reservations')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export interface Commitments {
  /** The month's known cost plus what is reserved for calls that can still be booked in it. */
  committedMicros: number;
  callsInProgress: number;
}

/**
 * Read in one statement: a settlement between two would be counted by neither or by both. Call it under `lockForStart`,
 * so that no other start can come between this and the insert.
 */
export async function readCommitments(
  db: Queries,
  tenantId: string,
  month: string,
  nowMs: number,
): Promise<Commitments> {
  const row = await db
    .selectNoFrom((expression) => [
      expression
        .selectFrom('usageDaily')
        .select(sql<number>`cast(coalesce(sum(${sql.ref('costMicros')}), 0) as bigint)`.as('sum'))
        .where('tenantId', '=', tenantId)
        .where('day', '>=', `${month}-01`)
        .where('day', '<=', `${month}-31`)
        .as('spent'),
      expression
        .selectFrom('reservations')
        .select(sql<number>`cast(coalesce(sum(${sql.ref('amountMicros')}), 0) as bigint)`.as('sum'))
        .where('tenantId', '=', tenantId)
        // Also calls granted before the month that can still begin in it.
        .where('month', '>=', month)
        .where('state', '=', held)
        .as('held'),
      expression
        .selectFrom('reservations')
        .select(sql<number>`cast(count(*) as bigint)`.as('count'))
        .where('tenantId', '=', tenantId)
        .where('state', '=', held)
        .where('leaseExpiresAt', '>', nowMs)
        .as('inProgress'),
    ])
    .executeTakeFirstOrThrow();
  return { committedMicros: (row.spent ?? 0) + (row.held ?? 0), callsInProgress: row.inProgress ?? 0 };
}

/**
 * Records which call the session became, once: the tenant's own session, granted for this assistant, with no other
 * call. A released one, which seemed to have led to no call, is held again until its call's cost is known, and
 * outdated: its amount may have been granted to others.
 * @returns the reservation, or null when the claim does not hold
 */
export async function claimReservation(
  db: Queries,
  claim: { tenantId: string; id: string; assistantId: string; callId: string },
): Promise<Reservation | null> {
  const row = await db
    .updateTable('reservations')
    .set((expression) => {
      const wasGivenBack = expression.and([
        expression('state', '=', 'released'),
        expression('callId', 'is', null),
      ]);
      return {
        callId: claim.callId,
        state: expression.case().when(wasGivenBack).then(held).else(expression.ref('state')).end(),
        generation: expression
          .case()
          .when(wasGivenBack)
          .then(expression('generation', '-', 1))
          .else(expression.ref('generation'))
          .end(),
      };
    })
    .where('tenantId', '=', claim.tenantId)
    .where('id', '=', claim.id)
    .where('assistantId', '=', claim.assistantId)
    .where((expression) =>
      expression.or([expression('callId', 'is', null), expression('callId', '=', claim.callId)]),
    )
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** It led to no call: the slot and the spend are free again. */
export async function releaseReservation(db: Queries, id: string): Promise<void> {
  await db
    .updateTable('reservations')
    .set({ state: 'released' })
    .where('id', '=', id)
    .where('state', '=', held)
    .where('callId', 'is', null)
    .execute();
}

/** Nothing remains held under this id, whatever claimed it. */
export async function releaseHold(db: Queries, tenantId: string, id: string): Promise<void> {
  await db
    .updateTable('reservations')
    .set({ state: 'released' })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('state', '=', held)
    .execute();
}

/** Reservations for starts whose lease ended before then and that no call has claimed. */
export async function listLapsedReservations(
  db: Queries,
  tenantId: string,
  leaseBeforeMs: number,
): Promise<Reservation[]> {
  return db
    .selectFrom('reservations')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('state', '=', held)
    .where('callId', 'is', null)
    .where('leaseExpiresAt', '<', leaseBeforeMs)
    .execute();
}

/** The call has ended: its slot is free; its spend stays held until the cost is known. */
export async function freeSlot(db: Queries, tenantId: string, callId: string, nowMs: number): Promise<void> {
  await db
    .updateTable('reservations')
    .set({ leaseExpiresAt: nowMs })
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .where('leaseExpiresAt', '>', nowMs)
    .execute();
}

/**
 * Lowers the amount held for a call whose cost stays unknown; at 0 it is released.
 * @param mostMicros null leaves it unchanged
 * @returns what is still held
 */
export async function shrinkReservation(
  db: Queries,
  tenantId: string,
  callId: string,
  mostMicros: number | null,
): Promise<number> {
  const own = await db
    .selectFrom('reservations')
    .select(['id', 'amountMicros'])
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .where('state', '=', held)
    .executeTakeFirst();
  if (!own || mostMicros === null) return own?.amountMicros ?? 0;
  const amountMicros = Math.min(own.amountMicros, mostMicros);
  const row = await db
    .updateTable('reservations')
    .set(amountMicros === 0 ? { state: 'released' } : { amountMicros })
    .where('id', '=', own.id)
    // Its cost may have become known meanwhile.
    .where('state', '=', held)
    .returning('id')
    .executeTakeFirst();
  return row ? amountMicros : 0;
}

/** The call's cost is in the ledger and counts from there. */
export async function settleReservation(
  db: Queries,
  tenantId: string,
  callId: string,
  nowMs: number,
): Promise<void> {
  await settle(db, { tenantId, callId, nowMs });
}

const settle = prepared(
  (db, { tenantId, callId, nowMs }: { tenantId: string; callId: string; nowMs: number }) =>
    db
      .updateTable('reservations')
      .set({ state: 'settled', leaseExpiresAt: nowMs })
      .where('tenantId', '=', tenantId)
      .where('callId', '=', callId)
      .where('state', '=', held),
);

/** Whether the call's grant has since been invalidated by a pause, or had been released. */
export async function isOutdated(
  db: Queries,
  tenantId: string,
  callId: string,
  generation: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('reservations')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .where('generation', '<', generation)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether another tenant has granted the call: tenants can share an assistant, and one of them receives the reports. */
export async function isGrantedElsewhere(
  db: Queries,
  claim: { tenantId: string; id: string; assistantId: string; callId: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('reservations')
    .select('id')
    .where('tenantId', '<>', claim.tenantId)
    .where('id', '=', claim.id)
    .where('assistantId', '=', claim.assistantId)
    .where((expression) =>
      expression.or([expression('callId', 'is', null), expression('callId', '=', claim.callId)]),
    )
    .executeTakeFirst();
  return row !== undefined;
}

/** Grants with which the browser makes the call, unclaimed; a message claims its own. */
const isOpenKeyGrant = (expression: ExpressionBuilder<Schema, 'reservations'>) =>
  expression.and([
    expression('reservations.state', '=', held),
    expression('reservations.callId', 'is', null),
    expression('reservations.accessMode', '<>', proxy),
    expression('reservations.kind', '=', 'call'),
  ]);

/**
 * The tenants with such grants from before the first time, or with any key given out since the second, and the time of
 * their oldest one.
 */
export async function listKeyGrants(
  db: Queries,
  unusedBeforeMs: number,
  grantedSinceMs: number,
): Promise<{ tenantId: string; since: number }[]> {
  // Each half has its own index; joined by "or" they would read every start ever made. Without the grouping SQLite
  // reads the first half through the second's index, and so all old grants.
  const unused = db
    .selectFrom('reservations')
    .select((expression) => ['tenantId', expression.fn.min('createdAt').as('since')])
    .where(isOpenKeyGrant)
    .where('createdAt', '<=', unusedBeforeMs)
    .groupBy('tenantId');
  const fresh = db
    .selectFrom('reservations')
    .select(['tenantId', 'createdAt as since'])
    .where('createdAt', '>', grantedSinceMs)
    .where('accessMode', '<>', proxy)
    .where('kind', '=', 'call');
  return db
    .selectFrom(unused.unionAll(fresh).as('grants'))
    .select(['tenantId', sql<number>`cast(min(${sql.ref('since')}) as bigint)`.as('since')])
    .groupBy('tenantId')
    .orderBy('tenantId')
    .execute();
}

/**
 * Releases such grants, as soon as no call without a known cost can belong to one.
 * @param window how long after a grant its call can begin at the latest, and by how much clocks may differ
 */
export async function releaseUnused(
  db: Queries,
  tenantId: string,
  window: { before: number; usableMs: number; marginMs: number },
): Promise<void> {
  const { before, usableMs, marginMs } = window;
  await db
    .updateTable('reservations')
    .set({ state: 'released' })
    .where('reservations.tenantId', '=', tenantId)
    .where('reservations.createdAt', '<=', before)
    .where(isOpenKeyGrant)
    .where((expression) =>
      expression.not(
        expression.exists(
          expression
            .selectFrom('calls')
            .select('calls.id')
            .whereRef('calls.tenantId', '=', 'reservations.tenantId')
            .where('calls.type', '=', callKinds.web)
            .where('calls.sessionId', 'is', null)
            .where('calls.costMicros', 'is', null)
            .where('calls.goneAt', 'is', null)
            .whereRef(
              'calls.createdAt',
              '>=',
              sql<number>`${sql.ref('reservations.createdAt')} - ${marginMs}`,
            )
            .whereRef(
              'calls.createdAt',
              '<=',
              sql<number>`${sql.ref('reservations.createdAt')} + ${usableMs}`,
            ),
        ),
      ),
    )
    .execute();
}
