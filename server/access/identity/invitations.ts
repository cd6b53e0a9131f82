/**
 * Invitations: a link that makes someone belong to the operator or a client. A link that was handed over proves nothing
 * about its address, so the sign-in that it becomes stays in the place that the inviter could give: someone who invites
 * another's address, and follows the link, gains nothing that is not theirs to give.
 */
import { randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import { dayMs } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { InvitationView, Role } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import {
  countOpenInvitations,
  deleteInvitation,
  findInvitation,
  findOpenInvitation,
  type Invitation,
  putInvitation,
} from '../../store/invitations.ts';
import { findTenantById } from '../../store/tenants.ts';
import { findMembership, findUserByEmail, insertMembership, placeOf } from '../../store/users.ts';
import { type Actor, recordChange } from '../audit.ts';
import type { Caller } from './api-key.ts';
import { checkRole, newMembership, type PeopleOf, userWith } from './members.ts';
import { begin, hashOf, newToken, type SignedIn } from './sign-in.ts';

export const invitationLifeMs = 7 * dayMs;
/** In one place, so that no one uses the operator's mail server to write to the world. */
const mostOpen = 200;

export function viewInvitation(row: Invitation): InvitationView {
  return {
    id: row.id,
    email: row.email,
    role: row.role as Role,
    createdAt: iso(row.createdAt),
    expiresAt: iso(row.expiresAt),
    mailedAt: iso(row.mailedAt),
    mailFailedAt: iso(row.mailFailedAt),
  };
}

/** With the API key behind it, also through a sign-in: the invitation ends with it. */
type Inviter = Actor & Pick<Caller, 'keyId'>;

/**
 * Takes the place of an older one for the same address.
 * @throws ApiError `invalid_request` for a role of the other side; `conflict` when the address belongs there already
 */
export async function invite(
  ctx: Context,
  of: PeopleOf,
  { email, role }: { email: string; role: Role },
  { keyId, ...by }: Inviter,
): Promise<{ invitation: Invitation; url: string }> {
  checkRole(of, role);
  const now = ctx.now();
  const { token, hash } = newToken();
  const place = placeOf(of?.id ?? null);
  const invitation: Invitation = {
    ...{
      id: `ivt_${randomBytes(12).toString('base64url')}`,
      hash,
      email,
      place,
      tenantId: of?.id ?? null,
      role,
    },
    ...{ invitedBy: keyId ?? by.actor, createdAt: now, expiresAt: now + invitationLifeMs },
    ...{ mailedAt: null, mailFailedAt: null },
  };
  await ctx.store.transaction().execute(async (db) => {
    const user = await findUserByEmail(db, email);
    if (user && (await findMembership(db, user.id, place))) {
      throw new ApiError('conflict', { detail: 'This person belongs here already.' });
    }
    if ((await countOpenInvitations(db, place, now)) >= mostOpen) {
      throw new ApiError('conflict', {
        detail: `At most ${mostOpen} invitations can be open. Revoke some first.`,
      });
    }
    await putInvitation(db, invitation);
    const after = { id: invitation.id, email, role };
    const change = { action: 'invitation.create', tenant: of?.slug ?? null, before: null, after };
    await recordChange(db, { ...by, ...change }, now);
  });
  return { invitation, url: `${ctx.config.publicUrl}/portal/invitation?token=${token}` };
}

/** A new link for seven more days; the old one no longer works. @throws ApiError `not_found` */
export async function resendInvitation(ctx: Context, of: PeopleOf, id: string, by: Inviter) {
  const found = await findInvitation(ctx.store, placeOf(of?.id ?? null), id);
  if (!found) throw new ApiError('not_found', { detail: 'There is no such invitation, or no longer.' });
  return invite(ctx, of, { email: found.email, role: found.role as Role }, by);
}

/** @throws ApiError `not_found` */
export async function revokeInvitation(ctx: Context, of: PeopleOf, id: string, by: Actor): Promise<void> {
  await ctx.store.transaction().execute(async (db) => {
    const found = await findInvitation(db, placeOf(of?.id ?? null), id);
    if (!found || !(await deleteInvitation(db, id, found.hash)))
      throw new ApiError('not_found', { detail: 'There is no such invitation, or no longer.' });
    const before = { id, email: found.email, role: found.role };
    const change = { action: 'invitation.revoke', tenant: of?.slug ?? null, before, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
}

/** Without using it up. @returns whether it works */
export async function isInvitationOpen(ctx: Context, token: string): Promise<boolean> {
  return (await findOpenInvitation(ctx.store, hashOf(token), ctx.now())) !== null;
}

/** Makes the person belong there, and signs in. @returns null when it does not work, or no longer */
export async function acceptInvitation(
  ctx: Context,
  token: string,
  browser: { requestId: string; userAgent: string | undefined },
): Promise<SignedIn | null> {
  const now = ctx.now();
  const hash = hashOf(token);
  return ctx.store.transaction().execute(async (db) => {
    const found = await findOpenInvitation(db, hash, now);
    if (!found || !(await deleteInvitation(db, found.id, hash))) return null;
    const { email, tenantId, role } = found;
    // Either is there afterwards, no matter which was faster.
    const user = await userWith(db, email, now);
    if (!user || user.disabledAt !== null) return null;
    const isNew = await insertMembership(db, newMembership(user.id, tenantId, role, now));
    const tenant = tenantId === null ? null : await findTenantById(db, tenantId);
    const after = { id: user.id, invitation: found.id, email, ...(isNew ? { role } : {}) };
    const change = { action: 'invitation.accept', tenant: tenant?.slug ?? null, before: null, after };
    await recordChange(db, { actor: user.id, requestId: browser.requestId, ...change }, now);
    return begin(ctx, db, { userId: user.id, isFixed: 1, keyId: null, tenantId, ...browser });
  });
}
