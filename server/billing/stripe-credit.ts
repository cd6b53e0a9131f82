/** Brings to Stripe what is owed to a customer. */
import type { Context } from '../context.ts';
import type { InvoiceDocument } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { findInvoiceById, type InvoiceRow } from '../store/invoices.ts';
import type { StripeApi, StripeInvoice } from './stripe-api.ts';
import { syncInvoice } from './stripe-sync.ts';
import { advancePush, findAtStripe } from './stripe-withdraw.ts';

/**
 * An invoice that is open at Stripe is lowered itself, by a credit note of Stripe's. What goes beyond it, and what takes
 * back a paid invoice, lowers the customer's next invoices: Stripe applies the balance to those only.
 * @throws ApiError `conflict` while the invoice that it corrects is still to be brought to Stripe
 */
export async function pushCredit(
  ctx: Context,
  stripe: StripeApi,
  row: InvoiceRow,
  document: InvoiceDocument,
  customer: string,
): Promise<void> {
  const { currency } = document;
  const owedCents = -document.dueCents;
  const description = `Credit note ${document.number}`;
  const corrected = row.correctsId === null ? null : await findInvoiceById(ctx.store, row.correctsId);
  if (corrected && corrected.pushedAt === null && corrected.status !== 'paid') {
    throw new ApiError('conflict', { detail: `${corrected.number} is not at Stripe yet: push it first.` });
  }
  const invoice = corrected && (await findAtStripe(stripe, corrected));
  const note = invoice && (await lower(stripe, invoice, row, owedCents, description));
  const restCents = owedCents - (note?.amountCents ?? 0);
  // Of an unpaid invoice that Stripe collects no more (void, given up, deleted) nothing is owed to anybody.
  const collected =
    !corrected || corrected.status === 'paid' || invoice?.status === 'open' || invoice?.status === 'paid';
  let entry: string | null = null;
  if (restCents > 0 && collected) {
    const [given] = await stripe.listBalanceEntries(customer, row.id);
    const change = { amountCents: -restCents, currency, description };
    entry = given?.id ?? (await stripe.changeBalance(customer, row.id, change));
  }
  const now = ctx.now();
  const stripeId = note?.id ?? entry;
  await advancePush(ctx, row, { status: 'paid', stripeId, pushedAt: now, paidAt: now });
  if (invoice) await syncInvoice(ctx, invoice.id);
}

/** @returns Stripe's credit note on the invoice, made now or before; null when there is nothing to lower */
async function lower(
  stripe: StripeApi,
  invoice: StripeInvoice,
  row: InvoiceRow,
  owedCents: number,
  memo: string,
): Promise<{ id: string; amountCents: number } | null> {
  const made = await stripe.findCreditNote(invoice.id, row.id);
  if (made) return made;
  const amountCents = invoice.status === 'open' ? Math.min(owedCents, invoice.remainingCents) : 0;
  if (amountCents === 0) return null;
  const id = await stripe.createCreditNote(invoice.id, row.id, { amountCents, memo });
  return { id, amountCents };
}
