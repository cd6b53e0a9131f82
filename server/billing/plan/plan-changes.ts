/** Setting a tenant's plan: a new version from a given day, never a change to what has been billed. */
import { type Actor, recordChange } from '../../access/audit.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { amountInWords, microsToDecimal } from '../../base/money.ts';
import { dayIn, monthIn } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import { type Plan, planSchema } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import { creditBalance } from '../../store/credits.ts';
import type { Queries } from '../../store/database.ts';
import { firstCallDay } from '../../store/invoice-calls.ts';
import { listBilledMonths } from '../../store/invoices.ts';
import { insertPlanVersion, listPlanVersions, type PlanVersion } from '../../store/plans.ts';
import { lockBilling } from '../../store/tenant-locks.ts';
import type { Tenant } from '../../store/tenants.ts';
import { hasWallet } from '../../store/wallets.ts';
import { addDays, monthBefore, monthOfDay, monthPeriod } from './period.ts';
import { currencyOf, inForce, segmentsOf } from './plan.ts';

export interface PlanChange {
  /** Null ends the billing. */
  plan: Plan | null;
  fromDay: string;
  /** The operator has confirmed billing months long past or without a call. */
  isConfirmed: boolean;
}

export interface PlanChanged {
  version: PlanVersion;
  /** The first days of upcoming plans that ending the billing has cancelled. */
  cancelled: string[];
}

/**
 * Setting the plan that is already in force on that day changes nothing: a new version would split the month, and the
 * included minutes with it.
 * @throws ApiError `conflict` for a day that is billed, a currency other than the one that money is booked in, a second
 *   exchange rate in a month, a day so long ago that it must be confirmed, or a deleted tenant
 */
export async function setPlan(
  ctx: Context,
  tenant: Tenant,
  { plan, fromDay, isConfirmed }: PlanChange,
  by: Actor,
): Promise<PlanChanged> {
  const nowMs = ctx.now();
  if (tenant.deletedAt !== null) throw conflict('The tenant is deleted: its billing has ended.');
  return ctx.store.transaction().execute(async (db) => {
    await lockBilling(db, tenant.id);
    const versions = await listPlanVersions(db, tenant.id);
    const last = (await listBilledMonths(db, tenant.id)).at(-1);
    const currency = currencyOf(versions);
    const changesCurrency = plan && currency && plan.currency !== currency;
    if (changesCurrency) await checkCurrency(db, tenant.id, versions, fromDay);
    if (last && fromDay < monthPeriod(last.month).to) {
      throw conflict(`${last.month} is billed: a plan can start from ${monthPeriod(last.month).to}.`);
    }
    const held = inForce(versions).findLast((version) => version.fromDay <= fromDay);
    const toCome = inForce(versions).filter((version) => version.plan && version.fromDay > fromDay);
    if (held && isSamePlan(held.plan, plan) && (plan || toCome.length === 0)) {
      return { version: held, cancelled: [] };
    }
    if (plan && !isConfirmed) await checkStart(db, tenant, { versions, fromDay, nowMs });
    const added = await insertPlanVersion(db, tenant.id, fromDay, plan, nowMs);
    // Upcoming plans can stay neither in the old currency nor after the billing ends.
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

/** A plan stored before a field was added is read with that field's default. */
function isSamePlan(stored: Plan | null, plan: Plan | null): boolean {
  return canonicalJson(planSchema.nullable().safeParse(stored).data ?? stored) === canonicalJson(plan);
}

/**
 * A typo in the year would create an invoice for every month since, all at once.
 * @throws ApiError `conflict`
 */
async function checkStart(
  db: Queries,
  tenant: Tenant,
  { versions, fromDay, nowMs }: { versions: PlanVersion[]; fromDay: string; nowMs: number },
): Promise<void> {
  const [held] = inForce(versions).filter((version) => version.plan);
  // Those months will be billed anyway.
  if (held && held.fromDay <= fromDay) return;
  const refuse = (why: string) => {
    throw conflict(`${why} Say "backdate": true if that is meant.`);
  };
  const month = monthOfDay(fromDay);
  const now = monthIn(tenant.timeZone, nowMs);
  const day = await firstCallDay(db, tenant.id);
  const first = day === null ? now : monthOfDay(day);
  if (month < first) {
    const calls = day === null ? 'The tenant has no call yet' : `The tenant’s first call is in ${first}`;
    refuse(`${calls}, but would be billed from ${month} on.`);
  }
  if (month < monthBefore(monthBefore(monthBefore(now)))) {
    refuse(`Every month since ${month} would be billed at once.`);
  }
}

/**
 * A currency can be changed until money has been booked in it.
 * @throws ApiError `conflict`
 */
async function checkCurrency(
  db: Queries,
  tenantId: string,
  versions: PlanVersion[],
  fromDay: string,
): Promise<void> {
  const currency = currencyOf(versions) ?? '';
  const refuse = (why: string) => {
    throw conflict(`All plans of a tenant must have the same currency. ${why}`);
  };
  const [billed] = await listBilledMonths(db, tenantId);
  if (billed) refuse(`${billed.month} is billed in ${currency}.`);
  const balance = await creditBalance(db, tenantId, currency);
  if (balance !== 0) refuse(`There is prepaid credit of ${amountInWords(balance, currency)}.`);
  if (await hasWallet(db, tenantId)) refuse(`Its wallet is in ${currency}.`);
  const [earlier] = inForce(versions).filter((version) => version.plan);
  if (earlier && earlier.fromDay < fromDay) {
    refuse(`A plan in ${currency} applies from ${earlier.fromDay}: set the new one from that day.`);
  }
}

/**
 * A month has one exchange rate, even when a later plan starts within it.
 * @throws ApiError `conflict`
 */
function checkRates(versions: PlanVersion[], fromDay: string): void {
  const changed = versions.map((version) => monthOfDay(version.fromDay));
  for (const month of new Set(changed.filter((each) => each >= monthOfDay(fromDay)))) {
    const rates = new Set(segmentsOf(versions, month).map(({ plan }) => plan.usdRateMicros));
    if (rates.size < 2) continue;
    const found = [...rates].map((micros) => microsToDecimal(micros, 'usd')).join(' and ');
    throw conflict(`An exchange rate applies to whole months; ${month} would have ${found}.`);
  }
}

/** Ends the tenant's billing with today: tomorrow, and every later plan change, becomes a change to no plan. */
export async function endPlans(db: Queries, tenant: Tenant, nowMs: number): Promise<void> {
  await lockBilling(db, tenant.id);
  const versions = await listPlanVersions(db, tenant.id);
  if (versions.length === 0) return;
  const tomorrow = addDays(dayIn(tenant.timeZone, nowMs), 1);
  const later = versions.map(({ fromDay }) => fromDay).filter((day) => day > tomorrow);
  for (const day of new Set([tomorrow, ...later])) await insertPlanVersion(db, tenant.id, day, null, nowMs);
}
