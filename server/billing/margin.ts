/** What a tenant brings: price against cost by month, and what another plan would have brought. For the operator only. */
import type { MarginRow, Plan, SimulationAnswer } from '../contract.ts';
import { ApiError } from '../errors.ts';
import type { Queries } from '../store/database.ts';
import { readLedger } from '../store/invoice-calls.ts';
import { sumBilled } from '../store/invoice-lines.ts';
import { listBilledMonths } from '../store/invoices.ts';
import { listPlanVersions } from '../store/plans.ts';
import { handleOf, type Tenant } from '../store/tenants.ts';
import { sumUsage } from '../store/usage.ts';
import { listCredited } from './credited.ts';
import { pagesOfCalls } from './ledger.ts';
import { describeLine } from './line-text.ts';
import { microsToCents, roundHalfUp } from './money.ts';
import { monthPeriod } from './period.ts';
import { type PlanVersion, segmentsOf } from './plan.ts';
import { createRater } from './rating.ts';
import { currencyOf, reckonMonth } from './reckoning.ts';

/** Before tax and prepaid credit, credit notes taken off. A month that is not billed yet counts as it stands now. */
export async function marginOf(db: Queries, tenant: Tenant, month: string): Promise<MarginRow> {
  const { from, to } = monthPeriod(month);
  const [usage] = await sumUsage(db, tenant.id, from, to, 'all');
  const versions = await listPlanVersions(db, tenant.id);
  const currency = currencyOf(versions) ?? 'usd';
  const billed = (await listBilledMonths(db, tenant.id)).some((entry) => entry.month === month);
  const own = billed
    ? await sumBilled(db, tenant.id, month)
    : (await reckonMonth(db, tenant.id, month)).lines.filter((line) => line.month === month);
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

/** Each day's dollars at the rate of the plan that held; on days without one at that of the month's last plan. */
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
 * The month's calls under a plan that is not the tenant's, from its first day to its last.
 * @throws ApiError `conflict` when the currency is not the tenant's: the two could not be compared
 */
export async function simulate(
  db: Queries,
  tenant: Tenant,
  month: string,
  plan: Plan,
): Promise<SimulationAnswer> {
  const own = currencyOf(await listPlanVersions(db, tenant.id));
  if (own && plan.currency !== own) {
    throw new ApiError('conflict', { detail: `The tenant’s plans are in ${own}.` });
  }
  const { currency } = plan;
  const { revenueCents } = await marginOf(db, tenant, month);
  const period = monthPeriod(month);
  const rater = createRater(segmentsOf([{ id: '', fromDay: period.from, version: 1, plan }], month));
  let openCalls = 0;
  const pages = pagesOfCalls((after, limit) => readLedger(db, tenant.id, period, after, limit, true));
  for await (const page of pages) {
    for (const call of page) if ('open' in rater.add(call)) openCalls += 1;
  }
  const lines = rater.lines().map((line) => ({
    kind: line.kind,
    description: describeLine(line, month),
    amountCents: line.amountCents,
  }));
  const totalCents = lines.reduce((sum, { amountCents }) => sum + amountCents, 0);
  return { month, currency, lines, totalCents, actualCents: revenueCents, openCalls };
}
