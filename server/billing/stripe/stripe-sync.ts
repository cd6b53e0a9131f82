/**
 * Takes over an invoice's state from Stripe. An event only says that something has changed: the state itself is read
 * from Stripe, so events may come late, twice or in any order.
 */
import { recordChange } from '../../access/audit.ts';
import { aboutInvoice, raiseNotice } from '../../access/notices/notices.ts';
import { amountInWords } from '../../base/money.ts';
import type { Context } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import {
  advanceInvoice,
  findInvoiceById,
  findInvoiceByStripeId,
  type InvoiceRow,
  leftToPayCents,
  markStrayed,
} from '../../store/invoices.ts';
import { findTenantById, type Tenant } from '../../store/tenants.ts';
import { voidInvoice } from '../books/invoicing.ts';
import { resumeSettled } from '../books/unpaid-pause.ts';
import type { BillingContext } from './billing-context.ts';
import type { StripeInvoice } from './stripe-api.ts';
import type { StripeReversal } from './stripe-event.ts';

const by = { actor: 'stripe', requestId: 'webhook' };

/** @returns the document, null when the invoice is not ours; and the invoice at Stripe, null when it is gone */
export async function syncInvoice(
  ctx: BillingContext,
  stripeId: string,
): Promise<{ row: InvoiceRow | null; invoice: StripeInvoice | null }> {
  if (!ctx.stripe) return { row: null, invoice: null };
  const invoice = await ctx.stripe.getInvoice(stripeId);
  if (!invoice) return { row: await takeOverLoss(ctx, stripeId), invoice };
  const row = invoice.invoice === null ? null : await findInvoiceById(ctx.store, invoice.invoice);
  if (!row || row.status === 'draft' || row.status === 'void') return { row, invoice };
  // A duplicate that someone voided by hand says nothing about the one that counts.
  if (row.stripeId !== null && row.stripeId !== stripeId) return { row, invoice };
  if (invoice.status === 'void') await takeOverVoid(ctx, row);
  else await applyStripeStatus(ctx, row, invoice);
  const now = await findInvoiceById(ctx.store, row.id);
  if (now && now.status !== row.status) {
    const tenant = await findTenantById(ctx.store, row.tenantId);
    const before = { id: row.id, number: row.number, status: row.status };
    const change = {
      action: 'invoice.sync',
      tenant: tenant?.slug ?? null,
      before,
      after: { ...before, status: now.status },
    };
    await recordChange(ctx.store, { ...by, ...change }, ctx.now());
    await resumeSettled(ctx, row.tenantId);
  }
  return { row: now, invoice };
}

/** Where our books do not allow voiding, because a later month is billed or it has been corrected, a person decides. */
async function takeOverVoid(ctx: Context, row: InvoiceRow): Promise<void> {
  const tenant = await findTenantById(ctx.store, row.tenantId);
  if (!tenant) return;
  try {
    await voidInvoice(ctx, tenant, row.id, by);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await setAside(ctx, tenant, row, `The invoice is void at Stripe. ${error.message}`);
  }
}

/**
 * Notifies the operator of a payment that was or may be reversed: a dispute, a returned debit, a refund. Stripe still
 * calls the invoice paid, and so do the books: a person decides whether to ask for it again or credit it.
 * @param what the event's name at Stripe
 */
export async function tellReversal(
  ctx: BillingContext,
  what: string,
  reversal: StripeReversal,
): Promise<void> {
  for (const stripeId of (await ctx.stripe?.listPaidBy(reversal.paymentIntent)) ?? []) {
    const known = await findInvoiceByStripeId(ctx.store, stripeId);
    const tenant = known && (await findTenantById(ctx.store, known.tenantId));
    if (!tenant) continue;
    // Events come in any order: the payment itself may not have been reported yet.
    const { row } = known.status === 'paid' ? { row: known } : await syncInvoice(ctx, stripeId);
    if (!row) continue;
    if (what === 'charge.failed') {
      // For one that is not paid there is `invoice.payment_failed`.
      if (row.status !== 'paid') continue;
      // It may be a late event of an attempt before the one that succeeded.
      if ((await ctx.stripe?.getInvoice(stripeId))?.status === 'paid') continue;
    }
    const { id, amountCents, state } = reversal;
    const currency = reversal.currency || row.currency;
    const { number: invoice, status } = row;
    const facts = { invoice, event: what, stripeId: id, amountCents, currency, state, status };
    // Each step of a dispute is reported once.
    const occasion = [row.number ?? row.id, what, id, amountCents].join(' ');
    await raiseNotice(
      ctx.store,
      tenant,
      { kind: 'payment-reversed', period: occasion, data: facts },
      ctx.now(),
    );
  }
}

