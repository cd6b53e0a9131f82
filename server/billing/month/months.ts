/** Which months of a tenant still have to be billed. */
import { nextMonth } from '../../base/time-zone.ts';
import type { Queries } from '../../store/database.ts';
import { listBilledMonths, listVoidedMonths } from '../../store/invoices.ts';
import { listPlanVersions } from '../../store/plans.ts';
import { monthOfDay } from '../plan/period.ts';
import { type Segment, segmentsOf } from '../plan/plan.ts';
import { createRater, feeCents, minimumCents } from '../plan/rating.ts';
import { pagesOfMonth } from './ledger.ts';
import { billsNothing, rateMonth } from './rated-month.ts';

/**
 * Months without a document that have something of their own to bill: a fee, a minimum, or a call that can be priced. A
 * month without any of these is closed as it is; if a call of it is reported later, it is returned again, even after
 * later months have been billed. A month whose document is void also counts if only late calls of earlier months were
 * on that document.
 * @param until `YYYY-MM`, exclusive
 * @returns in order
 */
export async function unbilledMonths(db: Queries, tenantId: string, until: string): Promise<string[]> {
  const versions = await listPlanVersions(db, tenantId);
  const billed = new Set((await listBilledMonths(db, tenantId)).map(({ month }) => month));
  const voided = new Set((await listVoidedMonths(db, tenantId)).map(({ month }) => month));
  const months: string[] = [];
  const first = versions.map(({ fromDay }) => monthOfDay(fromDay)).sort()[0] ?? until;
  for (let month = first; month < until; month = nextMonth(month)) {
    if (billed.has(month)) continue;
    const isUnbilled =
      (await billsByItself(db, tenantId, month, segmentsOf(versions, month))) ||
      (voided.has(month) && !billsNothing(await rateMonth(db, tenantId, month)));
    if (isUnbilled) months.push(month);
  }
  return months;
}

async function billsByItself(
  db: Queries,
  tenantId: string,
  month: string,
  segments: Segment[],
): Promise<boolean> {
  if (segments.length === 0) return false;
  if (segments.some((segment) => feeCents(segment) > 0 || minimumCents(segment) > 0)) return true;
  const rater = createRater(segments);
  // Ends with the first page unless all its calls have to wait.
  for await (const page of pagesOfMonth(db, tenantId, month, false)) {
    if (page.some((call) => !('open' in rater.add(call)))) return true;
  }
  return false;
}
