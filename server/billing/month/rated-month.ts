/** What a month comes to by the ledger as it is now: read and rated, nothing written. */
import type { Queries } from '../../store/database.ts';
import { readLedger } from '../../store/invoice-calls.ts';
import { listPlanVersions, type PlanVersion } from '../../store/plans.ts';
import { monthPeriod } from '../plan/period.ts';
import { currencyOf, type Segment, segmentsOf } from '../plan/plan.ts';
import { createRater, type OpenCall, type RatedLine, type RateTotals } from '../plan/rating.ts';
import { type BilledCall, rateEarlierMonths } from './earlier-months.ts';
import { pagesOfCalls } from './ledger.ts';

/** A line, and the month that it bills. */
export interface MonthLine extends RatedLine {
  month: string;
}

export interface RatedMonth {
  currency: string;
  versions: PlanVersion[];
  segments: Segment[];
  /** Of the month itself, by segment and rate. */
  totals: RateTotals[][];
  lines: MonthLine[];
  /** Calls whose duration or cost is not known yet: they are billed once it is. */
  open: OpenCall[];
}

/**
 * Rates what the month has not been billed for, and what is owed of months before. The memory it takes does not grow
 * with the number of calls.
 * @param take is given each page of calls that go on the document
 */
export async function rateMonth(
  db: Queries,
  tenantId: string,
  month: string,
  take: (calls: BilledCall[]) => Promise<void> = async () => {},
): Promise<RatedMonth> {
  const versions = await listPlanVersions(db, tenantId);
  const segments = segmentsOf(versions, month);
  const rater = createRater(segments);
  const open: OpenCall[] = [];
  const period = monthPeriod(month);
  const pages = pagesOfCalls((after, limit) => readLedger(db, tenantId, period, after, limit, false));
  for await (const page of pages) {
    const rated: BilledCall[] = [];
    for (const call of page) {
      const result = rater.add(call);
      if (!('open' in result)) rated.push({ ...result, seq: 0 });
      else if (result.open !== 'no-plan') open.push(result);
    }
    await take(rated);
  }
  const earlier = await rateEarlierMonths(db, tenantId, month, versions, take);
  return {
    currency: currencyOf(versions) ?? 'usd',
    versions,
    segments,
    totals: rater.totals(),
    lines: [...rater.lines().map((line) => ({ ...line, month })), ...earlier.lines],
    open: [...open, ...earlier.open],
  };
}

/** Neither an amount nor a call: there is no document of it. */
export function billsNothing({ lines }: Pick<RatedMonth, 'lines'>): boolean {
  return lines.every(({ amountCents, calls }) => amountCents === 0 && calls === 0);
}
