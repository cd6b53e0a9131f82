/**
 * Closes one tenant's months: each that is over (in the tenant's time zone, plus a grace period for late costs) is drafted,
 * finalized and, if the tenant pays through Stripe, pushed. A repeated close skips the steps that are done, so it may be
 * killed at any point.
 */
import { monthIn, nextMonth } from '../../base/time-zone.ts';
import type { CloseEntry } from '../../contract.ts';
import { toApiError } from '../../errors.ts';
import {
  findMonthInvoice,
  type InvoiceRow,
  leftToPayCents,
  listBilledMonths,
  listStrayed,
  listUnpushed,
  listVoidedMonths,
} from '../../store/invoices.ts';
import { listPlanVersions } from '../../store/plans.ts';
import { draftInvoice, finalizeInvoice } from '../books/invoicing.ts';
import { accountOf, documentFor } from '../books/month-document.ts';
import { unbilledMonths } from '../month/months.ts';
import { billsNothing, rateMonth } from '../month/rated-month.ts';
import { monthBefore, monthInstants } from '../plan/period.ts';
import { segmentsOf } from '../plan/plan.ts';
import { isLimited } from '../stripe/stripe-api.ts';
import { pushInvoice } from '../stripe/stripe-push.ts';
import { entryOf, type Part, tellCallsLeft } from './close-entries.ts';

const notAgain =
  'The invoice is void. The month is billed again only when a person drafts it or closes it by name.';

/** A failure in one step holds up neither the later steps nor the next tenants. Adds to the entries as it goes. */
export async function closeTenant(base: Omit<Part, 'until' | 'add'>): Promise<void> {
  const { entries, limit, request } = base;
  const add = (entry: CloseEntry) => void entries.push(entry);
  const until = overUntil(base);
  const part: Part = { ...base, until, add };
  const step = async (work: () => Promise<void>) => {
    if (limit.aborted) return;
    const failed = await attempt(part, { month: monthBefore(until), number: null }, work);
    // Several steps may fail for the same reason.
    if (failed && !entries.some(({ problem }) => problem === failed.problem)) add(failed);
  };
  await step(() => reportBilledBefore(part));
  await step(() => billMonths(part));
  await step(() => tellCallsLeft(part));
  await step(() => tellStrayed(part));
  if (!request.dryRun) await step(() => pushAll(part));
}

/** About the last month that is over. */
export function failedEntry(part: Pick<Part, 'ctx' | 'tenant' | 'request'>, problem: string): CloseEntry {
  return { ...entryOf(part.tenant, monthBefore(overUntil(part)), 'failed'), problem };
}

/** What the same run has billed before it was interrupted: its report must not lack an invoice, or what it said of it. */
async function reportBilledBefore({ ctx, tenant, request, check, closedBefore, add }: Part): Promise<void> {
  // A dry run bills nothing: that was a close beside it.
  if (closedBefore === null || request.dryRun) return;
  for (const { month, finalizedAt } of await listBilledMonths(ctx.store, tenant.id)) {
    if (finalizedAt < closedBefore) continue;
    const row = await findMonthInvoice(ctx.store, tenant.id, month);
    if (!row) continue;
    const notCompared = await check(tenant, monthInstants(tenant.timeZone, month));
    add(
      billedEntry(entryOf(tenant, month, row.pushedAt === null ? 'finalized' : 'pushed', row), notCompared),
    );
  }
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
    if (part.limit.aborted) return;
    const before = voided.get(month);
    if (before && !before.isDrafted && request.month !== month) {
      add({ ...entryOf(tenant, month, 'voided', { number: before.number }), problem: notAgain });
      break;
    }
    const entry = await attempt(part, { month, number: null }, () =>
      request.dryRun ? foretell(part, month, due[index - 1]) : closeMonth(part, month),
    );
    if (!entry) continue;
    add(entry);
    if (entry.outcome === 'failed') break;
  }
  if (notCompared && !entries.some(({ month }) => month === notCompared.month)) add(notCompared);
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
    add({ ...entryOf(tenant, row.month, 'failed', row), problem: strayed });
  }
}

/** Includes what an earlier run froze but did not push, and credit notes. */
async function pushAll(part: Part): Promise<void> {
  const { ctx, tenant, entries, add } = part;
  const { collection } = await accountOf(ctx.store, tenant);
  if (collection === 'manual') return;
  for (const { id, month, number } of await listUnpushed(ctx.store, tenant.id)) {
    if (part.limit.aborted) return;
    const pushed = await attempt(part, { month, number }, async () => {
      const { totalCents, currency } = await pushPatiently(part, id);
      return entryOf(tenant, month, 'pushed', { number, totalCents, currency });
    });
    const own = entries.find((entry) => entry.outcome === 'finalized' && entry.number === number);
    if (own && pushed.outcome === 'pushed') own.outcome = 'pushed';
    else add(pushed);
  }
}

/** Too many requests at Stripe delay a push; they are no reason to leave it to a person. */
async function pushPatiently({ ctx, tenant, by, limit }: Part, id: string): Promise<InvoiceRow> {
  for (;;) {
    try {
      return await pushInvoice(ctx, tenant, id, by);
    } catch (error) {
      if (!isLimited(error) || limit.aborted || ctx.closing.isStopping) throw error;
    }
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
async function closeMonth({ ctx, tenant, check, by }: Part, month: string): Promise<CloseEntry | null> {
  const notCompared = await check(tenant, monthInstants(tenant.timeZone, month));
  const draft = await draftInvoice(ctx, tenant, month, by);
  if (!draft) return null;
  const frozen = await finalizeInvoice(ctx, tenant, draft.row.id, by);
  return billedEntry(entryOf(tenant, month, 'finalized', frozen), notCompared);
}

function billedEntry(entry: CloseEntry, notCompared: string | null): CloseEntry {
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
