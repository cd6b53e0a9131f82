/** Who belongs to the operator or to a client: adding, changing a role, disabling, removing. */
import { randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import { type CreateUser, clientRoles, type MemberView, operatorRoles, type Role } from '../../contract.ts';
import { ApiError, invalidField } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { deleteInvitationsBy } from '../../store/invitations.ts';
import { endSignInsOfUser } from '../../store/sign-ins.ts';
import {
  countOwners,
  deleteMembership,
  deleteUser,
  findMembership,
  findUser,
  insertMembership,
  insertUser,
  listPlaces,
  lockOwners,
  lockUser,
  type Member,
  type Membership,
  operatorPlace,
  placeOf,
  setDisabled,
  setRole,
  type User,
} from '../../store/users.ts';
import { type Actor, recordChange } from '../audit.ts';

/** Where people belong: a tenant, or null for the operator. */
export type PeopleOf = { id: string; slug: string } | null;

/** @throws ApiError `invalid_request` for a role that this side does not have */
export function checkRole(of: PeopleOf, role: Role): void {
  const known: readonly string[] = of ? clientRoles : operatorRoles;
  if (!known.includes(role)) throw invalidField('role', `use one of ${known.join(', ')}`);
}

export function viewMember(row: Member): MemberView {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role as Role,
    version: row.version,
    addedAt: iso(row.createdAt),
    lastSeenAt: iso(row.lastUsedAt),
    disabledAt: iso(row.disabledAt),
    mailFailedAt: iso(row.mailFailedAt),
  };
}

export function newUser(email: string, name: string, nowMs: number): Omit<User, 'searchText'> {
  const id = `usr_${randomBytes(12).toString('base64url')}`;
  return { id, email, name, language: null, createdAt: nowMs, disabledAt: null, mailFailedAt: null };
}

/** The user with this address, made if there is none, whom no one removes until this transaction ends. */
export async function userWith(db: Queries, email: string, nowMs: number): Promise<User | null> {
  await insertUser(db, newUser(email, '', nowMs));
  const user = await lockUser(db, 'email', email);
  if (user) return user;
  // It was being removed, and now is.
  await insertUser(db, newUser(email, '', nowMs));
  return lockUser(db, 'email', email);
}

export function newMembership(
  userId: string,
  tenantId: string | null,
  role: string,
  now: number,
): Membership {
  return { userId, place: placeOf(tenantId), tenantId, role, createdAt: now, version: 1 };
}

/**
 * Someone of the operator's team, who can then have a link sent.
 * @throws ApiError `conflict` for an address that has a user
 */
export async function createUser(
  ctx: Context,
  { email, name, role }: CreateUser,
  by: Actor,
): Promise<MemberView> {
  const now = ctx.now();
  const user = newUser(email, name, now);
  const membership = newMembership(user.id, null, role, now);
  await ctx.store.transaction().execute(async (db) => {
    if (!(await insertUser(db, user))) {
      throw new ApiError('conflict', { detail: 'This address has a user already: invite it.' });
    }
    await insertMembership(db, membership);
    const change = { action: 'user.create', tenant: null, before: null, after: { id: user.id, email, role } };
    await recordChange(db, { ...by, ...change }, now);
  });
  return viewMember({ ...user, ...membership, lastUsedAt: null });
}

/**
 * Works at the user's next request, and ends the invitations that it has sent.
 * @throws ApiError `not_found`; `conflict` when someone else was faster, or no owner would remain
 */
export async function changeRole(
  ctx: Context,
  of: PeopleOf,
  userId: string,
  { role, version }: { role: Role; version: number },
  by: Actor,
): Promise<void> {
  checkRole(of, role);
  await changing(ctx, of, userId, async (db, before) => {
    if (!(await setRole(db, before, role, version))) {
      throw new ApiError('conflict', { detail: 'Someone else has changed this meanwhile. Load it again.' });
    }
    await endInvitationsOf(db, before);
    const change = {
      action: 'user.role',
      before: { id: userId, role: before.role },
      after: { id: userId, role },
    };
    return { ...by, ...change, tenant: of?.slug ?? null };
  });
}

/**
 * Ends the user's sign-ins there, and the invitations that it has sent. A user who belongs nowhere else is deleted.
 * @throws ApiError `not_found`; `conflict` when no owner would remain
 */
export async function removeMember(ctx: Context, of: PeopleOf, userId: string, by: Actor): Promise<void> {
  await changing(ctx, of, userId, async (db, before) => {
    const user = await lockUser(db, 'id', userId);
    if (!(await deleteMembership(db, userId, before.place))) throw noSuchPerson();
    await endInvitationsOf(db, before);
    if ((await listPlaces(db, userId)).length === 0) await deleteUser(db, userId);
    const about = { id: userId, email: user?.email, role: before.role };
    return { ...by, action: 'user.remove', before: about, after: null, tenant: of?.slug ?? null };
  });
}

/** What someone could send by this role; staff of the operator also invites clients' people. */
function endInvitationsOf(db: Queries, { userId, place }: Membership): Promise<void> {
  return deleteInvitationsBy(db, userId, place === operatorPlace ? null : place);
}

const noSuchPerson = () => new ApiError('not_found', { detail: 'No such person belongs here.' });

/** In one transaction, with the lock that keeps an owner. */
async function changing(
  ctx: Context,
  of: PeopleOf,
  userId: string,
  change: (db: Queries, before: Membership) => Promise<Parameters<typeof recordChange>[1]>,
): Promise<void> {
  await ctx.store.transaction().execute(async (db) => {
    if (of === null) await lockOwners(db);
    const before = await findMembership(db, userId, placeOf(of?.id ?? null));
    if (!before) throw noSuchPerson();
    const audit = await change(db, before);
    if (before.place === operatorPlace && before.role === 'owner') await demandOwner(db);
    await recordChange(db, audit, ctx.now());
  });
}

async function demandOwner(db: Queries): Promise<void> {
  if ((await countOwners(db)) === 0) {
    throw new ApiError('conflict', {
      detail: 'At least one owner must remain. Make someone else an owner first.',
    });
  }
}

/**
 * A disabled user cannot sign in anywhere; its sign-ins end at once, and the invitations that it has sent. Safe to repeat.
 * @throws ApiError `not_found`; `conflict` when no owner would remain
 */
export async function disableUser(ctx: Context, id: string, isDisabled: boolean, by: Actor): Promise<void> {
  const now = ctx.now();
  await ctx.store.transaction().execute(async (db) => {
    await lockOwners(db);
    const membership = await findMembership(db, id, operatorPlace);
    if (!(await findUser(db, id))) throw noSuchPerson();
    if (!(await setDisabled(db, id, isDisabled ? now : null))) return;
    if (isDisabled) {
      if (membership?.role === 'owner') await demandOwner(db);
      await endSignInsOfUser(db, id, null);
      await deleteInvitationsBy(db, id, null);
    }
    const action = isDisabled ? 'user.disable' : 'user.enable';
    await recordChange(db, { ...by, action, tenant: null, before: null, after: { id } }, now);
  });
}
