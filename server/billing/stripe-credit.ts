/** Brings to Stripe what is owed to a customer. */
import type { Context } from '../context.ts';
import type { InvoiceDocument } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { findInvoiceById, type InvoiceRow } from '../store/invoices.ts';
import type { StripeApi, StripeCredit, StripeInvoice } from './stripe-api.ts';
import { findOrMake } from './stripe-once.ts';
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
  if (corrected && isOnItsWay(corrected)) {
    throw new ApiError('conflict', { detail: `${corrected.number} is not at Stripe yet: push it first.` });
  }
  const invoice = corrected && (await findAtStripe(stripe, corrected));
  // Another customer may have been linked since a push that was killed.
  const payer = (await hasEntry(stripe, row)) ? (row.stripeCustomerId ?? customer) : customer;
  await advancePush(ctx, row, { stripeCustomerId: payer });
  const note = invoice && (await lower(ctx, stripe, invoice, row, owedCents, description));
  const restCents = owedCents - (note?.amountCents ?? 0);
  // Of an unpaid invoice that Stripe collects no more (void, given up, deleted) nothing is owed to anybody.
  const collected =
    !corrected || corrected.status === 'paid' || invoice?.status === 'open' || invoice?.status === 'paid';
  const change = { amountCents: -restCents, currency, description };
  const entry =
    restCents > 0 && collected
      ? await findOrMake(
          ctx.store,
          `${row.id}-credit`,
          async () => (await stripe.listBalanceEntries(payer, row.id))[0] ?? null,
          (key) => stripe.changeBalance(payer, row.id, change, key),
        )
      : null;
  const now = ctx.now();
  const stripeId = (note ?? entry)?.id ?? null;
  await advancePush(ctx, row, { status: 'paid', stripeId, pushedAt: now, paidAt: now });
  if (invoice) await syncInvoice(ctx, invoice.id);
}

/** Not at Stripe yet, though it is to be paid there. */
function isOnItsWay({ status, pushedAt, strayedAt }: InvoiceRow): boolean {
  return pushedAt === null && strayedAt === null && status !== 'paid';
}

async function hasEntry(stripe: StripeApi, { id, stripeCustomerId }: InvoiceRow): Promise<boolean> {
  return stripeCustomerId !== null && (await stripe.listBalanceEntries(stripeCustomerId, id)).length > 0;
}

/** @returns Stripe's credit note on the invoice, made now or before; null when there is nothing to lower */
async function lower(
  ctx: Context,
  stripe: StripeApi,
  invoice: StripeInvoice,
  row: InvoiceRow,
  owedCents: number,
  memo: string,
): Promise<StripeCredit | null> {
  const made = () => stripe.findCreditNote(invoice.id, row.id);
  const amountCents = invoice.status === 'open' ? Math.min(owedCents, invoice.remainingCents) : 0;
  if (amountCents === 0) return made();
  return findOrMake(ctx.store, `${row.id}-credit-note`, made, (key) =>
    stripe.createCreditNote(invoice.id, row.id, { amountCents, memo }, key),
  );
}
