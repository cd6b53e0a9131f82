/** Calls unknown to Vapi: anyone with a tenant's webhook secret can report them, and nothing else settles them. */
import { type Actor, recordChange } from '../access/audit.ts';
import { apisOf, orgOf, withAcceptedKey } from '../access/tenants/orgs.ts';
import type { Context } from '../context.ts';
import { ApiError, conflict } from '../errors.ts';
import { voided } from '../ledger/usage.ts';
import { claimCall, findOwners } from '../store/call-owners.ts';
import { type CallRow, findCall, lockCall } from '../store/calls.ts';
import type { Queries } from '../store/database.ts';
import { shrinkReservation } from '../store/reservations.ts';
import type { Tenant } from '../store/tenants.ts';
import { vapiFailure } from '../vapi/vapi-failure.ts';
import { bookCalls } from './booking.ts';
import { writeCall } from './ingest.ts';
import { takeBackOutcome } from './outcomes.ts';

/**
 * Makes the call worth nothing and stops listing it, after asking Vapi about it once more. Dismissing it again changes
 * nothing. If Vapi shows it after all, it is booked like any other.
 * @throws ApiError `not_found`; `conflict` when Vapi knows the call, or did once; `vapi_unavailable`
 */
export async function dismissCall(ctx: Context, tenant: Tenant, callId: string, by: Actor): Promise<CallRow> {
  const row = await findCall(ctx.store, tenant.id, callId);
  if (!row) throw new ApiError('not_found');
  if (row.dismissedAt !== null) return row;
  if (!(await isUnconfirmed(ctx.store, tenant.id, callId))) throw known();
  if (await isAtVapi(ctx, tenant, row)) throw known();
  return ctx.store.transaction().execute(async (db) => {
    // Locks the call's ownership, so that no one confirms it with Vapi meanwhile.
    await claimCall(db, { callId, tenantId: tenant.id, confirmed: false });
    if (!(await isUnconfirmed(db, tenant.id, callId))) throw known();
    const before = await lockCall(db, row);
    if (before.dismissedAt !== null) return before;
    const now = ctx.now();
    const nothing = { status: 'ended', seconds: 0, costMicros: 0, usageDay: null };
    const after = { ...voided(before, now), ...nothing, dismissedAt: now };
    await writeCall(db, tenant, before, after, { source: 'poll', nowMs: now });
    await takeBackOutcome(db, tenant.id, callId);
    await shrinkReservation(db, tenant.id, callId, 0);
    const { status, costMicros } = before;
    const change = {
      action: 'call.dismiss',
      tenant: tenant.slug,
      before: { call: callId, status, costMicros },
    };
    await recordChange(db, { ...by, ...change, after: null }, now);
    return after;
  });
}

async function isUnconfirmed(db: Queries, tenantId: string, callId: string): Promise<boolean> {
  const owner = (await findOwners(db, [callId])).get(callId);
  return owner?.tenantId === tenantId && !owner.confirmed;
}

/** Books what Vapi shows of it. */
async function isAtVapi(ctx: Context, tenant: Tenant, row: CallRow): Promise<boolean> {
  const org = await orgOf(ctx, tenant.orgId, row.createdAt);
  try {
    return await withAcceptedKey(apisOf(ctx, org), async (api) => {
      const call = await api.get(row.id);
      if (call) await bookCalls(ctx, org, [call]);
      return call !== null;
    });
  } catch (cause) {
    throw vapiFailure(cause);
  }
}

function known(): ApiError {
  return conflict('Vapi knows this call, or did at some time: it stays booked.');
}