/** Only a draft can be deleted at Stripe, so this is not our doing. */
async function takeOverLoss(ctx: Context, stripeId: string): Promise<InvoiceRow | null> {
  const row = await findInvoiceByStripeId(ctx.store, stripeId);
  const tenant = row && (await findTenantById(ctx.store, row.tenantId));
  // Before it is pushed it is a draft, which the next push creates again.
  if (!tenant || row.pushedAt === null) return row;
  await setAside(ctx, tenant, row, 'The invoice is no longer at Stripe.');
  return findInvoiceById(ctx.store, row.id);
}

/** From here on no one is paused for it, and every month close lists it until it is settled. */
async function setAside(ctx: Context, tenant: Tenant, row: InvoiceRow, reason: string): Promise<void> {
  await ctx.store.transaction().execute(async (db) => {
    if (!(await markStrayed(db, row.id, ctx.now()))) return;
    const { period, data } = aboutInvoice(row, await leftToPayCents(db, row));
    await raiseNotice(db, tenant, { kind: 'invoice-strayed', period, data: { ...data, reason } }, ctx.now());
  });
}

/** Applies Stripe's payment state. A void invoice is left to `syncInvoice`, which releases its calls. */
export async function applyStripeStatus(
  ctx: Context,
  row: InvoiceRow,
  invoice: StripeInvoice,
): Promise<void> {
  const { id } = row;
  const now = ctx.now();
  if (invoice.status === 'paid' && invoice.carriedCents > 0 && row.status !== 'paid') {
    const carried = amountInWords(invoice.carriedCents, invoice.currency);
    const owner = await findTenantById(ctx.store, row.tenantId);
    const reason = `Stripe calls the invoice paid but has received nothing: ${carried} is on the balance of ${invoice.customer}, for its next invoice.`;
    if (owner) await setAside(ctx, owner, row, reason);
    return;
  }
  if (invoice.status === 'paid') {
    await advanceInvoice(ctx.store, id, ['finalized', 'pushed', 'overdue'], { status: 'paid', paidAt: now });
    return;
  }
  const dueCents = leftAtStripe(await leftToPayCents(ctx.store, row), invoice);
  if (dueCents === 0) return;
  const tenant = await findTenantById(ctx.store, row.tenantId);
  await ctx.store.transaction().execute(async (db) => {
    if (isOverdue(row, invoice, now)) await advanceInvoice(db, id, ['pushed'], { status: 'overdue' });
    if (!tenant || !hasFailed(invoice)) return;
    await raiseNotice(db, tenant, { kind: 'payment-failed', ...aboutInvoice(row, dueCents) }, now);
  });
}

/** What is actually left: the customer's balance and partial payments reduce what our own documents leave. */
export function leftAtStripe(leftCents: number, { status, remainingCents }: StripeInvoice): number {
  return status === 'open' || status === 'uncollectible' ? Math.min(leftCents, remainingCents) : leftCents;
}

/** Uncollectible, charged without success, or past its due date; not while a bank has yet to decide. */
function isOverdue(row: InvoiceRow, invoice: StripeInvoice, nowMs: number): boolean {
  if (invoice.status === 'uncollectible') return true;
  if (invoice.status !== 'open' || invoice.payment === 'pending') return false;
  return hasFailed(invoice) || dueMsOf(row, invoice) < nowMs;
}

/** Only for automatic charges: a client who is sent the invoice may try until the due date. */
function hasFailed({ status, collection, payment }: StripeInvoice): boolean {
  return status === 'open' && collection === 'charge' && payment === 'failed';
}

/** When an invoice at Stripe becomes overdue, in epoch milliseconds: one charged automatically has no date there. */
export function dueMsOf({ dueAt, pushedAt }: InvoiceRow, invoice: StripeInvoice): number {
  return invoice.dueAt === null ? Math.max(dueAt ?? 0, pushedAt ?? 0) : invoice.dueAt * 1000;
}
