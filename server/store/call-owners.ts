import { type Selectable, sql } from 'kysely';
import type { Queries, Store } from './database.ts';
import { prepared } from './prepared.ts';
import type { CallOwnersTable } from './schema.ts';
import { touchMonths } from './tenant-months.ts';

type CallOwner = Selectable<CallOwnersTable>;

export interface Claim {
  /** Vapi's call id. */
  callId: string;
  tenantId: string;
  /** Whether Vapi's API has shown the call to us; anyone who has a tenant's webhook secret can claim any call. */
  confirmed: boolean;
}

/**
 * Claims a call for a tenant and locks it until the transaction ends. The first claim counts, but a confirmed one beats
 * an unconfirmed one.
 * @returns the owner, the previous owner if it has changed, and whether Vapi's API has only now shown it
 */
export async function claimCall(
  db: Queries,
  { callId, tenantId, confirmed }: Claim,
): Promise<{ owner: string; takenFrom: string | null; isNewlyConfirmed: boolean }> {
  const { rows } = await insertOrLock(db, { callId, tenantId, confirmed: confirmed ? 1 : 0 });
  const before = rows[0] as CallOwner;
  const isOwn = before.tenantId === tenantId;
  if (!confirmed || before.confirmed === 1)
    return { owner: before.tenantId, takenFrom: null, isNewlyConfirmed: false };
  await db.updateTable('callOwners').set({ tenantId, confirmed: 1 }).where('callId', '=', callId).execute();
  return { owner: tenantId, takenFrom: isOwn ? null : before.tenantId, isNewlyConfirmed: true };
}

const insertOrLock = prepared((db, owner: CallOwner) =>
  db
    .insertInto('callOwners')
    .values(owner)
    .onConflict((conflict) =>
      // Writes the current value, which locks the row.
      conflict
        .column('callId')
        .doUpdateSet((expression) => ({ confirmed: expression.ref('callOwners.confirmed') })),
    )
    .returningAll(),
);

/** Ended calls that only a webhook has claimed for the tenant and that Vapi has not denied; oldest first. */
export async function listClaimed(
  db: Queries,
  tenantId: string,
  beforeMs: number,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('callOwners')
    .innerJoin('calls', (join) =>
      join.onRef('calls.tenantId', '=', 'callOwners.tenantId').onRef('calls.id', '=', 'callOwners.callId'),
    )
    .select('calls.id')
    .where('callOwners.tenantId', '=', tenantId)
    .where('callOwners.confirmed', '=', sql.lit(0))
    .where('calls.createdAt', '<', beforeMs)
    .where('calls.status', '=', 'ended')
    .where('calls.goneAt', 'is', null)
    .orderBy('calls.createdAt')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Only calls that have an owner. */
export async function findOwners(db: Queries, callIds: string[]): Promise<Map<string, Claim>> {
  const owners = new Map<string, Claim>();
  // Both engines limit the parameters of one statement.
  for (let start = 0; start < callIds.length; start += 500) {
    const chunk = callIds.slice(start, start + 500);
    const rows = await db.selectFrom('callOwners').selectAll().where('callId', 'in', chunk).execute();
    for (const { callId, tenantId, confirmed } of rows) {
      owners.set(callId, { callId, tenantId, confirmed: confirmed === 1 });
    }
  }
  return owners;
}

/**
 * Vapi's API has shown them, with no other tenant's assistant. Calls owned by another tenant stay as they are. The rows
 * count as just written, so that the next invoice finds those of months that are already billed.
 */
export async function confirmOwner(
  store: Store,
  tenantId: string,
  callIds: string[],
  nowMs: number,
): Promise<void> {
  for (let start = 0; start < callIds.length; start += 500) {
    const chunk = callIds.slice(start, start + 500);
    const rows = chunk.map((callId) => ({ callId, tenantId, confirmed: 1 }));
    // First: if the process dies in between, they are still unconfirmed.
    const written = await store
      .updateTable('calls')
      .set({ updatedAt: nowMs })
      .where('tenantId', '=', tenantId)
      .where('id', 'in', chunk)
      .returning('usageDay')
      .execute();
    await store.transaction().execute(async (db) => {
      await db
        .insertInto('callOwners')
        .values(rows)
        .onConflict((conflict) =>
          conflict.column('callId').doUpdateSet({ confirmed: 1 }).where('callOwners.tenantId', '=', tenantId),
        )
        .execute();
      await touchMonths(
        db,
        tenantId,
        written.map(({ usageDay }) => usageDay),
      );
    });
  }
}
