import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { PhoneNumbersTable } from './phone-schema.ts';

export type PhoneNumber = Selectable<PhoneNumbersTable>;

/**
 * The database decides whose it is; a deleted tenant's can become another's.
 * @returns false when the number is another tenant's, which stays as it is
 */
export async function putPhoneNumber(db: Queries, number: PhoneNumber): Promise<boolean> {
  const { id: _id, tenantId, createdAt: _createdAt, ...changed } = number;
  const row = await db
    .insertInto('phoneNumbers')
    .values(number)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ tenantId, ...changed })
        .where((expression) =>
          expression.or([
            expression('phoneNumbers.tenantId', '=', tenantId),
            expression.exists(
              expression
                .selectFrom('tenants')
                .select('tenants.id')
                .whereRef('tenants.id', '=', 'phoneNumbers.tenantId')
                .where('tenants.deletedAt', 'is not', null),
            ),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Of any tenant. */
export async function findPhoneNumber(db: Queries, id: string): Promise<PhoneNumber | null> {
  const row = await db.selectFrom('phoneNumbers').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function listPhoneNumbers(db: Queries, tenantId: string): Promise<PhoneNumber[]> {
  return db
    .selectFrom('phoneNumbers')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('createdAt')
    .orderBy('id')
    .execute();
}

/** @returns the tenants of those that belong to one, by number */
export async function findNumberOwners(db: Queries, ids: string[]): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  // Both engines limit the parameters of one statement.
  for (let start = 0; start < ids.length; start += 500) {
    const rows = await db
      .selectFrom('phoneNumbers')
      .select(['id', 'tenantId'])
      .where('id', 'in', ids.slice(start, start + 500))
      .execute();
    for (const { id, tenantId } of rows) owners.set(id, tenantId);
  }
  return owners;
}

/** @returns whether the tenant had it */
export async function removePhoneNumber(db: Queries, tenantId: string, id: string): Promise<boolean> {
  const row = await db
    .deleteFrom('phoneNumbers')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
