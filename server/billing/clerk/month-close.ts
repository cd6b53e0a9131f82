/**
 * Closes months: for each tenant, in order, every month that is over (by its own time zone, and a grace for late costs)
 * is drafted, finalized and, where the tenant is collected through Stripe, pushed. Each step is found done when the run
 * is started again, so a run may be killed at any point.
 */

import { randomUUID } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { Actor } from '../../access/audit.ts';
import { monthIn, nextMonth } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { CloseEntry, CloseReport, CloseRequest } from '../../contract.ts';
import { ApiError, toApiError } from '../../errors.ts';
import { createLedgerCheck, type LedgerCheck } from '../../metering/ledger-check.ts';
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
import { billsNothing, reckonMonth } from '../month/reckoning.ts';
import { monthBefore, monthInstants } from '../plan/period.ts';
import { segmentsOf } from '../plan/plan.ts';
import type { BillingContext } from '../stripe/billing-context.ts';
import { pushInvoice } from '../stripe/stripe-push.ts';
import { entryOf, tellCallsLeft } from './close-entries.ts';
import { type CloseRun, openRun } from './close-run.ts';

const lease = 'month-close';
/** What a killed run keeps the next one waiting for; a running one takes it anew all the time. */
const leaseMs = 60_000;
const renewMs = 15_000;

/**
 * @throws ApiError `invalid_request` when the month has ended nowhere; `conflict` while another process closes; `not_found` for an unknown tenant. What goes wrong with a
 *   tenant is in the report and keeps no other from being billed
 */
export async function closeMonths(
  ctx: BillingContext,
  request: CloseRequest,
  actor: string,
): Promise<CloseReport> {
  checkOver(request, ctx.now());
  const id = `run_${randomUUID()}`;
  const owned = () => takeLease(ctx.store, lease, id, ctx.now() + leaseMs, ctx.now());
  if (!(await owned())) {
    const until = new Date((await leaseEnd(ctx.store, lease, ctx.now())) ?? ctx.now()).toISOString();
    const detail = `Months are being closed already. A run that was killed holds this until ${until}: try again then.`;
    throw new ApiError('conflict', { detail });
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
      if (!(await owned())) throw new ApiError('conflict', { detail: 'Another process has taken over.' });
      // As in `ledger`: a thousand small tenants must not keep the requests waiting either.
      await otherWork();
      await closeTenant({ ctx, tenant, request, run, check, by: { actor, requestId: id } });
    }
    return await run.end();
  } finally {
    clearInterval(renewal);
    await giveLease(ctx.store, lease, id);
  }
}

