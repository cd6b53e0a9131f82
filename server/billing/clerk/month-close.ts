/**
 * Closes months: for each tenant, in order, every month that is over (in the tenant's time zone, plus a grace period
 * for late costs) is drafted, finalized and, for tenants that pay through Stripe, pushed. A repeated run skips the
 * steps that are done, so a run may be killed at any point.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { iso } from '../../base/iso.ts';
import { monthIn, nextMonth } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { CloseEntry, CloseReport, CloseRequest } from '../../contract.ts';
import { ApiError, conflict, invalidField, toApiError } from '../../errors.ts';
import { createLedgerCheck } from '../../metering/ledger-check.ts';
import {
  findMonthInvoice,
  leftToPayCents,
  listBilledMonths,
  listStrayed,
  listUnpushed,
  listVoidedMonths,
} from '../../store/invoices.ts';
import { giveLease, leaseEnd, takeLease } from '../../store/leases.ts';
import { listPlanVersions } from '../../store/plans.ts';
import { findTenantByHandle, listTenantsToBill, type Tenant } from '../../store/tenants.ts';
import { draftInvoice, finalizeInvoice } from '../books/invoicing.ts';
import { accountOf, documentFor } from '../books/month-document.ts';
import { unbilledMonths } from '../month/months.ts';
import { billsNothing, rateMonth } from '../month/rated-month.ts';
import { monthBefore, monthInstants } from '../plan/period.ts';
import { segmentsOf } from '../plan/plan.ts';
import type { BillingContext } from '../stripe/billing-context.ts';
import { pushInvoice } from '../stripe/stripe-push.ts';
import { entryOf, type Part, tellCallsLeft } from './close-entries.ts';
import { openRun } from './close-run.ts';

const lease = 'month-close';
/** How long a killed run blocks the next one; a running one keeps renewing it. */
const leaseMs = 60_000;
const renewMs = 15_000;

/**
 * @throws ApiError `invalid_request` when the month has not ended in any time zone, `conflict` while another process is
 *   closing months, `not_found` for an unknown tenant. What fails for one tenant is in the report and does not keep the
 *   others from being billed
 */
export async function closeMonths(
  ctx: BillingContext,
  request: CloseRequest,
  actor: string,
): Promise<CloseReport> {
  checkOver(request, ctx.now());
  const id = `run_${randomUUID()}`;
  const owned = () =>
    takeLease(ctx.store, { name: lease, owner: id, expiresAt: ctx.now() + leaseMs }, ctx.now());
  if (!(await owned())) {
    const until = iso((await leaseEnd(ctx.store, lease, ctx.now())) ?? ctx.now());
    const detail = `Months are already being closed. A run that was killed blocks this until ${until}: try again then.`;
    throw conflict(detail);
  }
  // A month of a million calls takes longer than the lease.
  const renewal = setInterval(() => {
    owned().catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'could not renew the lease of a month close'),
    );
  }, renewMs);
  renewal.unref();
  const check = createLedgerCheck(ctx);
  try {
    const run = openRun(ctx, id, request);
    for await (const tenant of tenantsOf(ctx, request.tenant)) {
      if (!(await owned())) throw conflict('Another process has taken over.');
      // As in `ledger`: a thousand small tenants must not block requests either.
      await otherWork();
      await closeTenant({ ctx, tenant, request, run, check, by: { actor, requestId: id } });
    }
    return await run.end();
  } finally {
    clearInterval(renewal);
    await giveLease(ctx.store, lease, id);
  }
}

/** Closing a month that has not ended would bill all earlier ones and say nothing about the month itself. */
function checkOver({ month }: CloseRequest, nowMs: number): void {
  // The zone in which a month ends first; each tenant's own zone is checked later.
  if (month === undefined || month < monthIn('Pacific/Kiritimati', nowMs)) return;
  const message = `${month} has not ended yet: name a month that is over`;
  throw invalidField('month', message);
}

/** Including deleted tenants: their usage before the deletion must still be billed. */
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

const notAgain =
  'The invoice is void. The month is billed again only when a person drafts it or closes it by name.';

/** A failure in one step holds up neither the later steps nor the next tenants. */
async function closeTenant(base: Omit<Part, 'until' | 'entries' | 'add'>): Promise<void> {
  const entries: CloseEntry[] = [];
  const add = async (entry: CloseEntry) => {
    entries.push(entry);
    await base.run.add(entry);
  };
  const until = overUntil(base);
  const part: Part = { ...base, until, entries, add };
  const step = async (work: () => Promise<void>) => {
    const failed = await attempt(part, { month: monthBefore(until), number: null }, work);
    // Several steps may fail for the same reason.
    if (failed && !entries.some(({ problem }) => problem === failed.problem)) await add(failed);
  };
  await step(() => billMonths(part));
  await step(() => tellCallsLeft(part));
  await step(() => tellStrayed(part));
  if (!part.request.dryRun) await step(() => pushAll(part));
}

/**
 * A month that fails holds up its tenant's later ones, because months are billed in order. So does one whose document
 * was voided by a person: it would be back within the hour.
 */
async function billMonths(part: Part): Promise<void> {
  const { ctx, tenant, request, entries, add } = part;
  const notCompared = await compareLast(part, monthBefore(part.until));
  const due = await dueMonths(part);
  const voided = new Map((await listVoidedMonths(ctx.store, tenant.id)).map((each) => [each.month, each]));
  for (const [index, month] of due.entries()) {
    const before = voided.get(month);
    if (before && !before.isDrafted && request.month !== month) {
      await add({ ...entryOf(tenant, month, 'voided', { number: before.number }), problem: notAgain });
      break;
    }
    const entry = await attempt(part, { month, number: null }, () =>
      request.dryRun ? foretell(part, month, due[index - 1]) : closeMonth(part, month),
    );
    if (!entry) continue;
    await add(entry);
    if (entry.outcome === 'failed') break;
  }
  if (notCompared && !entries.some(({ month }) => month === notCompared.month)) await add(notCompared);
}

