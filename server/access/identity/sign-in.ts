/**
 * Signing in to the portal: a link that works once becomes a cookie. Both are 32 random bytes of which only a hash is
 * stored, so nothing slower than SHA-256 is needed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import { safeEqual } from '../../base/safe-equal.ts';
import type { Context } from '../../context.ts';
import { type Permission, permissionsOf } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import {
  endSignIn,
  endSignIns,
  findSignIn,
  forgetExpiredSignIns,
  insertSignIn,
  insertSignInLink,
  isSignInLink,
  type SignIn,
  takeSignInLink,
} from '../../store/sign-ins.ts';
import { findTenant, findTenantById, noteInvited } from '../../store/tenants.ts';
import { type Actor, recordChange } from '../audit.ts';
import type { Caller } from './api-key.ts';

export const linkLifeMs = 15 * 60_000;
/** Counted from the sign-in, regardless of use. */
export const signInLifeMs = 12 * 3_600_000;

/** What a browser may do: an operator's everything, a client's only read. */
export function permissionsOfLink(tenantId: string | null): readonly Permission[] {
  return permissionsOf(tenantId !== null, tenantId === null ? 'owner' : 'viewer');
}

/**
 * @param tenant null for the operator's portal
 * @param by who creates it, for the audit log, and the key that permits it
 */
export async function makeSignInLink(
  ctx: Context,
  tenant: { id: string; slug: string } | null,
  email: string | null,
  { keyId, ...by }: Actor & Pick<Caller, 'keyId'>,
): Promise<{ url: string; expiresAt: number }> {
  const now = ctx.now();
  const token = randomBytes(32).toString('base64url');
  const expiresAt = now + linkLifeMs;
  await ctx.store.transaction().execute(async (db) => {
    await forgetExpiredSignIns(db, now);
    await insertSignInLink(db, { hash: hashOf(token), tenantId: tenant?.id ?? null, keyId, expiresAt });
    if (tenant) await noteInvited(db, tenant.id, now);
    const after = { expiresAt: iso(expiresAt), ...(email ? { email } : {}) };
    const change = { action: 'sign-in-link.create', tenant: tenant?.slug ?? null, before: null, after };
    await recordChange(db, { ...by, ...change }, now);
  });
  // In the query string, which we never log.
  return { url: `${ctx.config.publicUrl}/portal/sign-in?token=${token}`, expiresAt };
}

/** Checks the link without using it up: mail scanners open links too. */
export function isLinkOpen(ctx: Context, token: string): Promise<boolean> {
  return isSignInLink(ctx.store, hashOf(token), ctx.now());
}

/** @returns the cookie's value; null when the link does not work, or no longer */
export async function signInWith(ctx: Context, token: string, requestId: string): Promise<string | null> {
  const now = ctx.now();
  const cookie = randomBytes(32).toString('base64url');
  return ctx.store.transaction().execute(async (db) => {
    const link = await takeSignInLink(db, hashOf(token), now);
    if (!link) return null;
    const signIn: SignIn = {
      hash: hashOf(cookie),
      id: `sgn_${randomBytes(9).toString('base64url')}`,
      tenantId: link.tenantId,
      keyId: link.keyId,
      createdAt: now,
      expiresAt: now + signInLifeMs,
    };
    await insertSignIn(db, signIn);
    const tenant = link.tenantId === null ? null : await findTenantById(db, link.tenantId);
    const change = { action: 'sign-in', tenant: tenant?.slug ?? null, before: null, after: null };
    await recordChange(db, { actor: signIn.id, requestId, ...change }, now);
    return cookie;
  });
}

/**
 * Ends this sign-in, all sign-ins of the caller's kind, or all of the tenant that is named.
 * @returns whether the caller's own sign-in has ended: an operator who ends a client's stays signed in
 * @throws ApiError `not_found` for a tenant that the caller may not see
 */
export async function signOut(
  ctx: Context,
  { everywhere, tenant: slug }: { everywhere: boolean; tenant?: string | undefined },
  { tenantId, ...by }: Actor & Pick<Caller, 'tenantId'>,
): Promise<boolean> {
  const named = slug ? await findTenant(ctx.store, slug) : null;
  if (slug && (!named || (tenantId !== null && named.id !== tenantId))) throw new ApiError('not_found');
  const whose = named?.id ?? tenantId;
  const own = tenantId === null ? null : await findTenantById(ctx.store, tenantId);
  await ctx.store.transaction().execute(async (db) => {
    if (everywhere || named) await endSignIns(db, whose);
    else if (!(await endSignIn(db, by.actor))) return;
    const action = everywhere || named ? 'sign-out.everywhere' : 'sign-out';
    const change = { action, tenant: (named ?? own)?.slug ?? null, before: null, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
  return whose === tenantId;
}

/** @returns null for a sign-in that is unknown, ended or expired, or whose key is revoked or expired */
export async function callerOfCookie(ctx: Context, cookie: string): Promise<Caller | null> {
  const hash = hashOf(cookie);
  const signIn = await findSignIn(ctx.store, hash, ctx.now());
  if (!signIn || !safeEqual(signIn.hash, hash)) return null;
  const { id, tenantId, keyId } = signIn;
  return { actor: id, tenantId, permissions: permissionsOfLink(tenantId), keyId };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
