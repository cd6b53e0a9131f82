import type { Selectable } from 'kysely';
import type { BillingRunsTable } from './billing-schema.ts';
import type { Queries } from './database.ts';

export type BillingRun = Selectable<BillingRunsTable>;

/** Updated repeatedly while it runs. */
export async function saveBillingRun(db: Queries, run: BillingRun): Promise<void> {
  const { id, ...columns } = run;
  await db
    .insertInto('billingRuns')
    .values(run)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
    .execute();
}

/** Newest first. */
export async function listBillingRuns(db: Queries, limit: number, withDryRuns = true): Promise<BillingRun[]> {
  let query = db.selectFrom('billingRuns').selectAll();
  // The report is our own JSON: quotes within its texts are escaped, so this occurs only as its key.
  if (!withDryRuns) query = query.where('report', 'not like', '%"dryRun":true%');
  return query.orderBy('startedAt', 'desc').orderBy('id', 'desc').limit(limit).execute();
}
