/**
 * Signing in the operator's own staff through OpenID Connect. The issuer speaks for the agency only: its sign-in stays in
 * the operator's portal, whichever clients the same address also belongs to.
 */
import type { Context } from '../../context.ts';
import { personEmailSchema } from '../../contract.ts';
import type { Queries } from '../../store/database.ts';
import { deleteInvitation, findOpenInvitationFor } from '../../store/invitations.ts';
import { putAttempt, takeAttempt } from '../../store/sign-in-attempts.ts';
import { findMembership, insertMembership, lockUser, operatorPlace } from '../../store/users.ts';
import { recordChange } from '../audit.ts';
import { newMembership, userWith } from './members.ts';
import type { OidcChecks, OidcClient } from './oidc-client.ts';
import { begin, hashOf, newToken, type SignedIn } from './sign-in.ts';

export type OidcContext = Context & { oidc: OidcClient };

/** Time for a password and a second factor at the issuer. */
export const ssoLifeMs = 10 * 60_000;

/** @throws IssuerUnavailable */
export async function beginSso(ctx: OidcContext): Promise<{ url: string; cookie: string }> {
  const { url, checks } = await ctx.oidc.begin();
  const now = ctx.now();
  const { token: cookie, hash } = newToken();
  const attempt = { holder: hash, kind: 'sso', secret: JSON.stringify(checks), expiresAt: now + ssoLifeMs };
  await putAttempt(ctx.store, attempt, now);
  return { url, cookie };
}

/**
 * Uses up what the browser was sent with, whatever comes of it.
 * @param cookie of the browser that was sent
 * @param query with which it comes back
 * @returns why not, or the sign-in
 * @throws IssuerUnavailable, IssuerRefused
 */
export async function finishSso(
  ctx: OidcContext,
  cookie: string,
  query: string,
  browser: { requestId: string; userAgent: string | undefined },
): Promise<SignedIn | 'late' | 'unverified' | 'foreign'> {
  const now = ctx.now();
  const secret = await takeAttempt(ctx.store, { holder: hashOf(cookie), kind: 'sso' }, now);
  if (secret === null) return 'late';
  const { email: named } = await ctx.oidc.finish(query, JSON.parse(secret) as OidcChecks);
  const email = personEmailSchema.safeParse(named);
  if (!email.success) return 'unverified';
  if (!isAllowed(ctx.oidc, email.data)) return 'foreign';
  return ctx.store.transaction().execute(async (db) => {
    const userId = await staffWith(ctx, db, email.data, browser.requestId);
    if (userId === null) return 'foreign';
    const how = { userId, isFixed: 1, keyId: null, tenantId: null, by: { through: 'OpenID Connect' } };
    return begin(ctx, db, { ...how, ...browser });
  });
}

function isAllowed({ settings: { allowed } }: OidcClient, email: string): boolean {
  const domain = email.slice(email.lastIndexOf('@') + 1);
  return allowed.length === 0 || allowed.includes(email) || allowed.includes(domain);
}

/** Someone of the team, invited to it, or new to it if settings allow. @returns the user's id; null for no one */
async function staffWith(
  ctx: OidcContext,
  db: Queries,
  email: string,
  requestId: string,
): Promise<string | null> {
  const now = ctx.now();
  // Someone who is being removed at this moment is removed first, or signs in first: never half of each.
  const known = await lockUser(db, 'email', email);
  if (known && known.disabledAt !== null) return null;
  if (known && (await findMembership(db, known.id, operatorPlace))) return known.id;
  const invitation = await findOpenInvitationFor(db, operatorPlace, email, now);
  const isTaken = invitation !== null && (await deleteInvitation(db, invitation.id, invitation.hash));
  const role = isTaken ? invitation.role : ctx.oidc.settings.newRole;
  if (role === null) return null;
  // Either is there afterwards, no matter which was faster.
  const user = await userWith(db, email, now);
  if (!user || user.disabledAt !== null) return null;
  await insertMembership(db, newMembership(user.id, null, role, now));
  const after = { id: user.id, email, role, ...(isTaken ? { invitation: invitation.id } : {}) };
  const action = isTaken ? 'invitation.accept' : 'user.create';
  await recordChange(db, { actor: user.id, requestId, action, tenant: null, before: null, after }, now);
  return user.id;
}