/**
 * Before reporting that a month has nothing to bill: its calls may never have been reported to us.
 * @returns the entry to report when Vapi could not be asked and the month has no other entry
 */
async function compareLast({ ctx, tenant, request, check }: Part, month: string): Promise<CloseEntry | null> {
  if (request.dryRun) return null;
  const isPlanned = segmentsOf(await listPlanVersions(ctx.store, tenant.id), month).length > 0;
  const document = isPlanned && (await findMonthInvoice(ctx.store, tenant.id, month));
  if (!isPlanned || (document && document.status !== 'draft')) return null;
  const notCompared = await check(tenant, monthInstants(tenant.timeZone, month));
  if (notCompared === null) return null;
  const problem = `Nothing to bill according to our books, which could not be compared with Vapi. ${notCompared}.`;
  return { ...entryOf(tenant, month, 'failed'), notCompared, problem };
}

const strayed =
  'Stripe no longer collects this invoice: it is void or deleted there. Issue a credit note, book it as paid, or void it here after the later months.';

/** Invoices that Stripe no longer collects, with a later month billed since: our books cannot follow automatically. */
async function tellStrayed({ ctx, tenant, add }: Part): Promise<void> {
  for (const row of await listStrayed(ctx.store, tenant.id)) {
    if ((await leftToPayCents(ctx.store, row)) === 0) continue;
    await add({ ...entryOf(tenant, row.month, 'failed', row), problem: strayed });
  }
}

/** Includes what an earlier run froze but did not push, and credit notes. */
async function pushAll(part: Part): Promise<void> {
  const { ctx, tenant, by, entries, add } = part;
  const { collection } = await accountOf(ctx.store, tenant);
  if (collection === 'manual') return;
  for (const { id, month, number } of await listUnpushed(ctx.store, tenant.id)) {
    const pushed = await attempt(part, { month, number }, async () => {
      const { totalCents, currency } = await pushInvoice(ctx, tenant, id, by);
      return entryOf(tenant, month, 'pushed', { number, totalCents, currency });
    });
    const own = entries.find((entry) => entry.outcome === 'finalized' && entry.number === number);
    if (own && pushed.outcome === 'pushed') own.outcome = 'pushed';
    else await add(pushed);
  }
}

async function attempt<Result>(
  { ctx, tenant }: Part,
  { month, number }: { month: string; number: string | null },
  work: () => Promise<Result>,
): Promise<Result | CloseEntry> {
  try {
    return await work();
  } catch (error) {
    const told = toApiError(error);
    const isOurs = told.code === 'internal_error';
    if (isOurs) ctx.log.error({ err: error, tenant: tenant.slug, month }, 'a month could not be closed');
    const problem = isOurs ? 'Something went wrong on our side; see the log.' : told.message;
    return { ...entryOf(tenant, month, 'failed', { number }), problem };
  }
}

const notAsked = 'a dry run uses the ledger as it is and does not ask Vapi';

/**
 * What closing the month would do.
 * @param before the due month before it, whose document would include late calls of the months up to then
 * @returns null when there is nothing to bill
 */
async function foretell(
  { ctx, tenant }: Part,
  month: string,
  before: string | undefined,
): Promise<CloseEntry | null> {
  const rated = await rateMonth(ctx.store, tenant.id, month);
  const lines = rated.lines.filter((line) => before === undefined || line.month > before);
  if (billsNothing({ lines })) return null;
  const { totalCents, currency } = await documentFor(ctx.store, tenant, { ...rated, lines });
  return { ...entryOf(tenant, month, 'would-finalize', { totalCents, currency }), notCompared: notAsked };
}

/** @returns null when there is nothing to bill */
async function closeMonth({ ctx, tenant, run, check, by }: Part, month: string): Promise<CloseEntry | null> {
  const notCompared = await check(tenant, monthInstants(tenant.timeZone, month));
  const draft = await draftInvoice(ctx, tenant, month, by);
  if (!draft) return null;
  await run.begin();
  const frozen = await finalizeInvoice(ctx, tenant, draft.row.id, by);
  const entry = entryOf(tenant, month, 'finalized', frozen);
  if (notCompared === null) return entry;
  return { ...entry, notCompared, problem: `Billed without comparing with Vapi. ${notCompared}.` };
}

/** The first month that is not over, still within the grace period, or later than the requested one. */
function overUntil({ ctx, tenant, request }: Pick<Part, 'ctx' | 'tenant' | 'request'>): string {
  const now = monthIn(tenant.timeZone, ctx.now() - request.graceHours * 3_600_000);
  return request.month === undefined || now <= request.month ? now : nextMonth(request.month);
}

/** Unbilled months in order, including skipped ones between billed months. */
async function dueMonths({ ctx, tenant, until }: Part): Promise<string[]> {
  const months = await unbilledMonths(ctx.store, tenant.id, until);
  // Late calls of billed months need a document: that of the last month that is over, if there is no other.
  const last = monthBefore(until);
  const billed = (await listBilledMonths(ctx.store, tenant.id)).map(({ month }) => month);
  if (billed.some((month) => month < last) && ![...billed, ...months].includes(last)) months.push(last);
  return months;
}
