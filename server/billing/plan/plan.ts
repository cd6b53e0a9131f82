/** Which plan holds on which days. Pure. */
import type { Plan } from '../../contract.ts';
import type { PlanVersion } from '../../store/plans.ts';
import { daysIn, intersect, monthPeriod, type Period } from './period.ts';

/** The days of one month in which one plan holds. */
export interface Segment extends Period {
  planId: string;
  plan: Plan;
  /** How many days it has, and how many the whole month has: proration is `days ÷ ofDays`. */
  days: number;
  ofDays: number;
}

/** Those that hold on some day, in the order of their days. */
export function inForce(versions: PlanVersion[]): PlanVersion[] {
  return [...versions]
    .sort((a, b) => (a.fromDay === b.fromDay ? a.version - b.version : a.fromDay < b.fromDay ? -1 : 1))
    .filter((version, index, all) => all[index + 1]?.fromDay !== version.fromDay);
}

/** In the order of their days; empty when no plan holds in the month. */
export function segmentsOf(versions: PlanVersion[], month: string): Segment[] {
  const whole = monthPeriod(month);
  const held = inForce(versions);
  return held.flatMap(({ id, plan, fromDay }, index) => {
    const until = held[index + 1]?.fromDay ?? '9999-12-31';
    const days = intersect(whole, { from: fromDay, to: until });
    if (!days || !plan) return [];
    return [{ ...days, planId: id, plan, days: daysIn(days), ofDays: daysIn(whole) }];
  });
}

/** All plans that hold have one; what was replaced before anything was billed may have had another. */
export function currencyOf(versions: PlanVersion[]): string | null {
  return versions.findLast(({ plan }) => plan)?.plan?.currency ?? null;
}
