/**
 * Signing in to the portal: a link that works once becomes a cookie. Both are 32 random bytes of which only a hash is
 * stored, so nothing slower than SHA-256 is needed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import { safeEqual } from '../../base/safe-equal.ts';
import { dayMs } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import { type Permission, permissionsOf } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import {
  endSignIn,
  endSignIns,
  endSignInsOfUser,
  type FoundSignIn,
  findSignIn,
  forgetExpiredSignIns,
  insertSignIn,
  insertSignInLink,
  isSignInLink,
  keepOut,
  type SignIn,
  slideSignIn,
  takeSignInLink,
} from '../../store/sign-ins.ts';
import { findTenant, findTenantById, noteInvited } from '../../store/tenants.ts';
import { findUser, listPlaces, type User } from '../../store/users.ts';
import { type Actor, recordChange } from '../audit.ts';
import type { Caller } from './api-key.ts';

export const linkLifeMs = 15 * 60_000;
/** Of a sign-in without a person: counted from the sign-in, regardless of use. */
export const signInLifeMs = 12 * 3_600_000;
/** Of a person's: from its last use. */
export const idleLifeMs = 30 * dayMs;
/** Of a person's, however it is used: someone who has taken over a browser does not stay for ever. */
export const longestLifeMs = 180 * dayMs;
/** Precision of "last used", so that requests seldom write. */
const slideEveryMs = 3_600_000;

/** What a sign-in without a person may do: an operator's everything, a client's only read. */
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
  { keyId, userId, ...by }: Actor & Pick<Caller, 'keyId' | 'userId'>,
): Promise<{ url: string; expiresAt: number }> {
  const now = ctx.now();
  const { token, hash } = newToken();
  const expiresAt = now + linkLifeMs;
  await ctx.store.transaction().execute(async (db) => {
    await forgetExpiredSignIns(db, now);
    const link = { hash, tenantId: tenant?.id ?? null, keyId, expiresAt };
    // To the operator's portal a person's link signs in as that person, and so ends with it.
    await insertSignInLink(db, { ...link, userId: tenant ? null : userId, isFixed: 1 });
    if (tenant) await noteInvited(db, tenant.id, now);
    const after = { expiresAt: iso(expiresAt), ...(email ? { email } : {}) };
    const change = { action: 'sign-in-link.create', tenant: tenant?.slug ?? null, before: null, after };
    await recordChange(db, { ...by, ...change }, now);
  });
  return { url: linkUrl(ctx, token), expiresAt };
}

/** A link for a person, of the kind that is sent to its address and so proves who uses it. */
export async function makeLinkOfUser(ctx: Context, user: User, by: Actor): Promise<string> {
  const now = ctx.now();
  const { token, hash } = newToken();
  await ctx.store.transaction().execute(async (db) => {
    await forgetExpiredSignIns(db, now);
    const expiresAt = now + linkLifeMs;
    await insertSignInLink(db, { hash, tenantId: null, keyId: null, userId: user.id, isFixed: 0, expiresAt });
    const after = { user: user.id, expiresAt: iso(expiresAt) };
    await recordChange(db, { ...by, action: 'sign-in-link.request', tenant: null, before: null, after }, now);
  });
  return linkUrl(ctx, token);
}

// In the query string, which we never log.
const linkUrl = ({ config }: Context, token: string): string =>
  `${config.publicUrl}/portal/sign-in?token=${token}`;

/** Checks the link without using it up: mail scanners open links too. */
export function isLinkOpen(ctx: Context, token: string): Promise<boolean> {
  return isSignInLink(ctx.store, hashOf(token), ctx.now());
}

export interface SignedIn {
  /** The cookie's value. */
  cookie: string;
  /** How long the browser keeps it, in milliseconds; the server decides whether it works. */
  keepMs: number;
  /** Whether the person belongs to several places, and may choose. */
  mayChoose: boolean;
}

/** @returns null when the link does not work, or no longer */
export async function signInWith(
  ctx: Context,
  token: string,
  { requestId, userAgent }: { requestId: string; userAgent: string | undefined },
): Promise<SignedIn | null> {
  const now = ctx.now();
  return ctx.store.transaction().execute(async (db) => {
    const link = await takeSignInLink(db, hashOf(token), now);
    if (!link) return null;
    const { userId, isFixed, keyId } = link;
    if (userId === null) return begin(ctx, db, { ...link, requestId, userAgent });
    const user = await findUser(db, userId);
    const places = await listPlaces(db, userId);
    const [first] = places;
    if (!user || user.disabledAt !== null || !first) return null;
    const tenantId = isFixed ? link.tenantId : first.tenantId;
    const signedIn = await begin(ctx, db, { userId, isFixed, keyId, tenantId, requestId, userAgent });
    return { ...signedIn, mayChoose: !isFixed && places.length > 1 };
  });
}

type NewSignIn = Pick<SignIn, 'userId' | 'isFixed' | 'keyId' | 'tenantId'> & {
  requestId: string;
  userAgent: string | undefined;
  /** By what, for the audit log; nothing for a link. */
  by?: Record<string, string>;
};

