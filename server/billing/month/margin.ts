/** A tenant's margin by month, and what another plan would have earned. For the operator only. */

import { microsToCents, roundHalfUp } from '../../base/money.ts';
import type { MarginRow, Plan, SimulationAnswer } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { readLedger } from '../../store/invoice-calls.ts';
import { sumBilled } from '../../store/invoice-lines.ts';
import { listBilledMonths } from '../../store/invoices.ts';
import { listPlanVersions, type PlanVersion } from '../../store/plans.ts';
import { handleOf, type Tenant } from '../../store/tenants.ts';
import { sumUsage } from '../../store/usage.ts';
import { describeLine } from '../plan/line-text.ts';
import { daysIn, monthPeriod, type Period } from '../plan/period.ts';
import { currencyOf, segmentsOf } from '../plan/plan.ts';
import { createRater } from '../plan/rating.ts';
import { listCredited } from './credited.ts';
import { pagesOfCalls } from './ledger.ts';
import { rateMonth } from './rated-month.ts';

/** Before tax and prepaid credit, less credit notes. A month that is not billed yet counts as it stands now. */
export async function marginOf(db: Queries, tenant: Tenant, month: string): Promise<MarginRow> {
  const { from, to } = monthPeriod(month);
  const [usage] = await sumUsage(db, tenant.id, from, to, 'all');
  const versions = await listPlanVersions(db, tenant.id);
  const currency = currencyOf(versions) ?? 'usd';
  const billed = (await listBilledMonths(db, tenant.id)).some((entry) => entry.month === month);
  const own = billed
    ? await sumBilled(db, tenant.id, month)
    : (await rateMonth(db, tenant.id, month)).lines.filter((line) => line.month === month);
  const credited = (await listCredited(db, tenant.id)).filter((entry) => entry.month === month);
  const revenueCents = total(own) - total(credited);
  const costCents = await costInCurrency(db, tenant.id, month, versions, currency);
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
async function costInCurrency(
  db: Queries,
  tenantId: string,
  month: string,
  versions: PlanVersion[],
  currency: string,
): Promise<number> {
  const segments = segmentsOf(versions, month);
  const otherwise = segments.at(-1)?.plan ?? versions.findLast(({ plan }) => plan)?.plan;
  const { from, to } = monthPeriod(month);
  let sum = 0n;
  for (const { key: day, costMicros } of await sumUsage(db, tenantId, from, to, 'day')) {
    const held = segments.find((segment) => day >= segment.from && day < segment.to)?.plan ?? otherwise;
    sum += BigInt(costMicros) * BigInt(held?.usdRateMicros ?? 1_000_000);
  }
  return microsToCents(roundHalfUp(sum, 1_000_000n), currency);
}

function total(rows: { amountCents: number }[]): number {
  return rows.reduce((sum, { amountCents }) => sum + amountCents, 0);
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
  if (own && plan.currency !== own) {
    throw new ApiError('conflict', { detail: `The tenant’s plans are in ${own}.` });
  }
  const { currency } = plan;
  const { revenueCents } = await marginOf(db, tenant, month);
  const period = monthPeriod(month);
  const segments = segmentsOf(instead(versions, month, plan), month);
  const rater = createRater(segments);
  let openCalls = 0;
  const pages = pagesOfCalls((after, limit) => readLedger(db, tenant.id, period, after, limit, true));
  for await (const page of pages) {
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
    ...{ month, currency, days, ofDays: daysIn(period), lines },
    ...{ totalCents: total(lines), actualCents: revenueCents, openCalls },
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
