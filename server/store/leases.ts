import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { Queries } from './database.ts';
import type { Schema } from './schema.ts';

/** The right to do something that only one process may do. */
export interface Lease {
  name: string;
  /** Names this process. */
  owner: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/**
 * Takes or keeps it.
 * @returns false while another process has it
 */
export async function takeLease(db: Queries, wanted: Lease, nowMs: number): Promise<boolean> {
  return take(db, wanted, (lease) =>
    lease.or([lease('leases.owner', '=', wanted.owner), lease('leases.expiresAt', '<=', nowMs)]),
  );
}

type Condition = (lease: ExpressionBuilder<Schema, 'leases'>) => ExpressionWrapper<Schema, 'leases', SqlBool>;

/** @param mayTake when the lease of another process, or an earlier one, gives way */
async function take(db: Queries, { name, owner, expiresAt }: Lease, mayTake: Condition): Promise<boolean> {
  const row = await db
    .insertInto('leases')
    .values({ name, owner, expiresAt, doneAt: null })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ owner, expiresAt }).where(mayTake))
    .returning('owner')
    .executeTakeFirst();
  return row?.owner === owner;
}

/**
 * Writes a row without meaning: a database that is read-only, or whose disk is full, still answers every query.
 * @throws StoreUnavailable when nothing can be written
 */
export async function proveWritable(db: Queries, nowMs: number): Promise<void> {
  await db
    .insertInto('leases')
    .values({ name: 'readiness', owner: 'readiness', expiresAt: 0, doneAt: nowMs })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ doneAt: nowMs }))
    .execute();
}

/** Until when a process has it, in epoch milliseconds; null when none has. */
export async function leaseEnd(db: Queries, name: string, nowMs: number): Promise<number | null> {
  const row = await db
    .selectFrom('leases')
    .select('expiresAt')
    .where('name', '=', name)
    .where('expiresAt', '>', nowMs)
    .executeTakeFirst();
  return row?.expiresAt ?? null;
}

/** Releases the lease so another process can take it immediately. */
export async function giveLease(db: Queries, name: string, owner: string): Promise<void> {
  await db.deleteFrom('leases').where('name', '=', name).where('owner', '=', owner).execute();
}

/**
 * Takes the right to do periodic work that one process does at a time.
 * @param everyMs how long after its last time it is due again
 * @returns false while another process has it, or when it was done recently
 */
export async function takeTurn(db: Queries, wanted: Lease, everyMs: number, nowMs: number): Promise<boolean> {
  return take(db, wanted, (lease) =>
    lease.and([
      lease('leases.expiresAt', '<=', nowMs),
      lease.or([lease('leases.doneAt', 'is', null), lease('leases.doneAt', '<=', nowMs - everyMs)]),
    ]),
  );
}

/**
 * Returns the turn.
 * @param doneAtMs when it was begun; null when it was interrupted, so that another process can do it immediately
 */
export async function endTurn(
  db: Queries,
  name: string,
  owner: string,
  doneAtMs: number | null,
): Promise<void> {
  await db
    .updateTable('leases')
    .set({ expiresAt: 0, ...(doneAtMs === null ? {} : { doneAt: doneAtMs }) })
    .where('name', '=', name)
    .where('owner', '=', owner)
    .execute();
}
