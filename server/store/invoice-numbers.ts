import { sql } from 'kysely';
import type { Queries } from './database.ts';

/**
 * The next number of a series. Taken in the transaction that uses it: when that fails the number is not gone, and two
 * at once wait for each other, so the series has no gap.
 */
export async function takeNumber(db: Queries, series: string): Promise<number> {
  const { last } = await db
    .insertInto('invoiceNumbers')
    .values({ series, last: 1 })
    .onConflict((conflict) =>
      conflict.column('series').doUpdateSet({ last: sql<number>`${sql.ref('invoiceNumbers.last')} + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  return last;
}

/** Until this transaction ends no document gets a number. */
export async function lockSeries(db: Queries): Promise<void> {
  await db
    .insertInto('invoiceNumbers')
    .values(['credit-note', 'invoice'].map((series) => ({ series, last: 0 })))
    .onConflict((conflict) =>
      conflict.column('series').doUpdateSet({ last: sql<number>`${sql.ref('invoiceNumbers.last')}` }),
    )
    .execute();
}
