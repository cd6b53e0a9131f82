/** Rates a month from the ledger as it is now. Writes nothing. */
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
  /** Calls whose duration or cost is not known yet: they will be billed once it is. */
  open: OpenCall[];
}

/**
 * Rates what the month has not been billed for, and what earlier months still owe. Memory use does not grow with the
 * number of calls.
 * @param take receives each page of calls that go on the document
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

/** Neither an amount nor a call: no document is needed. */
export function billsNothing({ lines }: Pick<RatedMonth, 'lines'>): boolean {
  return lines.every(({ amountCents, calls }) => amountCents === 0 && calls === 0);
}
