/** What a month close reports about one month of one tenant. */
import type { Actor } from '../../access/audit.ts';
import type { CloseEntry, CloseRequest } from '../../contract.ts';
import type { LedgerCheck } from '../../metering/ledger-check.ts';
import { listUnended } from '../../store/calls.ts';
import { findMonthInvoice } from '../../store/invoices.ts';
import { listPlanVersions } from '../../store/plans.ts';
import { handleOf, type Tenant } from '../../store/tenants.ts';
import { countOpenCalls, countUnplannedCalls, unconfirmedCalls } from '../month/open-calls.ts';
import { monthBefore, monthInstants } from '../plan/period.ts';
import type { BillingContext } from '../stripe/billing-context.ts';

/** One tenant's part of a run. */
export interface Part {
  ctx: BillingContext;
  tenant: Tenant;
  request: CloseRequest;
  check: LedgerCheck;
  by: Actor;
  /** No step begins once it is aborted. */
  limit: AbortSignal;
  /** When the run began, in epoch milliseconds, if it was interrupted at this tenant; otherwise null. */
  closedBefore: number | null;
  /** The first month that is not closed, `YYYY-MM`. */
  until: string;
  /** Of the months that this run has closed or tried to close. */
  entries: CloseEntry[];
  add: (entry: CloseEntry) => void;
}

export function entryOf(
  tenant: Tenant,
  month: string,
  outcome: CloseEntry['outcome'],
  document: { number?: string | null; totalCents?: number; currency?: string } = {},
): CloseEntry {
  const { number = null, totalCents = null, currency = null } = document;
  return { tenant: handleOf(tenant), month, outcome, number, totalCents, currency, openCalls: 0 };
}

/**
 * Reports the calls that are on no document, in the month's entry or in one of their own. Waiting calls are reported by
 * every run for as long as they wait; calls without a plan when their month is closed, and while the last month has no
 * document.
 */
export async function tellCallsLeft({ ctx, tenant, until, entries, add }: Part): Promise<void> {
  const { store } = ctx;
  const versions = await listPlanVersions(store, tenant.id);
  const open = await countOpenCalls(store, tenant.id, versions, until);
  const unconfirmed = await unconfirmedCalls(store, tenant.id, versions, until);
  const last = monthBefore(until);
  const lastBilled = await findMonthInvoice(store, tenant.id, last);
  const closed = entries.filter(isClosed).map(({ month }) => month);
  const unplanned = new Map<string, number>();
  for (const month of new Set([...closed, ...(lastBilled && lastBilled.status !== 'draft' ? [] : [last])])) {
    unplanned.set(month, await countUnplannedCalls(store, tenant.id, versions, month));
  }
  for (const entry of entries.filter(isClosed)) {
    const period = monthInstants(tenant.timeZone, entry.month);
    const ids = await listUnended(store, tenant.id, period, 100);
    if (ids.length === 0) continue;
    entry.callsInProgress = ids;
    const told = `In progress: ${ids.length === 100 ? '100 calls or more' : callsInWords(ids.length)}, on an invoice once ended.`;
    entry.problem = sentences(entry.problem, told);
  }
  for (const month of [...new Set([...open.keys(), ...unplanned.keys(), ...unconfirmed.keys()])].sort()) {
    const openCalls = open.get(month) ?? 0;
    const unplannedCalls = unplanned.get(month) ?? 0;
    const waiting = unconfirmed.get(month) ?? [];
    if (openCalls + unplannedCalls + waiting.length === 0) continue;
    const own = entries.find((entry) => entry.month === month && isClosed(entry));
    const entry = own ?? entryOf(tenant, month, 'calls-left');
    entry.openCalls = openCalls;
    if (waiting.length > 0) entry.unconfirmedCalls = waiting.slice(0, 100);
    if (unplannedCalls > 0) entry.unplannedCalls = unplannedCalls;
    entry.problem = sentences(
      entry.problem,
      openCalls > 0 &&
        `${callsInWords(openCalls)} without a known duration or cost: on an invoice once it is known.`,
      waiting.length > 0 &&
        `${callsInWords(waiting.length)} that Vapi has not confirmed: on an invoice once it has.`,
      unplannedCalls > 0 && `${callsInWords(unplannedCalls)} on days without a plan: on no invoice.`,
    );
    if (!own) add(entry);
  }
}

/** Before the last step, only what an interrupted try has billed is pushed. */
function isClosed({ outcome }: CloseEntry): boolean {
  return /^(would-finalize|finalized|pushed)$/.test(outcome);
}

const callsInWords = (count: number) => `${count} ${count === 1 ? 'call' : 'calls'}`;

const sentences = (...texts: (string | false | undefined)[]) => texts.filter(Boolean).join(' ');