/** Closed by its name, a month that still goes on would bill all those before it and say nothing of itself. */
function checkOver({ month }: CloseRequest, nowMs: number): void {
  // Where a month ends first; each tenant's own zone is looked at later.
  if (month === undefined || month < monthIn('Pacific/Kiritimati', nowMs)) return;
  const message = `${month} has not ended yet: name a month that is over`;
  throw new ApiError('invalid_request', { errors: [{ path: 'month', message }] });
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

/** One tenant's part of a run. */
interface Part {
  ctx: BillingContext;
  tenant: Tenant;
  request: CloseRequest;
  run: CloseRun;
  check: LedgerCheck;
  by: Actor;
}

const notAgain = 'It is void, and billed again only when a person drafts the month or closes it by its name.';

/** Whatever goes wrong in one step keeps neither the later ones nor the next tenants waiting. */
async function closeTenant(part: Part): Promise<void> {
  const { ctx, tenant, request, run } = part;
  const until = overUntil(part);
  const entries: CloseEntry[] = [];
  const add = async (entry: CloseEntry) => {
    entries.push(entry);
    await run.add(entry);
  };
  const step = async (work: () => Promise<void>) => {
    const failed = await attempt(part, { month: monthBefore(until), number: null }, work);
    // One trouble may meet several steps.
    if (failed && !entries.some(({ problem }) => problem === failed.problem)) await add(failed);
  };
  await step(() => billMonths(part, until, entries, add));
  await step(() => tellCallsLeft(ctx, tenant, until, entries, add));
  await step(() => tellStrayed(part, add));
  if (!request.dryRun) await step(() => pushAll(part, entries, add));
}

/**
 * A month that fails keeps the later ones of its tenant waiting, since months are billed in order. So does one whose
 * document somebody has made void: it would be back within the hour.
 */
async function billMonths(
  part: Part,
  until: string,
  entries: CloseEntry[],
  add: (entry: CloseEntry) => Promise<void>,
): Promise<void> {
  const { ctx, tenant, request } = part;
  const notCompared = await compareLast(part, monthBefore(until));
  const due = await dueMonths(part, until);
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
 * Before it is said that the month has nothing to bill: its calls may be such that nobody has told us of.
 * @returns what to say where that could not be asked and the month brings no entry of its own
 */
async function compareLast({ ctx, tenant, request, check }: Part, month: string): Promise<CloseEntry | null> {
  if (request.dryRun) return null;
  const isPlanned = segmentsOf(await listPlanVersions(ctx.store, tenant.id), month).length > 0;
  const document = isPlanned && (await findMonthInvoice(ctx.store, tenant.id, month));
  if (!isPlanned || (document && document.status !== 'draft')) return null;
  const notCompared = await check(tenant, monthInstants(tenant.timeZone, month));
  if (notCompared === null) return null;
  const problem = `Nothing to bill by our books, which could not be compared with Vapi. ${notCompared}.`;
  return { ...entryOf(tenant, month, 'failed'), notCompared, problem };
}

const strayed =
  'Stripe does not collect it any more: it is void or deleted there. Issue a credit note, book it as paid, or void it here after the later months.';

/** What Stripe collects no more, though a later month was billed by then: our books cannot follow by themselves. */
async function tellStrayed({ ctx, tenant }: Part, add: (entry: CloseEntry) => Promise<void>): Promise<void> {
  for (const row of await listStrayed(ctx.store, tenant.id)) {
    if ((await leftToPayCents(ctx.store, row)) === 0) continue;
    await add({ ...entryOf(tenant, row.month, 'failed', row), problem: strayed });
  }
}

/** Also what an earlier run has frozen and not brought to Stripe, and credit notes. */
async function pushAll(
  part: Part,
  entries: CloseEntry[],
  add: (entry: CloseEntry) => Promise<void>,
): Promise<void> {
  const { ctx, tenant, by } = part;
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
    const problem = isOurs ? 'Something went wrong on our side; the log tells what.' : told.message;
    return { ...entryOf(tenant, month, 'failed', { number }), problem };
  }
}

const notAsked = 'a dry run uses the ledger as it is and does not ask Vapi';

/**
 * What closing the month would do.
 * @param before the due month before it, whose document would take what came late for months up to then
 * @returns null when there is nothing to bill
 */
async function foretell(
  { ctx, tenant }: Part,
  month: string,
  before: string | undefined,
): Promise<CloseEntry | null> {
  const reckoned = await reckonMonth(ctx.store, tenant.id, month);
  const lines = reckoned.lines.filter((line) => before === undefined || line.month > before);
  if (billsNothing({ lines })) return null;
  const { totalCents, currency } = await documentFor(ctx.store, tenant, '', month, { ...reckoned, lines });
  return { ...entryOf(tenant, month, 'would-finalize', { totalCents, currency }), notCompared: notAsked };
}

/** @returns null when there is nothing to bill */
async function closeMonth({ ctx, tenant, run, check, by }: Part, month: string): Promise<CloseEntry | null> {
  const notCompared = await check(tenant, monthInstants(tenant.timeZone, month));
  const draft = await draftInvoice(ctx.store, tenant, month, by, ctx.now());
  if (!draft) return null;
  await run.begin();
  const frozen = await finalizeInvoice(ctx.store, tenant, draft.row.id, by, ctx.now());
  const entry = entryOf(tenant, month, 'finalized', frozen);
  if (notCompared === null) return entry;
  return { ...entry, notCompared, problem: `Billed without a comparison with Vapi. ${notCompared}.` };
}

/** The first month that is not over, or over too shortly for late costs, or later than what is asked for. */
function overUntil({ ctx, tenant, request }: Part): string {
  const now = monthIn(tenant.timeZone, ctx.now() - request.graceHours * 3_600_000);
  return request.month === undefined || now <= request.month ? now : nextMonth(request.month);
}

/** Months that are not billed, in their order; months between that have been passed over are among them. */
async function dueMonths({ ctx, tenant }: Part, until: string): Promise<string[]> {
  const months = await unbilledMonths(ctx.store, tenant.id, until);
  // What came late for billed months goes on a document of the last month that is over, if nothing else does by then.
  const last = monthBefore(until);
  const billed = (await listBilledMonths(ctx.store, tenant.id)).map(({ month }) => month);
  if (billed.some((month) => month < last) && ![...billed, ...months].includes(last)) months.push(last);
  return months;
}
