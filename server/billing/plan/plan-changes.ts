/** Setting a tenant's plan: a new version from a day on, never a change of what has been billed. */

import type { Actor } from '../../access/audit.ts';
import { recordChange } from '../../access/audit.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { centsToDecimal, microsToDecimal } from '../../base/money.ts';
import { dayIn, monthIn } from '../../base/time-zone.ts';
import { type Plan, planSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { lockBilling } from '../../store/billing-locks.ts';
import { creditBalance } from '../../store/credits.ts';
import type { Queries, Store } from '../../store/database.ts';
import { firstCallDay } from '../../store/invoice-calls.ts';
import { listBilledMonths } from '../../store/invoices.ts';
import { insertPlanVersion, listPlanVersions, type PlanVersion } from '../../store/plans.ts';
import type { Tenant } from '../../store/tenants.ts';
import { addDays, monthBefore, monthOfDay, monthPeriod } from './period.ts';
import { currencyOf, inForce, segmentsOf } from './plan.ts';

export interface PlanChange {
  /** Null ends the billing. */
  plan: Plan | null;
  fromDay: string;
  /** The operator means it, although it bills months long past or without a call. */
  isConfirmed: boolean;
}

export interface PlanChanged {
  version: PlanVersion;
  /** The first days of plans to come that the end of the billing has cancelled. */
  cancelled: string[];
}

/**
 * The plan that holds on that day, set again, is no change: a new version would cut the month, and the included minutes
 * with it.
 * @throws ApiError `conflict` for a day that is billed, another currency than money is booked in, a second exchange
 *   rate in a month, a day so long ago that it has to be confirmed, or a deleted tenant
 */
export async function setPlan(
  store: Store,
  tenant: Tenant,
  { plan, fromDay, isConfirmed }: PlanChange,
  by: Actor,
  nowMs: number,
): Promise<PlanChanged> {
  if (tenant.deletedAt !== null) {
    throw new ApiError('conflict', { detail: 'The tenant is deleted: its billing has ended.' });
  }
  return store.transaction().execute(async (db) => {
    await lockBilling(db, tenant.id);
    const versions = await listPlanVersions(db, tenant.id);
    const last = (await listBilledMonths(db, tenant.id)).at(-1);
    const currency = currencyOf(versions);
    const changesCurrency = plan && currency && plan.currency !== currency;
    if (changesCurrency) await checkCurrency(db, tenant, versions, currency, fromDay);
    if (last && fromDay < monthPeriod(last.month).to) {
      const detail = `${last.month} is billed: a plan can start from ${monthPeriod(last.month).to}.`;
      throw new ApiError('conflict', { detail });
    }
    const held = inForce(versions).findLast((version) => version.fromDay <= fromDay);
    const toCome = inForce(versions).filter((version) => version.plan && version.fromDay > fromDay);
    if (held && isSamePlan(held.plan, plan) && (plan || toCome.length === 0)) {
      return { version: held, cancelled: [] };
    }
    if (plan && !isConfirmed) await checkStart(db, tenant, versions, fromDay, nowMs);
    const added = await insertPlanVersion(db, tenant.id, fromDay, plan, nowMs);
    // Plans to come cannot stay in the old currency, nor where the billing ends.
    const replaced = changesCurrency || !plan ? toCome.map((version) => version.fromDay) : [];
    for (const day of replaced) await insertPlanVersion(db, tenant.id, day, plan, nowMs);
    const cancelled = plan ? [] : replaced;
    checkRates(await listPlanVersions(db, tenant.id), fromDay);
    const before = versions.at(-1);
    const change = {
      action: 'plan.set',
      tenant: tenant.slug,
      before: before ? { from: before.fromDay, plan: before.plan } : null,
      after: { from: fromDay, plan, ...(cancelled.length > 0 ? { cancelled } : {}) },
    };
    await recordChange(db, { ...by, ...change }, nowMs);
    return { version: added, cancelled };
  });
}

/** A plan that was stored before a field was added means what it means with that field's default. */
function isSamePlan(stored: Plan | null, plan: Plan | null): boolean {
  return canonicalJson(planSchema.nullable().safeParse(stored).data ?? stored) === canonicalJson(plan);
}

/**
 * A slip in the year would make an invoice for every month since, all at once.
 * @throws ApiError `conflict`
 */
async function checkStart(
  db: Queries,
  tenant: Tenant,
  versions: PlanVersion[],
  fromDay: string,
  nowMs: number,
): Promise<void> {
  const [held] = inForce(versions).filter((version) => version.plan);
  // Those months are billed anyway.
  if (held && held.fromDay <= fromDay) return;
  const refuse = (why: string) => {
    throw new ApiError('conflict', { detail: `${why} Say "backdate": true if that is meant.` });
  };
  const month = monthOfDay(fromDay);
  const now = monthIn(tenant.timeZone, nowMs);
  const day = await firstCallDay(db, tenant.id);
  const first = day === null ? now : monthOfDay(day);
  if (month < first) {
    const calls = day === null ? 'The tenant has no call yet' : `The tenant’s first call is of ${first}`;
    refuse(`${calls}, and would be billed from ${month} on.`);
  }
  if (month < monthBefore(monthBefore(monthBefore(now)))) {
    refuse(`Every month since ${month} would be billed at once.`);
  }
}

/**
 * A currency can be replaced until money has been booked in it.
 * @throws ApiError `conflict`
 */
async function checkCurrency(
  db: Queries,
  tenant: Tenant,
  versions: PlanVersion[],
  currency: string,
  fromDay: string,
): Promise<void> {
  const refuse = (why: string) => {
    throw new ApiError('conflict', { detail: `All plans of a tenant have one currency. ${why}` });
  };
  const [billed] = await listBilledMonths(db, tenant.id);
  if (billed) refuse(`${billed.month} is billed in ${currency}.`);
  const balance = await creditBalance(db, tenant.id, currency);
  if (balance !== 0) refuse(`There is prepaid credit of ${centsToDecimal(balance, currency)} ${currency}.`);
  const [earlier] = inForce(versions).filter((version) => version.plan);
  if (earlier && earlier.fromDay < fromDay) {
    refuse(`A plan in ${currency} holds from ${earlier.fromDay}: set the new one from that day.`);
  }
}

/**
 * A month has one exchange rate, also where a later plan begins within it.
 * @throws ApiError `conflict`
 */
function checkRates(versions: PlanVersion[], fromDay: string): void {
  const changed = versions.map((version) => monthOfDay(version.fromDay));
  for (const month of new Set(changed.filter((each) => each >= monthOfDay(fromDay)))) {
    const rates = new Set(segmentsOf(versions, month).map(({ plan }) => plan.usdRateMicros));
    if (rates.size < 2) continue;
    const found = [...rates].map((micros) => microsToDecimal(micros, 'usd')).join(' and ');
    const detail = `An exchange rate holds for whole months; ${month} would have ${found}.`;
    throw new ApiError('conflict', { detail });
  }
}

/** The tenant's billing ends with today: the day after, and every later change of plan, becomes a day without one. */
export async function endPlans(db: Queries, tenant: Tenant, nowMs: number): Promise<void> {
  await lockBilling(db, tenant.id);
  const versions = await listPlanVersions(db, tenant.id);
  if (versions.length === 0) return;
  const tomorrow = addDays(dayIn(tenant.timeZone, nowMs), 1);
  const later = versions.map(({ fromDay }) => fromDay).filter((day) => day > tomorrow);
  for (const day of new Set([tomorrow, ...later])) await insertPlanVersion(db, tenant.id, day, null, nowMs);
}
