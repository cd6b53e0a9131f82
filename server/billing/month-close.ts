/**
 * Closes months: for each tenant, in order, every month that is over (by its own time zone, and a grace for late costs)
 * is drafted, finalized and, where the tenant is collected through Stripe, pushed. Each step is found done when the run
 * is started again, so a run may be killed at any point.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { CloseEntry, CloseReport, CloseRequest } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { saveBillingRun } from '../store/billing-runs.ts';
import { listBilledMonths, listUnpushed } from '../store/invoices.ts';
import { giveLease, takeLease } from '../store/leases.ts';
import { findTenantByHandle, handleOf, listTenantsToBill, type Tenant } from '../store/tenants.ts';
import { monthIn, nextMonth } from '../time-zone.ts';
import { type Actor, draftInvoice, finalizeInvoice } from './invoicing.ts';
import { unbilledMonths } from './months.ts';
import { monthBefore } from './period.ts';
import { accountOf, billsNothing, documentFor, reckonMonth } from './reckoning.ts';
import { pushInvoice } from './stripe-push.ts';

const lease = 'month-close';
/** What a killed run keeps the next one waiting for; a running one takes it anew all the time. */
const leaseMs = 60_000;
const renewMs = 15_000;

/**
 * @throws ApiError `conflict` while another process closes; `not_found` for an unknown tenant. What goes wrong with a
 *   tenant is in the report and keeps no other from being billed
 */
export async function closeMonths(ctx: Context, request: CloseRequest, actor: string): Promise<CloseReport> {
  const id = `run_${randomUUID()}`;
  const startedAt = ctx.now();
  const owned = () => takeLease(ctx.store, lease, id, ctx.now() + leaseMs, ctx.now());
  if (!(await owned())) throw new ApiError('conflict', { detail: 'Months are being closed already.' });
  const report: CloseReport = {
    id,
    month: request.month ?? null,
    dryRun: request.dryRun,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: null,
    entries: [],
    needsPerson: 0,
  };
  const save = (finishedAt: number | null) =>
    saveBillingRun(ctx.store, {
      id,
      month: request.month ?? '',
      startedAt,
      finishedAt,
      report: JSON.stringify(report),
    });
  // A month of a million calls takes longer than the lease.
  const renewal = setInterval(() => {
    owned().catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'could not renew the lease of a month close'),
    );
  }, renewMs);
  renewal.unref();
  try {
    await save(null);
    for await (const tenant of tenantsOf(ctx, request.tenant)) {
      if (!(await owned())) throw new ApiError('conflict', { detail: 'Another process has taken over.' });
      // As in `ledger`: a thousand small tenants must not keep the requests waiting either.
      await otherWork();
      report.entries.push(...(await closeTenant(ctx, tenant, request, { actor, requestId: id })));
    }
    report.needsPerson = report.entries.filter(needsPerson).length;
    report.finishedAt = new Date(ctx.now()).toISOString();
    await save(ctx.now());
    return report;
  } finally {
    clearInterval(renewal);
    await giveLease(ctx.store, lease, id);
  }
}

function needsPerson({ outcome, openCalls }: CloseEntry): boolean {
  return outcome === 'failed' || openCalls > 0;
}

/** Deleted ones too: what they used before is still to be billed. */
async function* tenantsOf(ctx: Context, handle: string | undefined): AsyncGenerator<Tenant> {
  if (handle !== undefined) {
    const tenant = await findTenantByHandle(ctx.store, handle);
    if (!tenant) throw new ApiError('not_found');
    yield tenant;
    return;
  }
  let after: Tenant | null = null;
  for (;;) {
    const page: Tenant[] = await listTenantsToBill(ctx.store, 0, after, 100);
    yield* page;
    after = page.at(-1) ?? null;
    if (page.length < 100) return;
  }
}

