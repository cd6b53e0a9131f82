import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { ApiKeysTable } from './schema.ts';

/** With its tenant's slug. */
export type ApiKeyRow = Selectable<ApiKeysTable> & { tenant: string | null };

export async function insertApiKey(db: Queries, row: Selectable<ApiKeysTable>): Promise<void> {
  await db.insertInto('apiKeys').values(row).execute();
}

function withTenant(db: Queries) {
  return db
    .selectFrom('apiKeys')
    .leftJoin('tenants', 'tenants.id', 'apiKeys.tenantId')
    .selectAll('apiKeys')
    .select('tenants.slug as tenant');
}

/** A key of a deleted tenant is no longer found. */
export async function findApiKeyByHash(db: Queries, hash: string): Promise<ApiKeyRow | null> {
  const row = await withTenant(db)
    .where('apiKeys.hash', '=', hash)
    .where('tenants.deletedAt', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** Newest first, from the one after `after`. */
export async function listApiKeys(
  db: Queries,
  after: { createdAt: number; id: string } | null,
  limit: number,
): Promise<ApiKeyRow[]> {
  let query = withTenant(db);
  if (after) {
    query = query.where((expression) =>
      expression.or([
        expression('apiKeys.createdAt', '<', after.createdAt),
        expression.and([
          expression('apiKeys.createdAt', '=', after.createdAt),
          expression('apiKeys.id', '<', after.id),
        ]),
      ]),
    );
  }
  return query.orderBy('apiKeys.createdAt', 'desc').orderBy('apiKeys.id', 'desc').limit(limit).execute();
}

/** @returns false when there is no such key or it was revoked before */
export async function revokeApiKey(db: Queries, id: string, nowMs: number): Promise<boolean> {
  const row = await db
    .updateTable('apiKeys')
    .set({ revokedAt: nowMs })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function touchApiKey(db: Queries, id: string, nowMs: number): Promise<void> {
  await db.updateTable('apiKeys').set({ lastUsedAt: nowMs }).where('id', '=', id).execute();
}
