/** The keys with which sites sign who their visitors are, and who the visitor of a call is. */
import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { CallIdentitiesTable, IdentityKeysTable } from './privacy-schema.ts';

export type IdentityKeysRow = Selectable<IdentityKeysTable>;
export type CallIdentityRow = Selectable<CallIdentitiesTable>;

export async function findIdentityKeys(db: Queries, tenantId: string): Promise<IdentityKeysRow | null> {
  const row = await db
    .selectFrom('identityKeys')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * The current key becomes the previous one, in one statement.
 * @param previousUntil null: what was accepted before no longer is
 * @returns false when the key before the current one is still accepted, which this would end early
 */
export async function replaceIdentityKey(
  db: Queries,
  key: { tenantId: string; currentSealed: string; previousUntil: number | null },
  nowMs: number,
): Promise<boolean> {
  const { tenantId, currentSealed, previousUntil } = key;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('identityKeys')
    .values({ tenantId, currentSealed, previousSealed: null, previousUntil: null, createdAt: nowMs })
    .onConflict((conflict) => {
      const replace = conflict.column('tenantId').doUpdateSet((expression) => ({
        currentSealed,
        previousSealed: previousUntil === null ? null : expression.ref('identityKeys.currentSealed'),
        previousUntil,
        createdAt: nowMs,
      }));
      if (previousUntil === null) return replace;
      return replace.where((expression) =>
        expression.or([
          expression('identityKeys.previousUntil', 'is', null),
          expression('identityKeys.previousUntil', '<=', nowMs),
        ]),
      );
    })
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0) === 1;
}

/** @returns whether there was one */
export async function deleteIdentityKeys(db: Queries, tenantId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('identityKeys')
    .where('tenantId', '=', tenantId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function insertCallIdentity(db: Queries, row: CallIdentityRow): Promise<void> {
  await db
    .insertInto('callIdentities')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findCallIdentity(
  db: Queries,
  tenantId: string,
  callId: string,
): Promise<CallIdentityRow | null> {
  const row = await db
    .selectFrom('callIdentities')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .executeTakeFirst();
  return row ?? null;
}

/** With what was said in the calls, or because they are another tenant's. */
export async function deleteCallIdentities(db: Queries, tenantId: string, callIds: string[]): Promise<void> {
  // Both engines limit the parameters of one statement.
  for (let start = 0; start < callIds.length; start += 500)
    await db
      .deleteFrom('callIdentities')
      .where('tenantId', '=', tenantId)
      .where('callId', 'in', callIds.slice(start, start + 500))
      .execute();
}

export async function deleteOldIdentities(db: Queries, tenantId: string, beforeMs: number): Promise<void> {
  await db
    .deleteFrom('callIdentities')
    .where('tenantId', '=', tenantId)
    .where('createdAt', '<', beforeMs)
    .execute();
}

/** Of tenants that were deleted before then, whatever their retention. @returns whether there may be more */
export async function deleteIdentitiesOfDeleted(
  db: Queries,
  deletedBeforeMs: number,
  limit: number,
): Promise<boolean> {
  const kept = await db
    .selectFrom('callIdentities')
    .innerJoin('tenants', 'tenants.id', 'callIdentities.tenantId')
    .select(['callIdentities.tenantId', 'callIdentities.callId'])
    .where('tenants.deletedAt', '<', deletedBeforeMs)
    .limit(limit)
    .execute();
  for (const [tenantId, rows] of Map.groupBy(kept, (row) => row.tenantId))
    await deleteCallIdentities(
      db,
      tenantId,
      rows.map(({ callId }) => callId),
    );
  return kept.length === limit;
}
