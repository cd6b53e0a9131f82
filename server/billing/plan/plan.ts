/** Which plan applies on which days. Pure. */
import type { Plan } from '../../contract.ts';
import type { PlanVersion } from '../../store/plans.ts';
import { daysIn, intersect, monthPeriod, type Period } from './period.ts';

/** The days of one month on which one plan applies. */
export interface Segment extends Period {
  planId: string;
  plan: Plan;
  /** The number of its days and of the whole month's: proration is `days ÷ ofDays`. */
  days: number;
  ofDays: number;
}

/** The versions that apply on any day, in the order of their days. */
export function inForce(versions: PlanVersion[]): PlanVersion[] {
  return [...versions]
    .sort((a, b) => (a.fromDay === b.fromDay ? a.version - b.version : a.fromDay < b.fromDay ? -1 : 1))
    .filter((version, index, all) => all[index + 1]?.fromDay !== version.fromDay);
}

/** In the order of their days; empty when no plan applies in the month. */
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

export function segmentOn(segments: Segment[], day: string): Segment | undefined {
  return segments.find(({ from, to }) => day >= from && day < to);
}

/** All plans in force share one; those replaced before anything was billed may have had another. */
export function currencyOf(versions: PlanVersion[]): string | null {
  return versions.findLast(({ plan }) => plan)?.plan?.currency ?? null;
}
