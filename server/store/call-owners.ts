import { sql } from 'kysely';
import type { Queries } from './database.ts';

export interface Claim {
  /** Vapi's call id. */
  callId: string;
  tenantId: string;
  /** Whether Vapi's API has shown the call to us; anyone who has a tenant's webhook secret can claim any call. */
  confirmed: boolean;
}

/**
 * Claims a call for a tenant; from then on until the transaction ends no one else can. The first claim counts, but a
 * confirmed one beats one that is not.
 * @returns whose it is now, and whose it was until now where that has changed
 */
export async function claimCall(
  db: Queries,
  { callId, tenantId, confirmed }: Claim,
): Promise<{ owner: string; takenFrom: string | null }> {
  const before = await db
    .insertInto('callOwners')
    .values({ callId, tenantId, confirmed: confirmed ? 1 : 0 })
    .onConflict((conflict) =>
      // Writes what is there, which locks the row.
      conflict
        .column('callId')
        .doUpdateSet((expression) => ({ confirmed: expression.ref('callOwners.confirmed') })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  const isOwn = before.tenantId === tenantId;
  if (!confirmed || before.confirmed === 1) return { owner: before.tenantId, takenFrom: null };
  await db.updateTable('callOwners').set({ tenantId, confirmed: 1 }).where('callId', '=', callId).execute();
  return { owner: tenantId, takenFrom: isOwn ? null : before.tenantId };
}

/** Ended calls that only a webhook has claimed for the tenant, and that Vapi has not said to be none; oldest first. */
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

/** Only of calls that someone owns. */
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
 * Vapi's API has shown them, with nobody else's assistant. Somebody else's stay that one's. Their rows count as written
 * now, so that the next invoice finds those of months that are billed already.
 */
export async function confirmOwner(
  db: Queries,
  tenantId: string,
  callIds: string[],
  nowMs: number,
): Promise<void> {
  for (let start = 0; start < callIds.length; start += 500) {
    const chunk = callIds.slice(start, start + 500);
    const rows = chunk.map((callId) => ({ callId, tenantId, confirmed: 1 }));
    // First: a process that dies in between finds them unconfirmed again.
    await db
      .updateTable('calls')
      .set({ updatedAt: nowMs })
      .where('tenantId', '=', tenantId)
      .where('id', 'in', chunk)
      .execute();
    await db
      .insertInto('callOwners')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('callId').doUpdateSet({ confirmed: 1 }).where('callOwners.tenantId', '=', tenantId),
      )
      .execute();
  }
}
