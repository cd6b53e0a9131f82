import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { SignInLinksTable, SignInsTable } from './schema.ts';

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
    .select('signInLinks.hash')
    .where('signInLinks.hash', '=', hash)
    .where('signInLinks.expiresAt', '>', nowMs)
    .where('tenants.deletedAt', 'is', null)
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

/** Unexpired, with an existing tenant and a key that has not ended. */
export async function findSignIn(db: Queries, hash: string, nowMs: number): Promise<SignIn | null> {
  const row = await db
    .selectFrom('signIns')
    .leftJoin('tenants', 'tenants.id', 'signIns.tenantId')
    .selectAll('signIns')
    .where('signIns.hash', '=', hash)
    .where('signIns.expiresAt', '>', nowMs)
    .where('tenants.deletedAt', 'is', null)
    .where((expression) =>
      expression.or([
        expression('signIns.keyId', 'is', null),
        expression('signIns.keyId', 'in', livingKeys(db, nowMs)),
      ]),
    )
    .executeTakeFirst();
  return row ?? null;
}

/** @returns false when there is none, or no longer */
export async function endSignIn(db: Queries, id: string): Promise<boolean> {
  const row = await db.deleteFrom('signIns').where('id', '=', id).returning('id').executeTakeFirst();
  return row !== undefined;
}

/** Ends all sign-ins of a tenant, or (null) of the operator, and invalidates unused links. */
export async function endSignIns(db: Queries, tenantId: string | null): Promise<void> {
  const of = tenantId === null ? 'is' : '=';
  await db.deleteFrom('signInLinks').where('tenantId', of, tenantId).execute();
  await db.deleteFrom('signIns').where('tenantId', of, tenantId).execute();
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
