/** What a test reads directly from the store. */
import { sql } from 'kysely';
import type { Store } from '../../server/store/database.ts';

/** Reservations of a tenant that are held, and their sum. */
export async function sumReserved(store: Store, slug: string): Promise<{ count: number; micros: number }> {
  return store
    .selectFrom('reservations')
    .innerJoin('tenants', 'tenants.id', 'reservations.tenantId')
    .select([
      sql<number>`cast(count(*) as bigint)`.as('count'),
      sql<number>`cast(coalesce(sum(${sql.ref('amountMicros')}), 0) as bigint)`.as('micros'),
    ])
    .where('tenants.slug', '=', slug)
    .where('reservations.state', '=', 'held')
    .executeTakeFirstOrThrow();
}
