import { type Selectable, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { BlockedCallersTable } from './phone-schema.ts';

export type BlockedCaller = Selectable<BlockedCallersTable>;

/** Newest first. */
export async function listBlockedCallers(db: Queries, tenantId: string): Promise<BlockedCaller[]> {
  return db
    .selectFrom('blockedCallers')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('createdAt', 'desc')
    .orderBy('id')
    .execute();
}

/** @param hashes of one number, under each key */
export async function findBlockedCaller(
  db: Queries,
  tenantId: string,
  hashes: string[],
): Promise<BlockedCaller | null> {
  if (hashes.length === 0) return null;
  const row = await db
    .selectFrom('blockedCallers')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('hash', 'in', hashes)
    .executeTakeFirst();
  return row ?? null;
}

/** Call it under the tenant's lock. */
export async function countBlockedCallers(db: Queries, tenantId: string): Promise<number> {
  const row = await db
    .selectFrom('blockedCallers')
    .select(sql<number>`cast(count(*) as bigint)`.as('count'))
    .where('tenantId', '=', tenantId)
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function insertBlockedCaller(db: Queries, caller: BlockedCaller): Promise<void> {
  await db.insertInto('blockedCallers').values(caller).execute();
}

/** @returns what was removed */
export async function removeBlockedCaller(
  db: Queries,
  tenantId: string,
  id: string,
): Promise<BlockedCaller | null> {
  const row = await db
    .deleteFrom('blockedCallers')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Of a deleted tenant. */
export async function removeBlockedCallers(db: Queries, tenantId: string): Promise<void> {
  await db.deleteFrom('blockedCallers').where('tenantId', '=', tenantId).execute();
}
