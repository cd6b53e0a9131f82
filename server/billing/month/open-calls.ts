/** Calls of past months that are on no document, and may never be unless someone acts. */
import { type CostByComponent, costComponents } from '../../contract.ts';
import { channelOf } from '../../ledger/channel.ts';
import type { Queries } from '../../store/database.ts';
import {
  countUnbilled,
  countWithoutFigures,
  listUnconfirmed,
  type UnbilledCalls,
} from '../../store/invoice-calls.ts';
import type { PlanVersion } from '../../store/plans.ts';
import { daysIn, monthOfDay, monthPeriod } from '../plan/period.ts';
import { segmentOn, segmentsOf } from '../plan/plan.ts';
import type { BillableCall } from '../plan/price.ts';
import { createRater, type Rater } from '../plan/rating.ts';

/**
 * Counts calls whose price depends on a duration or cost that is not known. Read from the ledger, so a call is counted
 * for as long as it waits, whenever its month was billed.
 * @param until `YYYY-MM`, exclusive
 * @returns how many, by month
 */
export async function countOpenCalls(
  db: Queries,
  tenantId: string,
  versions: PlanVersion[],
  until: string,
): Promise<Map<string, number>> {
  const open = new Map<string, number>();
  const raters = new Map<string, Rater>();
  for (const group of await countWithoutFigures(db, tenantId, monthPeriod(until).from)) {
    const month = monthOfDay(group.day);
    const rater = raters.get(month) ?? createRater(segmentsOf(versions, month));
    raters.set(month, rater);
    const rated = rater.add(anyOf(group));
    if ('open' in rated && rated.open !== 'no-plan') open.set(month, (open.get(month) ?? 0) + group.calls);
  }
  return open;
}

/**
 * Calls on days with a plan that Vapi has not confirmed yet.
 * @param until `YYYY-MM`, exclusive
 * @returns their ids, by month
 */
export async function unconfirmedCalls(
  db: Queries,
  tenantId: string,
  versions: PlanVersion[],
  until: string,
): Promise<Map<string, string[]>> {
  const waiting = new Map<string, string[]>();
  for (const { id, day } of await listUnconfirmed(db, tenantId, monthPeriod(until).from)) {
    const month = monthOfDay(day);
    if (!segmentOn(segmentsOf(versions, month), day)) continue;
    waiting.set(month, [...(waiting.get(month) ?? []), id]);
  }
  return waiting;
}

/** Calls of a month on days without a plan: they are never billed. */
export async function countUnplannedCalls(
  db: Queries,
  tenantId: string,
  versions: PlanVersion[],
  month: string,
): Promise<number> {
  const segments = segmentsOf(versions, month);
  const period = monthPeriod(month);
  if (segments.reduce((days, segment) => days + segment.days, 0) === daysIn(period)) return 0;
  return (await countUnbilled(db, tenantId, period))
    .filter(({ day }) => !segmentOn(segments, day))
    .reduce((sum, { calls }) => sum + calls, 0);
}

const nothing = Object.fromEntries(costComponents.map((component) => [component, 0])) as CostByComponent;

/** A call of the group, with the fields that matter here. */
function anyOf({ day, type, hasSeconds, hasCost }: UnbilledCalls): BillableCall {
  return {
    id: '',
    day,
    createdAt: 0,
    channel: channelOf(type),
    seconds: hasSeconds ? 0 : null,
    costMicros: hasCost ? 0 : null,
    cost: hasCost ? nothing : null,
  };
}
