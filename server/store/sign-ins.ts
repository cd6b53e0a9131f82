import { type Selectable, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { SignInLinksTable, SignInsTable } from './people-schema.ts';
import { operatorPlace, placeOf } from './users.ts';

export type SignInLink = Selectable<SignInLinksTable>;
export type SignIn = Selectable<SignInsTable>;

export async function insertSignInLink(db: Queries, link: SignInLink): Promise<void> {
  await db.insertInto('signInLinks').values(link).execute();
}

/** Whether it works; not if its tenant is deleted, or its key has ended. */
export async function isSignInLink(db: Queries, hash: string, nowMs: number): Promise<boolean> {
  const row = await db
    .selectFrom('signInLinks')
    .leftJoin('tenants', 'tenants.id', 'signInLinks.tenantId')
    .leftJoin('users', 'users.id', 'signInLinks.userId')
    .select('signInLinks.hash')
    .where('signInLinks.hash', '=', hash)
    .where('signInLinks.expiresAt', '>', nowMs)
    .where('tenants.deletedAt', 'is', null)
    .where('users.disabledAt', 'is', null)
    .where((expression) =>
      expression.or([
        expression('signInLinks.keyId', 'is', null),
        expression('signInLinks.keyId', 'in', livingKeys(db, nowMs)),
      ]),
    )
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Uses up the link: of several simultaneous attempts, one succeeds.
 * @returns null when it is unknown, used, expired, or its tenant is deleted or its key has ended
 */
export async function takeSignInLink(db: Queries, hash: string, nowMs: number): Promise<SignInLink | null> {
  const row = await db
    .deleteFrom('signInLinks')
    .where('hash', '=', hash)
    .where('expiresAt', '>', nowMs)
    .where((expression) =>
      expression.or([
        expression('tenantId', 'is', null),
        expression(
          'tenantId',
          'in',
          expression.selectFrom('tenants').select('id').where('deletedAt', 'is', null),
        ),
      ]),
    )
    .where((expression) =>
      expression.or([
        expression('signInLinks.keyId', 'is', null),
        expression('signInLinks.keyId', 'in', livingKeys(db, nowMs)),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function insertSignIn(db: Queries, signIn: SignIn): Promise<void> {
  await db.insertInto('signIns').values(signIn).execute();
}

/** A sign-in with what its user may do there, and the portal that it looks at. */
export interface FoundSignIn extends SignIn {
  /** Null for one without a person. */
  role: string | null;
  /** Whether the client that it looks at exists. */
  viewedExists: number;
}

/**
 * Unexpired, with an existing tenant, a key that has not ended, and a user that still belongs there: a change of any of
 * them works at the next request.
 */
export async function findSignIn(db: Queries, hash: string, nowMs: number): Promise<FoundSignIn | null> {
  const row = await db
    .selectFrom('signIns')
    .leftJoin('tenants', 'tenants.id', 'signIns.tenantId')
    .leftJoin('users', 'users.id', 'signIns.userId')
    .leftJoin('memberships', (join) =>
      join
        .onRef('memberships.userId', '=', 'signIns.userId')
        .on(sql<boolean>`memberships.place = coalesce(sign_ins.tenant_id, ${operatorPlace})`),
    )
    .selectAll('signIns')
    .select('memberships.role')
    .select(
      sql<number>`case when exists (
        select 1 from tenants viewed where viewed.id = sign_ins.viewed_tenant_id and viewed.deleted_at is null
      ) then 1 else 0 end`.as('viewedExists'),
    )
    .where('signIns.hash', '=', hash)
    .where('signIns.expiresAt', '>', nowMs)
    .where('tenants.deletedAt', 'is', null)
    .where('users.disabledAt', 'is', null)
    .where((expression) =>
      expression.or([
        expression('signIns.userId', 'is', null),
        expression('memberships.role', 'is not', null),
      ]),
    )
    .where((expression) =>
      expression.or([
        expression('signIns.keyId', 'is', null),
        expression('signIns.keyId', 'in', livingKeys(db, nowMs)),
      ]),
    )
    .executeTakeFirst();
  return row ?? null;
}

/** Notes that it was used, and lets it end later; of several requests at once, one writes. */
export async function slideSignIn(
  db: Queries,
  { hash, lastUsedAt }: SignIn,
  nowMs: number,
  expiresAt: number,
): Promise<void> {
  await db
    .updateTable('signIns')
    .set({ lastUsedAt: nowMs, expiresAt })
    .where('hash', '=', hash)
    .where('lastUsedAt', lastUsedAt === null ? 'is' : '=', lastUsedAt)
    .execute();
}

/** Of one that may change its place. */
export async function setPlace(db: Queries, id: string, tenantId: string | null): Promise<void> {
  await db
    .updateTable('signIns')
    .set({ tenantId, viewedTenantId: null, viewedRole: null, viewedUntil: null })
    .where('id', '=', id)
    .where('isFixed', '=', 0)
    .execute();
}

/** @param viewed null ends it */
export async function setViewed(
  db: Queries,
  id: string,
  viewed: { tenantId: string; role: string; until: number } | null,
): Promise<void> {
  await db
    .updateTable('signIns')
    .set({
      viewedTenantId: viewed?.tenantId ?? null,
      viewedRole: viewed?.role ?? null,
      viewedUntil: viewed?.until ?? null,
    })
    .where('id', '=', id)
    .execute();
}

/**
 * A user's, the one used last first.
 * @param fixedTo only those that cannot leave this place; undefined for all
 */
export async function listSignIns(
  db: Queries,
  userId: string,
  fixedTo: string | null | undefined,
  nowMs: number,
): Promise<(SignIn & { slug: string | null })[]> {
  let query = db
    .selectFrom('signIns')
    .leftJoin('tenants', 'tenants.id', 'signIns.tenantId')
    .selectAll('signIns')
    .select('tenants.slug')
    .where('signIns.userId', '=', userId)
    .where('signIns.expiresAt', '>', nowMs);
  if (fixedTo !== undefined) {
    query = query
      .where('signIns.isFixed', '=', 1)
      .where('signIns.tenantId', fixedTo === null ? 'is' : '=', fixedTo);
  }
  return query.orderBy('signIns.lastUsedAt', 'desc').orderBy('signIns.id').limit(200).execute();
}

/** Ends a user's sign-ins but one, and its unused links. */
export async function endSignInsOfUser(db: Queries, userId: string, exceptId: string | null): Promise<void> {
  await db.deleteFrom('signInLinks').where('userId', '=', userId).execute();
  let query = db.deleteFrom('signIns').where('userId', '=', userId);
  if (exceptId !== null) query = query.where('id', '<>', exceptId);
  await query.execute();
}

/** @returns false when there is none, or no longer */
export async function endSignIn(db: Queries, id: string): Promise<boolean> {
  const row = await db.deleteFrom('signIns').where('id', '=', id).returning('id').executeTakeFirst();
  return row !== undefined;
}

/**
 * Ends all sign-ins of a tenant, or (null) of the operator, and invalidates unused links.
 * @param ofPeople also those
 */
export async function endSignIns(db: Queries, tenantId: string | null, ofPeople: boolean): Promise<void> {
  const of = tenantId === null ? 'is' : '=';
  for (const table of ['signInLinks', 'signIns'] as const) {
    let query = db.deleteFrom(table).where('tenantId', of, tenantId);
    if (!ofPeople) query = query.where('userId', 'is', null);
    await query.execute();
  }
}

/** Sign-ins of the place's people that are in another of their places stay there: they cannot come back. */
export async function keepOut(db: Queries, tenantId: string | null): Promise<void> {
  const members = db.selectFrom('memberships').select('userId').where('place', '=', placeOf(tenantId));
  await db
    .updateTable('signIns')
    .set({ isFixed: 1 })
    .where('isFixed', '=', 0)
    .where('userId', 'in', members)
    .execute();
}

export async function forgetExpiredSignIns(db: Queries, nowMs: number): Promise<void> {
  await db.deleteFrom('signInLinks').where('expiresAt', '<=', nowMs).execute();
  await db.deleteFrom('signIns').where('expiresAt', '<=', nowMs).execute();
}

/**
 * Ids of the API keys that have not ended. Checked whenever a link or a sign-in is used, so that both end with their
 * key, whichever came first.
 */
function livingKeys(db: Queries, nowMs: number) {
  return db
    .selectFrom('apiKeys')
    .select('apiKeys.id')
    .where('apiKeys.revokedAt', 'is', null)
    .where((expression) =>
      expression.or([
        expression('apiKeys.expiresAt', 'is', null),
        expression('apiKeys.expiresAt', '>', nowMs),
      ]),
    );
}