/** In the transaction that used up what permits it. */
export async function begin(ctx: Context, db: Queries, how: NewSignIn): Promise<SignedIn> {
  const now = ctx.now();
  const { token: cookie, hash } = newToken();
  const { userId, isFixed, keyId, tenantId, requestId } = how;
  const signIn: SignIn = {
    ...{ hash, id: `sgn_${randomBytes(9).toString('base64url')}`, tenantId, keyId, userId, isFixed },
    createdAt: now,
    expiresAt: now + (userId === null ? signInLifeMs : idleLifeMs),
    lastUsedAt: now,
    userAgent: shortened(how.userAgent),
    ...{ viewedTenantId: null, viewedRole: null, viewedUntil: null },
  };
  await insertSignIn(db, signIn);
  const tenant = tenantId === null ? null : await findTenantById(db, tenantId);
  const change = { action: 'sign-in', tenant: tenant?.slug ?? null, before: null };
  const after = userId === null ? null : { session: signIn.id, ...how.by };
  await recordChange(db, { actor: userId ?? signIn.id, requestId, ...change, after }, now);
  return { cookie, keepMs: userId === null ? signInLifeMs : longestLifeMs, mayChoose: false };
}

/** What a browser calls itself, as one short line of plain characters. */
function shortened(userAgent: string | undefined): string | null {
  const text = (userAgent ?? '').replace(/[^\x20-\x7e]/g, '').trim();
  return text === '' ? null : text.slice(0, 200);
}

/**
 * Ends this sign-in, or all of the caller: a person's own, or all of its side for one without a person; or all of the
 * tenant that is named. People's end only for a caller that may remove them.
 * @returns whether the caller's own sign-in has ended: an operator who ends a client's stays signed in
 * @throws ApiError `not_found` for a tenant that the caller may not see
 */
export async function signOut(
  ctx: Context,
  { everywhere, tenant: slug }: { everywhere: boolean; tenant?: string | undefined },
  caller: Caller,
  by: Actor,
): Promise<boolean> {
  const { userId, signInId } = caller;
  // Who looks at a client's portal is still the operator's.
  const tenantId = caller.viewing ? null : caller.tenantId;
  const named = slug ? await findTenant(ctx.store, slug) : null;
  if (slug && (!named || (tenantId !== null && named.id !== tenantId))) throw new ApiError('not_found');
  const whose = named?.id ?? tenantId;
  const own = tenantId === null ? null : await findTenantById(ctx.store, tenantId);
  const mayRemove = caller.permissions.includes(whose === null ? 'team.manage' : 'people.manage');
  await ctx.store.transaction().execute(async (db) => {
    if (everywhere && userId !== null && !named && !caller.isFixed) await endSignInsOfUser(db, userId, null);
    else if ((everywhere && userId === null) || named) {
      await endSignIns(db, whose, mayRemove);
      if (mayRemove) await keepOut(db, whose);
    } else if (signInId === null || !(await endSignIn(db, signInId))) return;
    const action = everywhere || named ? 'sign-out.everywhere' : 'sign-out';
    const change = { action, tenant: (named ?? own)?.slug ?? null, before: null, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
  return whose === tenantId;
}

/**
 * @returns null for a sign-in that is unknown, ended or expired, whose key is revoked or expired, or whose user is
 * disabled or no longer belongs there
 */
export async function callerOfCookie(ctx: Context, cookie: string): Promise<Caller | null> {
  const hash = hashOf(cookie);
  const now = ctx.now();
  const signIn = await findSignIn(ctx.store, hash, now);
  if (!signIn || !safeEqual(signIn.hash, hash)) return null;
  if (signIn.userId !== null && now - (signIn.lastUsedAt ?? 0) >= slideEveryMs) {
    const expiresAt = Math.min(now + idleLifeMs, signIn.createdAt + longestLifeMs);
    await slideSignIn(ctx.store, signIn, now, expiresAt);
  }
  return asViewer(signIn, now) ?? asItself(signIn);
}

function asItself({ id, tenantId, keyId, userId, isFixed, role }: FoundSignIn): Caller {
  const permissions =
    userId === null ? permissionsOfLink(tenantId) : permissionsOf(tenantId !== null, role ?? '');
  const who = { actor: userId ?? id, signInId: id, userId, isFixed: isFixed === 1, viewing: null };
  return { ...who, tenantId, permissions, keyId };
}

/** An operator who looks at a client's portal is answered as that client, and changes nothing. */
function asViewer(signIn: FoundSignIn, now: number): Caller | null {
  const { viewedTenantId, viewedRole, viewedUntil, viewedExists } = signIn;
  if (viewedTenantId === null || viewedRole === null || !viewedExists || (viewedUntil ?? 0) <= now)
    return null;
  const self = asItself(signIn);
  if (self.tenantId !== null || !self.permissions.includes('clients.view-as')) return null;
  const permissions = permissionsOf(true, viewedRole).filter((permission) => !permission.endsWith('.manage'));
  const viewing = { role: viewedRole, until: viewedUntil ?? now };
  return { ...self, tenantId: viewedTenantId, permissions, viewing };
}

export function newToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashOf(token) };
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
