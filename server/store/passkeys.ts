import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { PasskeysTable } from './people-schema.ts';

export type Passkey = Selectable<PasskeysTable>;

/** @returns false when the authenticator's credential is known already */
export async function insertPasskey(db: Queries, passkey: Passkey): Promise<boolean> {
  const row = await db
    .insertInto('passkeys')
    .values(passkey)
    .onConflict((conflict) => conflict.column('credentialId').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * A user's, the oldest first.
 * @param fixedTo only those that open nothing but this place; undefined for all
 */
export async function listPasskeys(
  db: Queries,
  userId: string,
  fixedTo: string | null | undefined,
): Promise<Passkey[]> {
  let query = db.selectFrom('passkeys').selectAll().where('userId', '=', userId);
  if (fixedTo !== undefined) {
    query = query.where('isFixed', '=', 1).where('tenantId', fixedTo === null ? 'is' : '=', fixedTo);
  }
  return query.orderBy('createdAt').orderBy('id').execute();
}

/** @param credentialId base64url */
export async function findPasskey(db: Queries, credentialId: string): Promise<Passkey | null> {
  const row = await db
    .selectFrom('passkeys')
    .selectAll()
    .where('credentialId', '=', credentialId)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Notes a use. Of two signatures with the same counter, one succeeds.
 * @returns false when it is removed meanwhile, or its counter has moved
 */
export async function usePasskey(
  db: Queries,
  { id, counter }: Pick<Passkey, 'id' | 'counter'>,
  newCounter: number,
  nowMs: number,
): Promise<boolean> {
  const row = await db
    .updateTable('passkeys')
    .set({ counter: newCounter, lastUsedAt: nowMs })
    .where('id', '=', id)
    .where('counter', '=', counter)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function renamePasskey(db: Queries, id: string, name: string): Promise<boolean> {
  const row = await db
    .updateTable('passkeys')
    .set({ name })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function deletePasskey(db: Queries, id: string): Promise<boolean> {
  const row = await db.deleteFrom('passkeys').where('id', '=', id).returning('id').executeTakeFirst();
  return row !== undefined;
}
