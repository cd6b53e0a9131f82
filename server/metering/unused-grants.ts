/**
 * Grants of the key modes that led to no call. Anyone who may start a call can request a key, at no cost: if its
 * reservation lasted as long as a call's, one visitor could use up budget and concurrency with keys that it never uses.
 */
import { apisOf, orgOf } from '../access/tenants/orgs.ts';
import type { Context } from '../context.ts';
import { endTurn, takeTurn } from '../store/leases.ts';
import { listKeyGrants, releaseUnused } from '../store/reservations.ts';
import { findTenantById } from '../store/tenants.ts';
import { scopedKeySeconds } from '../vapi/scoped-key.ts';
import { bookCalls } from './booking.ts';

/** Allows for clocks that differ, and for Vapi's list, which may lag. */
const marginMs = 30_000;
/**
 * A call of the grant has begun by then, or never will: a scoped key has expired. A public key never does, but a page that
 * has just requested it uses it immediately; what is started with it later never involves us.
 */
const usableMs = scopedKeySeconds * 1000 + marginMs;
const everyMs = 60_000;
/** So that the list is read at least once after the last call that a key can begin, even if one reading fails or is late. */
const watchedMs = usableMs + 2 * everyMs;
const turnMs = 5 * 60_000;
const turnName = 'unused-grants';

/** Once a minute, by one of all processes. */
export async function releaseWhenDue(ctx: Context, owner: string): Promise<void> {
  const now = ctx.now();
  if (!(await takeTurn(ctx.store, { name: turnName, owner, expiresAt: now + turnMs }, everyMs, now))) return;
  try {
    await releaseUnusedGrants(ctx);
  } finally {
    await endTurn(ctx.store, turnName, owner, now);
  }
}

/**
 * Reads Vapi's list of the tenants that have such reservations, so that their calls are booked, and releases what no call
 * has claimed. The list of those that have just given out keys is read too: a browser can send the reports of a call elsewhere,
 * so calls beyond the grants are seen there first, and ended (`unwanted`).
 * A browser can leave our tag out: while a call that does not name its grant has no known cost, it may belong to any
 * grant given just before, and their reservations stay.
 */
export async function releaseUnusedGrants(ctx: Context): Promise<void> {
  const until = ctx.now();
  for (const { tenantId, since } of await listKeyGrants(ctx.store, until - usableMs, until - watchedMs)) {
    const tenant = await findTenantById(ctx.store, tenantId);
    if (!tenant) continue;
    try {
      const [api] = apisOf(ctx, { orgId: tenant.orgId, tenants: [tenant] });
      if (!api) continue;
      const org = await orgOf(ctx, tenant.orgId, since);
      for await (const page of api.list('createdAt', since - marginMs, until)) {
        await bookCalls(ctx, org, page);
      }
      await releaseUnused(ctx.store, tenantId, { before: until - usableMs, usableMs, marginMs });
    } catch (error) {
      ctx.log.warn({ err: error, tenant: tenant.slug }, 'unused grants could not be checked');
    }
  }
}
