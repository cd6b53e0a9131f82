/** Rates a month from the ledger as it is now. Writes nothing. */
import type { Queries } from '../../store/database.ts';
import { listPlanVersions, type PlanVersion } from '../../store/plans.ts';
import { currencyOf, type Segment, segmentsOf } from '../plan/plan.ts';
import { createRater, type MonthLine, type OpenCall, type Rater, type RateTotals } from '../plan/rating.ts';
import { type BilledCall, rateEarlierMonths } from './earlier-months.ts';
import { pagesOfMonth } from './ledger.ts';

export interface RatedMonth {
  month: string;
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
  const { rater, open } = await rateOwn(db, tenantId, { month, segments, take });
  const earlier = await rateEarlierMonths(db, tenantId, { month, versions, take });
  return {
    month,
    currency: currencyOf(versions) ?? 'usd',
    versions,
    segments,
    totals: rater.totals(),
    lines: [...rater.lines().map((line) => ({ ...line, month })), ...earlier.lines],
    open: [...open, ...earlier.open],
  };
}

interface Own {
  month: string;
  segments: Segment[];
  take?: (calls: BilledCall[]) => Promise<void>;
}

/** Only the month itself, of which nothing has been billed. */
export async function rateOwn(
  db: Queries,
  tenantId: string,
  { month, segments, take = async () => {} }: Own,
): Promise<{ rater: Rater; open: OpenCall[] }> {
  const rater = createRater(segments);
  const open: OpenCall[] = [];
  for await (const page of pagesOfMonth(db, tenantId, month, false)) {
    const rated: BilledCall[] = [];
    for (const call of page) {
      const result = rater.add(call);
      if (!('open' in result)) rated.push({ ...result, seq: 0 });
      else if (result.open !== 'no-plan') open.push(result);
    }
    await take(rated);
  }
  return { rater, open };
}

/** Neither an amount nor a call: no document is needed. */
export function billsNothing({ lines }: Pick<RatedMonth, 'lines'>): boolean {
  return lines.every(({ amountCents, calls }) => amountCents === 0 && calls === 0);
}
