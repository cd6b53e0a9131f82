/** A month's document: drafted any number of times, then frozen once. */
import { randomBytes } from 'node:crypto';
import { type Actor, recordChange } from '../../access/audit.ts';
import { iso } from '../../base/iso.ts';
import { dayMs } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { InvoiceDocument } from '../../contract.ts';
import { ApiError, conflict } from '../../errors.ts';
import { findBillingAccount, findSeller } from '../../store/billing-accounts.ts';
import { creditBalance, insertCredit } from '../../store/credits.ts';
import type { Queries } from '../../store/database.ts';
import { insertInvoiceCalls, pagesOfLine, releaseInvoiceCalls } from '../../store/invoice-calls.ts';
import { insertInvoiceLines, releaseInvoiceLines } from '../../store/invoice-lines.ts';
import { takeNumber } from '../../store/invoice-numbers.ts';
import {
  advanceInvoice,
  findInvoiceById,
  findMonthInvoice,
  hasNumber,
  type InvoiceRow,
  insertInvoice,
  listBilledMonths,
  listCorrections,
  lockInvoice,
  updateDraft,
} from '../../store/invoices.ts';
import { lockBilling } from '../../store/tenant-locks.ts';
import type { Tenant } from '../../store/tenants.ts';
import { reliesOnNote } from '../month/credited.ts';
import { unbilledMonths } from '../month/months.ts';
import { billsNothing, rateMonth } from '../month/rated-month.ts';
import { monthPeriod, startOfDay } from '../plan/period.ts';
import type { MonthLine, OpenCall } from '../plan/rating.ts';
import { hashOfCalls, lineKey, sha256Of } from './invoice-document.ts';
import { accountOf, documentFor } from './month-document.ts';
import { documentOf } from './views.ts';
import { beginSettlement, settleByWallet, undoSettlement } from './wallet-payment.ts';

/**
 * Creates the month's draft, or recalculates it.
 * @returns null when there is nothing to bill: no document is created then, and the month is closed as it is
 * @throws ApiError `conflict` when the month is already billed
 */
export async function draftInvoice(
  ctx: Context,
  tenant: Tenant,
  month: string,
  by: Actor,
): Promise<{ row: InvoiceRow; open: OpenCall[] } | null> {
  const nowMs = ctx.now();
  return ctx.store.transaction().execute(async (db) => {
    await lockBilling(db, tenant.id);
    const existing = await findMonthInvoice(db, tenant.id, month);
    if (existing && existing.status !== 'draft') throw conflict(`${month} is billed by ${existing.number}.`);
    const rated = await rateMonth(db, tenant.id, month);
    const nothing = billsNothing(rated);
    if (nothing && !existing) return null;
    const id = existing?.id ?? newInvoiceId();
    const figures = figuresOf(await documentFor(db, tenant, rated, { id }));
    if (existing) {
      await updateDraft(db, id, figures);
    } else {
      await insertInvoice(db, { ...blankInvoice(tenant.id, month, nowMs), ...figures, id, role: 'period' });
      const change = { action: 'invoice.draft', tenant: tenant.slug, before: null, after: { id, month } };
      await recordChange(db, { ...by, ...change }, nowMs);
    }
    return nothing ? null : { row: (await lockInvoice(db, id)) as InvoiceRow, open: rated.open };
  });
}

/**
 * A transaction in which nothing else changes the tenant's documents: two at once could both use the same prepaid
 * credit.
 * @throws ApiError `not_found` when the document is not the tenant's
 */
export function withInvoice<Result>(
  { store }: Context,
  tenant: Tenant,
  id: string,
  work: (db: Queries, row: InvoiceRow) => Promise<Result>,
): Promise<Result> {
  return store.transaction().execute(async (db) => {
    await lockBilling(db, tenant.id);
    const row = await lockInvoice(db, id);
    if (!row || row.tenantId !== tenant.id) throw new ApiError('not_found');
    return work(db, row);
  });
}

/**
 * Recalculates the draft one last time and freezes it: number, calls, lines, hash and credit in one transaction.
 * @throws ApiError `conflict` when the month is not over, an earlier one is not billed, there is nothing to bill, or no
 *   seller is set
 */