/** A month that fails keeps the later ones of its tenant waiting, since months are billed in order. */
async function closeTenant(
  ctx: Context,
  tenant: Tenant,
  request: CloseRequest,
  by: Actor,
): Promise<CloseEntry[]> {
  const entries: CloseEntry[] = [];
  const due = await dueMonths(ctx, tenant, request);
  for (const [index, month] of due.entries()) {
    const entry = await attempt(ctx, tenant, month, () =>
      request.dryRun ? foretell(ctx, tenant, month, due[index - 1]) : closeMonth(ctx, tenant, month, by),
    );
    if (!entry) continue;
    entries.push(entry);
    if (entry.outcome === 'failed') break;
  }
  if (request.dryRun) return entries;
  // Also what an earlier run has frozen and not brought to Stripe, and credit notes.
  const { collection } = await accountOf(ctx.store, tenant);
  if (collection === 'manual' || !ctx.stripe) return entries;
  for (const { id, month } of await listUnpushed(ctx.store, tenant.id)) {
    const pushed = await attempt(ctx, tenant, month, async () => {
      const row = await pushInvoice(ctx, tenant, id, by);
      const { number, totalCents, currency } = row;
      const outcome = 'pushed' as const;
      return { tenant: handleOf(tenant), month, outcome, number, totalCents, currency, openCalls: 0 };
    });
    const own = entries.find((entry) => entry.month === month && entry.number === pushed.number);
    if (own) own.outcome = pushed.outcome;
    else entries.push(pushed);
  }
  return entries;
}

async function attempt<Result>(
  ctx: Context,
  tenant: Tenant,
  month: string,
  work: () => Promise<Result>,
): Promise<Result | CloseEntry> {
  try {
    return await work();
  } catch (error) {
    const told = error instanceof ApiError;
    if (!told) ctx.log.error({ err: error, tenant: tenant.slug, month }, 'a month could not be closed');
    const problem = told ? error.message : 'Something went wrong on our side; the log tells what.';
    const nothing = { number: null, totalCents: null, currency: null, openCalls: 0 };
    return { tenant: handleOf(tenant), month, outcome: 'failed', problem, ...nothing };
  }
}

/**
 * What closing the month would do.
 * @param before the due month before it, whose document would take what came late for months up to then
 * @returns null when there is nothing to bill
 */
async function foretell(
  ctx: Context,
  tenant: Tenant,
  month: string,
  before: string | undefined,
): Promise<CloseEntry | null> {
  const reckoned = await reckonMonth(ctx.store, tenant.id, month);
  const lines = reckoned.lines.filter((line) => before === undefined || line.month > before);
  if (billsNothing({ lines })) return null;
  const { totalCents, currency } = await documentFor(ctx.store, tenant, '', month, { ...reckoned, lines });
  const outcome = 'would-finalize' as const;
  const openCalls = reckoned.open.length;
  return { tenant: handleOf(tenant), month, outcome, number: null, totalCents, currency, openCalls };
}

/** @returns null when there is nothing to bill */
async function closeMonth(
  ctx: Context,
  tenant: Tenant,
  month: string,
  by: Actor,
): Promise<CloseEntry | null> {
  const draft = await draftInvoice(ctx.store, tenant, month, by, ctx.now());
  if (!draft) return null;
  const frozen = await finalizeInvoice(ctx.store, tenant, draft.row.id, by, ctx.now());
  const { number, totalCents, currency } = frozen;
  const outcome = 'finalized' as const;
  return {
    tenant: handleOf(tenant),
    month,
    outcome,
    number,
    totalCents,
    currency,
    openCalls: draft.open.length,
  };
}

/**
 * Months that are over, late costs included, and not billed, in their order. Months between that have been passed over
 * are among them.
 */
async function dueMonths(ctx: Context, tenant: Tenant, request: CloseRequest): Promise<string[]> {
  const now = monthIn(tenant.timeZone, ctx.now() - request.graceHours * 3_600_000);
  const until = request.month === undefined || now <= request.month ? now : nextMonth(request.month);
  const months = await unbilledMonths(ctx.store, tenant.id, until);
  // What came late for billed months goes on a document of the last month that is over, if nothing else does by then.
  const last = monthBefore(until);
  const billed = (await listBilledMonths(ctx.store, tenant.id)).map(({ month }) => month);
  if (billed.some((month) => month < last) && ![...billed, ...months].includes(last)) months.push(last);
  return months;
}
