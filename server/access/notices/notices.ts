/** Notices to the operator about a tenant: one per kind and period, kept in the store until delivered. */
import { iso } from '../../base/iso.ts';
import { dayMs, monthIn, nextMonth } from '../../base/time-zone.ts';
import type { NoticeKind } from '../../contract.ts';
import { type Balance, balanceOf } from '../../ledger/invoice-balance.ts';
import { findSeller } from '../../store/billing-accounts.ts';
import type { Queries } from '../../store/database.ts';
import { listNumbered } from '../../store/invoice-lists.ts';
import type { InvoiceRow } from '../../store/invoices.ts';
import {
  countNotices,
  insertNotice,
  listNoticesOf,
  type Notice,
  saveNoticePayload,
} from '../../store/notices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { sumUsage } from '../../store/usage.ts';

/** Sent even to an operator that has set no alerts: about invoices, and a key that may still work. */
const always: NoticeKind[] = [
  'key-not-changed',
  'payment-failed',
  'invoice-overdue',
  'paused-unpaid',
  'resumed-paid',
  'invoice-strayed',
  'payment-reversed',
];

/** Raised per call, and anyone who knows the webhook secret can invent calls; or each time that an assistant is changed. */
const limited: NoticeKind[] = ['cost-refused', 'call-unknown', 'not-reporting'];
const perDay = 20;

/** Of what is sent to the client, its own; else the tenant's `alerts`; without them, what is always sent goes to the seller. */
export async function addresseesOf(
  db: Queries,
  tenant: Tenant,
  kind: NoticeKind,
): Promise<{ url?: string | undefined; email?: string | undefined }> {
  if (kind === 'lead-sent')
    return { url: tenant.leads?.url ?? undefined, email: tenant.leads?.email ?? undefined };
  if (tenant.alerts) return tenant.alerts;
  return always.includes(kind) ? { email: (await findSeller(db))?.email } : {};
}

interface RaisedNotice {
  kind: NoticeKind;
  period: string;
  data: Record<string, unknown>;
  /** When it is delivered, in epoch milliseconds; at once by default. */
  dueAt?: number;
}

/**
 * Written in the same transaction as its cause, so it is sent exactly when that is committed. Of a kind that is raised
 * per call or change, only a day's first twenty are sent.
 * @param period it is raised once for each: a day, a month, an invoice's number, a call's id
 */
export async function raiseNotice(
  db: Queries,
  tenant: Tenant,
  { kind, period, data, dueAt }: RaisedNotice,
  nowMs: number,
): Promise<void> {
  if (!tenant.alerts && !always.includes(kind) && kind !== 'lead-sent') return;
  if (limited.includes(kind) && (await countNotices(db, tenant.id, kind, nowMs - dayMs)) >= perDay) return;
  const { url, email } = await addresseesOf(db, tenant, kind);
  if (kind === 'lead-sent' && !url && !email) return;
  const notice = {
    tenantId: tenant.id,
    kind,
    period,
    payload: JSON.stringify({
      type: `tenant.${kind}`,
      timestamp: iso(nowMs),
      data: { tenant: tenant.slug, period, ...data },
    }),
    createdAt: nowMs,
    urlPending: url ? 1 : 0,
    emailPending: email ? 1 : 0,
  };
  await insertNotice(db, notice, dueAt);
}

/** What the tenant's notices of this kind ask for has been done; they say so from now on, delivered or not. */
export async function settleNotices(
  db: Queries,
  tenantId: string,
  kind: NoticeKind,
  nowMs: number,
): Promise<void> {
  for (const { id, payload } of await listNoticesOf(db, tenantId, kind)) {
    const parsed = JSON.parse(payload) as { data: { settledAt?: string } };
    if (parsed.data.settledAt !== undefined) continue;
    const data = { ...parsed.data, settledAt: iso(nowMs) };
    await saveNoticePayload(db, id, JSON.stringify({ ...parsed, data }));
  }
}

/** Of a notice about an invoice, raised once for each: its period and data. */
export function aboutInvoice({ id, number, currency }: InvoiceRow, dueCents: number) {
  return { period: number ?? id, data: { invoice: number, dueCents, currency } };
}

/** Current balances of the invoices that the notices name, by the notice's id. */
export async function balancesOf(
  db: Queries,
  notices: Pick<Notice, 'id' | 'payload'>[],
): Promise<Map<string, Balance>> {
  const numbers = new Map<string, string>();
  for (const { id, payload } of notices) {
    const { invoice } = (JSON.parse(payload) as { data: { invoice?: unknown } }).data;
    if (typeof invoice === 'string') numbers.set(id, invoice);
  }
  const rows = await listNumbered(db, [...new Set(numbers.values())]);
  const balances = new Map(rows.map((row) => [row.number, balanceOf(row)]));
  return new Map(
    [...numbers].flatMap(([id, number]) => {
      const balance = balances.get(number);
      return balance ? [[id, balance] as const] : [];
    }),
  );
}

/** Raises notices when this month's known cost has reached 80% and 100% of the budget. */
export async function noticeBudget(db: Queries, tenant: Tenant, nowMs: number): Promise<void> {
  if (!tenant.alerts) return;
  const month = monthIn(tenant.timeZone, nowMs);
  const [sum] = await sumUsage(db, tenant.id, `${month}-01`, `${nextMonth(month)}-01`, 'all');
  const spentMicros = sum?.costMicros ?? 0;
  const budgetMicros = tenant.limits.monthlyBudgetMicros;
  const data = { spentMicros, budgetMicros };
  if (spentMicros * 5 >= budgetMicros * 4)
    await raiseNotice(db, tenant, { kind: 'budget-80', period: month, data }, nowMs);
  if (spentMicros >= budgetMicros)
    await raiseNotice(db, tenant, { kind: 'budget-100', period: month, data }, nowMs);
}