export async function finalizeInvoice(
  ctx: Context,
  tenant: Tenant,
  id: string,
  by: Actor,
): Promise<InvoiceRow> {
  const nowMs = ctx.now();
  return withInvoice(ctx, tenant, id, async (db, draft) => {
    if (draft.status !== 'draft') {
      throw conflict(`This invoice is no longer a draft: it is ${draft.number ?? draft.status}.`);
    }
    const { month } = draft;
    await checkOrder(db, tenant, month, nowMs);
    await beginSettlement(db, tenant.id, nowMs);
    const rated = await rateMonth(db, tenant.id, month, async (calls) => {
      const rows = calls.map((call) => ({ ...call, tenantId: tenant.id, invoiceId: id, active: 1 }));
      await insertInvoiceCalls(db, rows);
    });
    if (billsNothing(rated)) throw nothingToBill(month);
    const callHashes = await hashLines(db, id, rated.lines);
    const content = await documentFor(db, tenant, rated, { id, callHashes });
    const { dueDays } = await accountOf(db, tenant);
    const document = await issue(db, content, dueDays, nowMs);
    const lines = rated.lines.map(({ kind, month, planId, rate, billedSeconds, amountCents }, index) => ({
      ...{ invoiceId: id, no: index + 1, tenantId: tenant.id, active: 1 },
      ...{ kind, month, planId, rate, billedSeconds, amountCents },
    }));
    await insertInvoiceLines(db, lines);
    await useCredit(db, draft, document, nowMs);
    await freeze(db, id, document, nowMs);
    const after = { id, number: document.number, totalCents: document.totalCents };
    const change = { action: 'invoice.finalize', tenant: tenant.slug, before: null, after };
    await recordChange(db, { ...by, ...change }, nowMs);
    return (await lockInvoice(db, id)) as InvoiceRow;
  });
}

/** Read back from the database, so that every later reader hashes the same calls in the same order. */
async function hashLines(db: Queries, id: string, lines: MonthLine[]): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const line of lines) {
    const { kind, month, planId, rate } = line;
    if (rate === null || line.calls === 0) continue;
    hashes.set(lineKey(line), await hashOfCalls(pagesOfLine(db, id, { kind, month, planId, rate })));
  }
  return hashes;
}

export function nothingToBill(month: string): ApiError {
  return conflict(`There is nothing to bill in ${month}.`);
}

/**
 * Months are billed in order, so that none is skipped. One that had nothing to bill at the time may follow later ones.
 */
async function checkOrder(db: Queries, tenant: Tenant, month: string, nowMs: number): Promise<void> {
  if (nowMs < startOfDay(tenant.timeZone, monthPeriod(month).to)) {
    throw conflict(`${month} has not ended yet.`);
  }
  const [earlier] = await unbilledMonths(db, tenant.id, month);
  if (earlier) throw conflict(`${earlier} is not billed yet: bill it first.`);
}

/**
 * Assigns the document's number and dates.
 * @throws ApiError `conflict` while no seller is set, or when its prefix results in a number that is already taken
 */
export async function issue(
  db: Queries,
  content: InvoiceDocument,
  dueDays: number,
  nowMs: number,
): Promise<InvoiceDocument> {
  const { seller } = content;
  if (!seller) throw conflict('Set who issues the invoices first: PUT /v1/billing/seller.');
  const key = content.kind === 'invoice' ? 'invoicePrefix' : 'creditNotePrefix';
  const prefix = seller[key];
  const count = await takeNumber(db, content.kind);
  // The prefix may have changed between reading the seller and locking the series.
  if ((await findSeller(db))?.[key] !== prefix) throw conflict('The prefix was just changed: try again.');
  const number = `${prefix}-${String(count).padStart(6, '0')}`;
  if (await hasNumber(db, number)) {
    throw conflict(`${number} is already taken: choose another prefix, PUT /v1/billing/seller.`);
  }
  return {
    ...content,
    number,
    issuedAt: iso(nowMs),
    dueAt: iso(nowMs + dueDays * dayMs),
  };
}

/** From here on the document never changes. With nothing left to pay it is marked as paid. */
export async function freeze(
  db: Queries,
  id: string,
  document: InvoiceDocument,
  nowMs: number,
): Promise<void> {
  const settled = document.dueCents === 0;
  const done = await advanceInvoice(db, id, ['draft'], {
    ...figuresOf(document),
    status: settled ? 'paid' : 'finalized',
    number: document.number,
    sha256: sha256Of(document),
    finalizedAt: nowMs,
    dueAt: document.dueAt === null ? null : Date.parse(document.dueAt),
    paidAt: settled ? nowMs : null,
    collection: await collectionOf(db, document),
  });
  if (!done) throw new Error('the draft changed while it was being finalized');
}

