/** The month's total so far, and its projected total at the current pace. */
import { proportion } from '../../base/money.ts';
import { nextMonth } from '../../base/time-zone.ts';
import type { InvoiceDocument, PreviewAnswer } from '../../contract.ts';
import type { Queries } from '../../store/database.ts';
import { findMonthInvoice } from '../../store/invoices.ts';
import { listPlanVersions } from '../../store/plans.ts';
import type { Tenant } from '../../store/tenants.ts';
import { countOpenCalls } from '../month/open-calls.ts';
import { rateMonth } from '../month/rated-month.ts';
import { startOfDay } from '../plan/period.ts';
import type { Segment } from '../plan/plan.ts';
import { isPooled, poolMicros } from '../plan/price.ts';
import { linesOf, type RateTotals } from '../plan/rating.ts';
import { documentFor } from './month-document.ts';
import { documentOf } from './views.ts';

/** Stores nothing. A billed month is shown as its document says. */
export async function previewMonth(
  db: Queries,
  tenant: Tenant,
  month: string,
  nowMs: number,
): Promise<PreviewAnswer> {
  const billed = await findMonthInvoice(db, tenant.id, month);
  if (billed && billed.status !== 'draft') {
    const document = documentOf(billed);
    const { currency, totalCents } = document;
    const versions = await listPlanVersions(db, tenant.id);
    const open = await countOpenCalls(db, tenant.id, versions, nextMonth(month));
    return {
      month,
      currency,
      billed: true,
      soFar: figures(document),
      atThisPace: { totalCents },
      openCalls: open.get(month) ?? 0,
    };
  }
  const rated = await rateMonth(db, tenant.id, month);
  const { segments, totals, currency, lines } = rated;
  const draft = await documentFor(db, tenant, rated);
  const own = linesOf(
    segments,
    segments.map((segment, index) => projected(tenant.timeZone, segment, totals[index] ?? [], nowMs)),
  );
  const earlier = lines.filter((line) => line.month !== month);
  const paced = await documentFor(db, tenant, {
    ...rated,
    lines: [...own.map((line) => ({ ...line, month })), ...earlier],
  });
  return {
    month,
    currency,
    billed: false,
    soFar: figures(draft),
    atThisPace: { totalCents: paced.totalCents },
    openCalls: rated.open.length,
  };
}

function figures({ lines, totalCents, dueCents }: InvoiceDocument): PreviewAnswer['soFar'] {
  return { lines, totalCents, dueCents };
}

/** Scales seconds and prices to the segment's full length, then applies included minutes and tiers to the result. */
function projected(timeZone: string, segment: Segment, totals: RateTotals[], nowMs: number): RateTotals[] {
  const from = startOfDay(timeZone, segment.from);
  const length = startOfDay(timeZone, segment.to) - from;
  const elapsed = nowMs - from;
  if (elapsed <= 0 || elapsed >= length) return totals;
  return totals.map((total, rate): RateTotals => {
    const price = segment.plan.rates[rate]?.price;
    const billedSeconds = proportion(total.billedSeconds, length, elapsed);
    return {
      calls: proportion(total.calls, length, elapsed),
      billedSeconds,
      priceMicros:
        price && isPooled(price)
          ? poolMicros(segment, price, 0, billedSeconds)
          : proportion(total.priceMicros, length, elapsed),
    };
  });
}
