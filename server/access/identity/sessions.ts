/** A person's sessions, listed and ended; the place that one is in; and looking at a client's portal as the client. */
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import type { ClientRole, SessionView } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import {
  endSignIn,
  endSignInsOfUser,
  listSignIns,
  type SignIn,
  setPlace,
  setViewed,
} from '../../store/sign-ins.ts';
import { findTenantById } from '../../store/tenants.ts';
import { listPlaces } from '../../store/users.ts';
import { type Actor, recordChange } from '../audit.ts';
import type { Caller } from './api-key.ts';

/** Long enough to see everything, short enough that no one forgets it and wonders. */
export const viewAsMs = 3_600_000;

/** Those of the person; of a session that was handed over only those like it, since it proves nothing more. */
export async function ownSignIns(ctx: Context, { userId, isFixed, tenantId }: Caller) {
  if (userId === null) return [];
  return listSignIns(ctx.store, userId, isFixed ? tenantId : undefined, ctx.now());
}

/** Empty for a caller that is not a person. */
export async function sessionsOf(ctx: Context, caller: Caller): Promise<SessionView[]> {
  return (await ownSignIns(ctx, caller)).map((row: SignIn & { slug: string | null }) => ({
    id: row.id,
    isThis: row.id === caller.signInId,
    tenant: row.slug,
    userAgent: row.userAgent,
    createdAt: iso(row.createdAt),
    lastUsedAt: iso(row.lastUsedAt),
    expiresAt: iso(row.expiresAt),
  }));
}

/** @throws ApiError `not_found` for one that is not the caller's */
export async function endSession(ctx: Context, caller: Caller, id: string, by: Actor): Promise<void> {
  if (!(await ownSignIns(ctx, caller)).some((row) => row.id === id)) throw new ApiError('not_found');
  await ctx.store.transaction().execute(async (db) => {
    if (!(await endSignIn(db, id))) throw new ApiError('not_found');
    const change = { action: 'session.end', tenant: null, before: { session: id }, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
}

/** All but the caller's own. */
export async function endOtherSessions(ctx: Context, caller: Caller, by: Actor): Promise<void> {
  const { userId, signInId, isFixed } = caller;
  if (userId === null) throw new ApiError('not_found');
  const others = isFixed ? await ownSignIns(ctx, caller) : [];
  await ctx.store.transaction().execute(async (db) => {
    if (isFixed) {
      for (const { id } of others) if (id !== signInId) await endSignIn(db, id);
    } else await endSignInsOfUser(db, userId, signInId);
    const change = { action: 'session.end-others', tenant: null, before: null, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
}

/**
 * @param slug null for the operator's portal
 * @throws ApiError `not_found` for where the person does not belong, or a session that cannot change
 */
export async function choosePlace(
  ctx: Context,
  { userId, signInId, isFixed }: Caller,
  slug: string | null,
  by: Actor,
): Promise<void> {
  if (userId === null || signInId === null || isFixed) throw new ApiError('not_found');
  await ctx.store.transaction().execute(async (db) => {
    const place = (await listPlaces(db, userId)).find((each) => each.slug === slug);
    if (!place) throw new ApiError('not_found');
    await setPlace(db, signInId, place.tenantId);
    const change = { action: 'session.place', tenant: slug, before: null, after: { session: signInId } };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
}

/** @throws ApiError `forbidden` without a sign-in: a key shows no portal */
export async function viewAs(
  ctx: Context,
  { signInId }: Caller,
  tenant: { id: string; slug: string },
  role: ClientRole,
  by: Actor,
): Promise<void> {
  if (signInId === null) throw new ApiError('forbidden', { detail: 'Only a signed-in browser can do this.' });
  const now = ctx.now();
  const until = now + viewAsMs;
  await ctx.store.transaction().execute(async (db) => {
    await setViewed(db, signInId, { tenantId: tenant.id, role, until });
    const after = { role, until: iso(until) };
    const change = { action: 'view-as.start', tenant: tenant.slug, before: null, after };
    await recordChange(db, { ...by, ...change }, now);
  });
}

/** @throws ApiError `not_found` when it looks at none, or no longer */
export async function stopViewing(
  ctx: Context,
  { signInId, viewing, tenantId }: Caller,
  by: Actor,
): Promise<void> {
  if (signInId === null || viewing === null || tenantId === null) throw new ApiError('not_found');
  const tenant = await findTenantById(ctx.store, tenantId);
  await ctx.store.transaction().execute(async (db) => {
    await setViewed(db, signInId, null);
    const change = { action: 'view-as.stop', tenant: tenant?.slug ?? null, before: null, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
}
