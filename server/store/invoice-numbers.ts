import { sql } from 'kysely';
import type { Queries } from './database.ts';

/**
 * The next number of a series. Taken in the transaction that uses it, and one transaction waits for the other: a failed
 * one returns its number, so the series has no gap.
 */
export async function takeNumber(db: Queries, series: string): Promise<number> {
  await begin(db, series);
  const { last } = await db
    .updateTable('invoiceNumbers')
    .set({ last: sql<number>`${sql.ref('last')} + 1` })
    .where('series', '=', series)
    .returning('last')
    .executeTakeFirstOrThrow();
  return last;
}

/** Until this transaction ends, no document gets a number. */
export async function lockSeries(db: Queries): Promise<void> {
  for (const series of ['credit-note', 'invoice']) {
    await begin(db, series);
    await db
      .updateTable('invoiceNumbers')
      .set({ last: sql<number>`${sql.ref('last')}` })
      .where('series', '=', series)
      .execute();
  }
}

/** SQLite's trigger would refuse an insert that finds the row, even if it changed nothing. */
async function begin(db: Queries, series: string): Promise<void> {
  await sql`insert into invoice_numbers (series, last) select cast(${series} as text), 0
    where not exists (select 1 from invoice_numbers where series = ${series}) on conflict do nothing`.execute(
    db,
  );
}
