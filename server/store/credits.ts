import { randomBytes } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { CreditsTable } from './billing-schema.ts';
import type { Queries } from './database.ts';

export type Credit = Selectable<CreditsTable>;

export async function insertCredit(db: Queries, credit: Omit<Credit, 'id'>): Promise<Credit> {
  const row = { ...credit, id: `crd_${randomBytes(12).toString('base64url')}` };
  await db.insertInto('credits').values(row).execute();
  return row;
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
