import { createHash, randomBytes } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { CreditsTable } from './billing-schema.ts';
import type { Queries } from './database.ts';

export type Credit = Selectable<CreditsTable>;

/**
 * @param reference must be unique for the tenant, whose billing is locked
 * @returns false when the reference exists already
 */
export async function insertCredit(
  db: Queries,
  credit: Omit<Credit, 'id'>,
  reference?: string,
): Promise<boolean> {
  // SQLite's trigger refuses an insert that finds a row, even one that would leave it unchanged.
  if (reference && (await findReferenced(db, credit.tenantId, reference))) return false;
  const id = reference ? idOf(credit.tenantId, reference) : `crd_${randomBytes(12).toString('base64url')}`;
  await db
    .insertInto('credits')
    .values({ ...credit, id })
    .execute();
  return true;
}

function idOf(tenantId: string, reference: string): string {
  const name = createHash('sha256').update(`${tenantId} ${reference}`).digest('base64url').slice(0, 24);
  return `crd_${name}`;
}

export async function findReferenced(
  db: Queries,
  tenantId: string,
  reference: string,
): Promise<Credit | null> {
  const id = idOf(tenantId, reference);
  const row = await db.selectFrom('credits').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function creditBalance(db: Queries, tenantId: string, currency: string): Promise<number> {
  const { sum } = await db
    .selectFrom('credits')
    .select(sql<number>`cast(coalesce(sum(${sql.ref('amountCents')}), 0) as bigint)`.as('sum'))
    .where('tenantId', '=', tenantId)
    .where('currency', '=', currency)
    .executeTakeFirstOrThrow();
  return sum;
}

/** Newest first. */
export async function listCredits(db: Queries, tenantId: string, limit: number): Promise<Credit[]> {
  return db
    .selectFrom('credits')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
