/** A tenant's margin by month, and what another plan would have earned. For the operator only. */
import { microsToCents, roundHalfUp, sumCents } from '../../base/money.ts';
import type { MarginRow, Plan, SimulationAnswer } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { sumBilled } from '../../store/invoice-lines.ts';
import { listBilledMonths } from '../../store/invoices.ts';
import { listPlanVersions, type PlanVersion } from '../../store/plans.ts';
import { handleOf, type Tenant } from '../../store/tenants.ts';
import { sumUsage } from '../../store/usage.ts';
import { describeLine } from '../plan/line-text.ts';
import { daysIn, monthPeriod, type Period } from '../plan/period.ts';
import { currencyOf, type Segment, segmentOn, segmentsOf } from '../plan/plan.ts';
import { createRater } from '../plan/rating.ts';
import { listCredited } from './credited.ts';
import { pagesOfMonth } from './ledger.ts';
import { rateOwn } from './rated-month.ts';

/** Before tax and prepaid credit, less credit notes. A month that is not billed yet counts as it stands now. */
export async function marginOf(db: Queries, tenant: Tenant, month: string): Promise<MarginRow> {
  const { from, to } = monthPeriod(month);
  const [usage] = await sumUsage(db, tenant.id, from, to, 'all');
  const versions = await listPlanVersions(db, tenant.id);
  const currency = currencyOf(versions) ?? 'usd';
  const billed = (await listBilledMonths(db, tenant.id)).some((entry) => entry.month === month);
  const own = billed
    ? await sumBilled(db, tenant.id, month)
    : (await rateOwn(db, tenant.id, { month, segments: segmentsOf(versions, month) })).rater.lines();
  const credited = (await listCredited(db, tenant.id)).filter((entry) => entry.month === month);
  const revenueCents = sumCents(own) - sumCents(credited);
  const days = await sumUsage(db, tenant.id, from, to, 'day');
  const costCents = microsToCents(costInCurrency(segmentsOf(versions, month), versions, days), currency);
  return {
    tenant: handleOf(tenant),
    month,
    billed,
    currency,
    calls: usage?.calls ?? 0,
    seconds: usage?.seconds ?? 0,
    costMicros: usage?.costMicros ?? 0,
    costCents,
    revenueCents,
    marginCents: revenueCents - costCents,
    callsWithoutCost: usage?.callsWithoutCost ?? 0,
  };
}

/** Each day's dollars at the rate of that day's plan; on days without one, at that of the month's last plan. */
function costInCurrency(
  segments: Segment[],
  versions: PlanVersion[],
  days: { key: string; costMicros: number }[],
): bigint {
  const otherwise = segments.at(-1)?.plan ?? versions.findLast(({ plan }) => plan)?.plan;
  let sum = 0n;
  for (const { key: day, costMicros } of days) {
    const plan = segmentOn(segments, day)?.plan ?? otherwise;
    sum += BigInt(costMicros) * BigInt(plan?.usdRateMicros ?? 1_000_000);
  }
  return roundHalfUp(sum, 1_000_000n);
}

/**
 * The month's calls under another plan, on the days on which the tenant had one: otherwise a month billed from the
 * middle on would be compared with a whole one. On all days of a month in which it had none.
 * @throws ApiError `conflict` when the currency is not the tenant's, because the two could not be compared
 */
export async function simulate(
  db: Queries,
  tenant: Tenant,
  month: string,
  plan: Plan,
): Promise<SimulationAnswer> {
  const versions = await listPlanVersions(db, tenant.id);
  const own = currencyOf(versions);
  if (own && plan.currency !== own) throw conflict(`The tenant’s plans are in ${own}.`);
  const { currency } = plan;
  const { revenueCents } = await marginOf(db, tenant, month);
  const segments = segmentsOf(instead(versions, month, plan), month);
  const rater = createRater(segments);
  let openCalls = 0;
  for await (const page of pagesOfMonth(db, tenant.id, month, true)) {
    for (const call of page) {
      const rated = rater.add(call);
      if ('open' in rated && rated.open !== 'no-plan') openCalls += 1;
    }
  }
  const lines = rater.lines().map((line) => ({
    kind: line.kind,
    description: describeLine(line, month),
    amountCents: line.amountCents,
  }));
  const days = segments.reduce((sum, segment) => sum + segment.days, 0);
  return {
    ...{ month, currency, days, ofDays: daysIn(monthPeriod(month)), lines },
    ...{ totalCents: sumCents(lines), actualCents: revenueCents, openCalls },
  };
}

/** Replaces the month's plans with this one; where two follow each other it is not split. */
function instead(versions: PlanVersion[], month: string, plan: Plan): PlanVersion[] {
  const held: Period[] = [];
  for (const { from, to } of segmentsOf(versions, month)) {
    const last = held.at(-1);
    if (last?.to === from) last.to = to;
    else held.push({ from, to });
  }
  if (held.length === 0) held.push(monthPeriod(month));
  return held.flatMap(({ from, to }, index) => [
    { id: `simulated-${index}`, fromDay: from, version: index, plan },
    { id: '', fromDay: to, version: index, plan: null },
  ]);
}
