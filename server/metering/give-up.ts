/** Calls whose cost will never be known: what stays reserved for them, and the notice to the operator. */
import { raiseNotice } from '../access/notices/notices.ts';
import { isPhoneCall } from '../access/start/phone-hold.ts';
import { chargeCall } from '../access/wallet/charge.ts';
import { dayIn } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import { worthOf } from '../ledger/usage.ts';
import { findOwners } from '../store/call-owners.ts';
import { eraseResults } from '../store/call-results.ts';
import { type CallRow, findCall, markGone } from '../store/calls.ts';
import { deleteCallIdentities } from '../store/identities.ts';
import { shrinkReservation } from '../store/reservations.ts';
import type { Tenant } from '../store/tenants.ts';
import { releasePrice } from '../store/wallets.ts';

/** Vapi no longer knows these. What is booked stays. */
export async function giveUpGone(ctx: Context, tenant: Tenant, ids: string[]): Promise<void> {
  const owners = await findOwners(ctx.store, ids);
  const isClaimed = (id: string) => owners.get(id)?.confirmed === false;
  const gone = await ctx.store.transaction().execute(async (db) => {
    const rows = await markGone(db, tenant.id, ids, ctx.now());
    const goneIds = rows.map(({ id }) => id);
    // Vapi's own retention is the tenant's when it has chosen none.
    await eraseResults(db, tenant.id, goneIds, ctx.now());
    await deleteCallIdentities(db, tenant.id, goneIds);
    // No document bills what only a webhook has claimed, so that nothing else would give back its charge.
    for (const row of rows.filter(({ id }) => isClaimed(id)))
      await chargeCall(db, row, { tenant: null, isFinal: true }, ctx.now());
    return rows;
  });
  for (const row of gone) {
    // By phone, and known from webhooks alone: made up, as far as Vapi knows, and no grant of ours says otherwise.
    const isMadeUp = isClaimed(row.id) && isPhoneCall(row) && row.sessionId === null;
    if (row.costMicros === null) await giveUp(ctx, tenant, row, isMadeUp);
    // Vapi may have deleted what it once had: that is not worth a notice.
    else if (isClaimed(row.id)) {
      const data = { costMicros: row.costMicros };
      await raiseNotice(ctx.store, tenant, { kind: 'call-unknown', period: row.id, data }, ctx.now());
    }
  }
}

/** Vapi was asked about it for the last time. */
export async function giveUpPolling(ctx: Context, tenant: Tenant, callId: string): Promise<void> {
  const row = await findCall(ctx.store, tenant.id, callId);
  if (row) await giveUp(ctx, tenant, row);
}

/**
 * Nothing is billed for it. What the call may have cost stays reserved until the month ends: everything if it began and its
 * length is unknown, its length at the worst-case rate if known, nothing if it never began. So the budget's cap is kept, and
 * calls that never happened do not use it up.
 */
async function giveUp(ctx: Context, tenant: Tenant, row: CallRow, isMadeUp = false): Promise<void> {
  if (row.costMicros !== null) return;
  const now = ctx.now();
  const most = isMadeUp ? 0 : worthOf(row, tenant.limits.worstCaseMicrosPerMinute);
  const heldMicros = await ctx.store.transaction().execute(async (db) => {
    const held = await shrinkReservation(db, tenant.id, row.id, most);
    // A price that waits for the cost is not billed; any other is charged already. A wallet that is off may be turned on again.
    await releasePrice(db, tenant.id, row.id);
    const data = { call: row.id, heldMicros: held };
    await raiseNotice(db, tenant, { kind: 'cost-unknown', period: dayIn(tenant.timeZone, now), data }, now);
    return held;
  });
  ctx.log.warn({ tenant: tenant.slug, call: row.id, heldMicros }, 'the cost of a call stays unknown');
}