/** A credit note is settled in the same way as the invoice that it corrects. */
async function collectionOf(
  db: Queries,
  { id, corrects }: InvoiceDocument,
): Promise<InvoiceRow['collection']> {
  const row = await findInvoiceById(db, corrects?.invoice ?? id);
  if (corrects || !row) return row?.collection ?? null;
  return (await findBillingAccount(db, row.tenantId))?.account.collection ?? 'manual';
}

/**
 * Voids a document: it keeps its number, and its calls can be billed again.
 * @throws ApiError `conflict` when it is paid or corrected, another month was billed after it, or (a credit note) a
 *   correction relies on it
 */
export async function voidInvoice(ctx: Context, tenant: Tenant, id: string, by: Actor): Promise<InvoiceRow> {
  const nowMs = ctx.now();
  return withInvoice(ctx, tenant, id, async (db, row) => {
    if (row.status === 'void') return row;
    await checkVoidable(db, row);
    // First, because the database releases only what a void document has billed.
    await advanceInvoice(db, id, [row.status], { status: 'void', voidedAt: nowMs });
    if (row.status !== 'draft') {
      await releaseInvoiceCalls(db, id);
      await releaseInvoiceLines(db, id);
      await returnCredit(db, row, documentOf(row), nowMs);
    }
    const before = { id, number: row.number, status: row.status };
    const change = { action: 'invoice.void', tenant: tenant.slug, before, after: null };
    await recordChange(db, { ...by, ...change }, nowMs);
    return (await lockInvoice(db, id)) as InvoiceRow;
  });
}

/** @throws ApiError `conflict` */
export async function checkVoidable(db: Queries, row: InvoiceRow): Promise<void> {
  if (row.status === 'paid' && row.dueCents !== 0) {
    throw conflict('This invoice is paid: issue a credit note instead.');
  }
  if ((await listCorrections(db, row.id)).length > 0) throw conflict('This invoice has a credit note.');
  const relying = row.role === 'correction' ? await reliesOnNote(db, row.tenantId, row.id) : null;
  if (relying) throw conflict(`${relying} relies on this credit note in a correction: void that first.`);
  if (row.role !== 'period' || row.status === 'draft') return;
  // Documents issued later may correct calls of this one.
  const billedAt = row.finalizedAt ?? 0;
  const later = (await listBilledMonths(db, row.tenantId)).find(
    ({ month, finalizedAt }) => finalizedAt > billedAt || (finalizedAt === billedAt && month > row.month),
  );
  if (later) {
    throw conflict(`${later.month} was billed after this invoice: void that first, or issue a credit note.`);
  }
}

/** Prepaid credit pays first, the wallet the rest. */
async function useCredit(
  db: Queries,
  { tenantId, id: invoiceId, month }: InvoiceRow,
  { creditCents, currency, number }: InvoiceDocument,
  nowMs: number,
): Promise<void> {
  const usedCents = Math.max(0, Math.min(creditCents, await creditBalance(db, tenantId, currency)));
  if (usedCents > 0) {
    const used = { kind: 'used', currency, amountCents: -usedCents, invoiceId, note: number ?? '' } as const;
    await insertCredit(db, { tenantId, at: nowMs, ...used });
  }
  const paid = { paidCents: creditCents - usedCents, currency, number };
  await settleByWallet(db, { tenantId, month, id: invoiceId }, paid, nowMs);
}

async function returnCredit(
  db: Queries,
  { tenantId, id }: InvoiceRow,
  { creditCents, currency, number }: InvoiceDocument,
  nowMs: number,
): Promise<void> {
  const byWalletCents = await undoSettlement(db, tenantId, { id, currency, number }, nowMs);
  const amountCents = creditCents - byWalletCents;
  if (amountCents <= 0) return;
  const returned = { kind: 'returned', currency, amountCents, invoiceId: id, note: number ?? '' } as const;
  await insertCredit(db, { tenantId, at: nowMs, ...returned });
}

export function newInvoiceId(): string {
  return `inv_${randomBytes(12).toString('base64url')}`;
}

export function figuresOf(document: InvoiceDocument) {
  const { kind, currency, totalCents, dueCents } = document;
  return { kind, currency, totalCents, dueCents, document: JSON.stringify(document) };
}

/** An invoice row without figures. */
export function blankInvoice(tenantId: string, month: string, nowMs: number) {
  return {
    tenantId,
    month,
    status: 'draft' as const,
    number: null,
    sha256: null,
    correctsId: null,
    request: null,
    stripeId: null,
    stripeCustomerId: null,
    collection: null,
    strayedAt: null,
    createdAt: nowMs,
    finalizedAt: null,
    dueAt: null,
    pushedAt: null,
    paidAt: null,
    voidedAt: null,
    pausedAt: null,
  };
}
