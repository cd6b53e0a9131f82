/** People, and where they belong with which role. */
import { type Selectable, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { MembershipsTable, UsersTable } from './people-schema.ts';
import { containing, folded } from './search-text.ts';

export type User = Selectable<UsersTable>;
export type Membership = Selectable<MembershipsTable>;

/** Where staff of the operator belong; a tenant's people belong to its id. */
export const operatorPlace = 'operator';

export function placeOf(tenantId: string | null): string {
  return tenantId ?? operatorPlace;
}

export async function findUser(db: Queries, id: string): Promise<User | null> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** @param email in lower case */
export async function findUserByEmail(db: Queries, email: string): Promise<User | null> {
  const row = await db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  return row ?? null;
}

/** Until this transaction ends, no other removes this user, or makes it belong somewhere. @returns null when there is none */
export async function lockUser(db: Queries, by: 'id' | 'email', value: string): Promise<User | null> {
  const row = await db
    .updateTable('users')
    .set({ createdAt: sql<number>`${sql.ref('created_at')} + 0` })
    .where(by, '=', value)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** @returns false when the address has a user already */
export async function insertUser(db: Queries, user: Omit<User, 'searchText'>): Promise<boolean> {
  const row = await db
    .insertInto('users')
    .values({ ...user, searchText: `${folded(user.name)} ${user.email}` })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function noteMail(db: Queries, userId: string, failedAt: number | null): Promise<void> {
  await db.updateTable('users').set({ mailFailedAt: failedAt }).where('id', '=', userId).execute();
}

/** @returns false when it is so already, or there is no such user */
export async function setDisabled(db: Queries, id: string, disabledAt: number | null): Promise<boolean> {
  const row = await db
    .updateTable('users')
    .set({ disabledAt })
    .where('id', '=', id)
    .where('disabledAt', disabledAt === null ? 'is not' : 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** With all that refers to it. */
export async function deleteUser(db: Queries, id: string): Promise<void> {
  // First: using one locks its row, so that no sign-in begins between the next two lines.
  await db.deleteFrom('passkeys').where('userId', '=', id).execute();
  await db.deleteFrom('signInLinks').where('userId', '=', id).execute();
  await db.deleteFrom('signIns').where('userId', '=', id).execute();
  await db.deleteFrom('memberships').where('userId', '=', id).execute();
  await db.deleteFrom('users').where('id', '=', id).execute();
}

export async function findMembership(db: Queries, userId: string, place: string): Promise<Membership | null> {
  const row = await db
    .selectFrom('memberships')
    .selectAll()
    .where('userId', '=', userId)
    .where('place', '=', place)
    .executeTakeFirst();
  return row ?? null;
}

/** @returns false when the user belongs there already; its role then stays */
export async function insertMembership(db: Queries, membership: Membership): Promise<boolean> {
  const row = await db
    .insertInto('memberships')
    .values(membership)
    .onConflict((conflict) => conflict.columns(['userId', 'place']).doNothing())
    .returning('userId')
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns false when it has changed since that version */
export async function setRole(
  db: Queries,
  { userId, place }: Pick<Membership, 'userId' | 'place'>,
  role: string,
  version: number,
): Promise<boolean> {
  const row = await db
    .updateTable('memberships')
    .set({ role, version: version + 1 })
    .where('userId', '=', userId)
    .where('place', '=', place)
    .where('version', '=', version)
    .returning('userId')
    .executeTakeFirst();
  return row !== undefined;
}

/** Also ends the user's sign-ins there, and takes back links and passkeys that lead only there. */
export async function deleteMembership(db: Queries, userId: string, place: string): Promise<boolean> {
  const row = await db
    .deleteFrom('memberships')
    .where('userId', '=', userId)
    .where('place', '=', place)
    .returning('userId')
    .executeTakeFirst();
  if (!row) return false;
  const tenantId = place === operatorPlace ? null : place;
  await db
    .deleteFrom('passkeys')
    .where('userId', '=', userId)
    .where('isFixed', '=', 1)
    .where('tenantId', tenantId === null ? 'is' : '=', tenantId)
    .execute();
  for (const table of ['signInLinks', 'signIns'] as const) {
    await db
      .deleteFrom(table)
      .where('userId', '=', userId)
      .where('tenantId', tenantId === null ? 'is' : '=', tenantId)
      .execute();
  }
  return true;
}

/** Those of a client that is deleted: who belongs nowhere else is deleted, and invitations to it end. */
export async function deletePeopleOf(db: Queries, tenantId: string): Promise<void> {
  const place = placeOf(tenantId);
  const members = await db.selectFrom('memberships').select('userId').where('place', '=', place).execute();
  // In one order, so that two of these at once wait for each other instead of failing.
  for (const userId of members.map((member) => member.userId).sort()) {
    await lockUser(db, 'id', userId);
    await deleteMembership(db, userId, place);
    if ((await listPlaces(db, userId)).length === 0) await deleteUser(db, userId);
  }
  await db.deleteFrom('invitations').where('place', '=', place).execute();
}

/**
 * Until this transaction ends, no other demotes, disables or removes an owner: each changes all owners' rows first, and
 * so waits for the other.
 */
export async function lockOwners(db: Queries): Promise<void> {
  await db
    .updateTable('memberships')
    .set({ version: sql<number>`${sql.ref('version')} + 0` })
    .where('place', '=', operatorPlace)
    .where('role', '=', 'owner')
    .execute();
}

/** Owners who can sign in. */
export async function countOwners(db: Queries): Promise<number> {
  const row = await db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .select((expression) => expression.fn.countAll<number>().as('owners'))
    .where('place', '=', operatorPlace)
    .where('role', '=', 'owner')
    .where('users.disabledAt', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.owners);
}

export interface Place {
  tenantId: string | null;
  slug: string | null;
  name: string | null;
  role: string;
}

/** Where a user belongs, the operator first, then by name; without deleted tenants. */
export async function listPlaces(db: Queries, userId: string): Promise<Place[]> {
  return db
    .selectFrom('memberships')
    .leftJoin('tenants', 'tenants.id', 'memberships.tenantId')
    .select(['memberships.tenantId', 'tenants.slug', 'tenants.name', 'memberships.role'])
    .where('memberships.userId', '=', userId)
    .where('tenants.deletedAt', 'is', null)
    .orderBy(sql`case when ${sql.ref('memberships.tenantId')} is null then 0 else 1 end`)
    .orderBy('tenants.searchText')
    .orderBy('memberships.place')
    .limit(1000)
    .execute();
}

export interface Member extends Pick<User, 'id' | 'email' | 'name' | 'disabledAt' | 'mailFailedAt'> {
  role: string;
  version: number;
  createdAt: number;
  lastUsedAt: number | null;
}

/** Who belongs there, the newest first, from the one after `after`. */
export async function listMembers(
  db: Queries,
  place: string,
  search: string | null,
  after: { createdAt: number; id: string } | null,
  limit: number,
): Promise<Member[]> {
  const tenantId = place === operatorPlace ? null : place;
  let query = db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .select(['users.id', 'users.email', 'users.name', 'users.disabledAt', 'users.mailFailedAt'])
    .select(['memberships.role', 'memberships.version', 'memberships.createdAt'])
    .select((expression) =>
      expression
        .selectFrom('signIns')
        .select((inner) => inner.fn.max('signIns.lastUsedAt').as('last'))
        .whereRef('signIns.userId', '=', 'users.id')
        // Only here: that the person also belongs elsewhere is no one's business.
        .where('signIns.tenantId', tenantId === null ? 'is' : '=', tenantId)
        .as('lastUsedAt'),
    )
    .where('memberships.place', '=', place);
  if (search)
    query = query.where(sql<boolean>`${sql.ref('users.searchText')} like ${containing(search)} escape '\\'`);
  if (after) {
    query = query.where(
      sql<boolean>`(${sql.ref('memberships.createdAt')}, ${sql.ref('users.id')}) < (${after.createdAt}, ${after.id})`,
    );
  }
  return query.orderBy('memberships.createdAt', 'desc').orderBy('users.id', 'desc').limit(limit).execute();
}
