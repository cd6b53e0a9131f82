import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { SignInLinksTable, SignInsTable } from './schema.ts';

export type SignInLink = Selectable<SignInLinksTable>;
export type SignIn = Selectable<SignInsTable>;

export async function insertSignInLink(db: Queries, link: SignInLink): Promise<void> {
  await db.insertInto('signInLinks').values(link).execute();
}

/** Whether it would open; of a deleted tenant, or of a key that has ended, it does not. */
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
 * Uses up the link: of several simultaneous attempts, one gets it.
 * @returns null when it is unknown, used, expired, or of a deleted tenant or a key that has ended
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

/** One that has not expired, and whose tenant is not deleted, nor the key behind it ended. */
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

/** Ends all of a tenant, or (null) of the operator, and makes the links to more of them worthless. */
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
 * Ids of the API keys that have not ended. Looked at whenever a link or a sign-in is used, so that the end of the key
 * behind it is its end too, whichever came first.
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
