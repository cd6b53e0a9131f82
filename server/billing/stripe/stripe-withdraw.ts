/**
 * Withdraws from Stripe what no longer counts here or no longer has to be paid. A document may be voided or booked as
 * paid while it is being pushed: that side checks Stripe after it has written the books, and the push checks the books
 * after each thing it creates. So whichever comes first, one of the two sees the other.
 */
import type { Actor } from '../../access/audit.ts';
import { sumCents } from '../../base/money.ts';
import type { Context } from '../../context.ts';
import { conflict } from '../../errors.ts';
import { advanceInvoice, findInvoiceById, type InvoiceRow } from '../../store/invoices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { checkVoidable, voidInvoice } from '../books/invoicing.ts';
import { resumeSettled } from '../books/unpaid-pause.ts';
import type { BillingContext } from './billing-context.ts';
import { type StripeApi, type StripeInvoice, stripeFailure } from './stripe-api.ts';
import { makeOnce } from './stripe-once.ts';

/**
 * Withdraws a document from Stripe, if it is there, and voids it in our books. For a void one it withdraws what is left
 * at Stripe.
 * @throws ApiError as `voidInvoice`, and `stripe_unavailable` (safe to retry)
 */
export async function voidEverywhere(
  ctx: BillingContext,
  tenant: Tenant,
  row: InvoiceRow,
  by: Actor,
): Promise<InvoiceRow> {
  if (row.status !== 'void') {
    await checkVoidable(ctx.store, row);
    await withdraw(ctx, row);
  }
  const done = await voidInvoice(ctx, tenant, row.id, by);
  await withdraw(ctx, done);
  await resumeSettled(ctx, tenant.id);
  return done;
}

/** By Stripe's id, else (a draft may have been deleted) by our tag among the invoices of the customer pushed to. */
export async function findAtStripe(stripe: StripeApi, row: InvoiceRow): Promise<StripeInvoice | null> {
  const known = row.stripeId ? await stripe.getInvoice(row.stripeId) : null;
  return known ?? (row.stripeCustomerId ? stripe.findInvoice(row.stripeCustomerId, row.id) : null);
}

/** @throws ApiError `conflict` when it is paid at Stripe, `stripe_unavailable` */
export async function withdraw(ctx: BillingContext, row: InvoiceRow): Promise<void> {
  await atStripe(ctx, row, (stripe) => withdrawInvoice(ctx, stripe, row));
}

/**
 * Ensures that what was paid outside Stripe cannot be paid there too.
 * @returns true when it has been paid at Stripe
 * @throws ApiError `stripe_unavailable`
 */
export function closeAtStripe(ctx: BillingContext, row: InvoiceRow): Promise<boolean> {
  return atStripe(ctx, row, async (stripe) => {
    const invoice = await findAtStripe(stripe, row);
    if (invoice?.status === 'draft') await stripe.deleteDraft(invoice.id);
    else if (invoice && invoice.status !== 'void' && invoice.status !== 'paid') {
      await end(ctx, stripe, invoice.id, 'pay');
    }
    return invoice?.status === 'paid';
  });
}

/** Does nothing when no push has begun. A credit note is withdrawn in either case. */
async function atStripe(
  ctx: BillingContext,
  row: InvoiceRow,
  work: (stripe: StripeApi) => Promise<boolean>,
): Promise<boolean> {
  if (row.stripeId === null && row.stripeCustomerId === null) return false;
  const { stripe } = ctx;
  if (!stripe) throw conflict('STRIPE_SECRET_KEY is not set.');
  try {
    return await (row.dueCents < 0 ? withdrawCredit(ctx, stripe, row) : work(stripe));
  } catch (error) {
    throw stripeFailure(error);
  }
}

async function withdrawInvoice(ctx: Context, stripe: StripeApi, row: InvoiceRow): Promise<boolean> {
  const invoice = await findAtStripe(stripe, row);
  if (invoice?.status === 'paid') {
    throw conflict('The invoice is paid at Stripe: issue a credit note instead.');
  }
  if (invoice?.status === 'draft') await stripe.deleteDraft(invoice.id);
  else if (invoice && invoice.status !== 'void') await end(ctx, stripe, invoice.id, 'void');
  return false;
}

/** For an invoice that is open at Stripe. */
async function end(ctx: Context, stripe: StripeApi, stripeId: string, how: 'pay' | 'void'): Promise<void> {
  const closed = async () => {
    const status = (await stripe.getInvoice(stripeId))?.status;
    return status === 'open' || status === 'uncollectible' ? null : true;
  };
  await makeOnce(ctx.store, `${stripeId}-${how}`, closed, async (key) => {
    await (how === 'pay' ? stripe.payOutside(stripeId, key) : stripe.voidInvoice(stripeId, key));
    return true;
  });
}

/** Balance entries, and credit notes on closed invoices, cannot be removed: a further entry reverses them. */
async function withdrawCredit(ctx: Context, stripe: StripeApi, row: InvoiceRow): Promise<boolean> {
  const customer = row.stripeCustomerId;
  if (!customer) return false;
  const corrected = row.correctsId === null ? null : await findInvoiceById(ctx.store, row.correctsId);
  const invoice = corrected && (await findAtStripe(stripe, corrected));
  const note = invoice && (await stripe.findCreditNote(invoice.id, row.id));
  if (note && invoice.status === 'open') {
    const gone = async () => ((await stripe.findCreditNote(invoice.id, row.id)) ? null : true);
    await makeOnce(ctx.store, `${note.id}-void`, gone, async (key) => {
      await stripe.voidCreditNote(note.id, key);
      return true;
    });
  }
  const kept = note && invoice.status !== 'open' ? note.amountCents : 0;
  const entries = await stripe.listBalanceEntries(customer, row.id);
  const givenCents = kept - sumCents(entries);
  if (givenCents === 0) return false;
  const { currency, number } = row;
  const entry = { amountCents: givenCents, currency, description: `Credit note ${number} is void` };
  const taken = async () => {
    const all = await stripe.listBalanceEntries(customer, row.id);
    return all.find(({ amountCents }) => amountCents === givenCents) ?? null;
  };
  await makeOnce(ctx.store, `${row.id}-credit-back`, taken, (key) =>
    stripe.changeBalance(customer, row.id, entry, key),
  );
  return false;
}

/** Records the progress of a push. @throws ApiError as `checkCounts` */
export async function advancePush(
  ctx: BillingContext,
  row: InvoiceRow,
  columns: Parameters<typeof advanceInvoice>[3],
): Promise<void> {
  const done = await advanceInvoice(ctx.store, row.id, ['finalized', 'overdue'], columns);
  if (!done) await checkCounts(ctx, row);
}

/** @throws ApiError `conflict` when it was voided or paid in the meantime; what was created at Stripe is then closed */
export async function checkCounts(ctx: BillingContext, { id }: InvoiceRow): Promise<void> {
  const now = await findInvoiceById(ctx.store, id);
  if (now?.status === 'void') {
    await withdraw(ctx, now);
    throw conflict('The document was voided while it was being pushed.');
  }
  if (now?.status === 'paid' && now.pushedAt === null && !(await closeAtStripe(ctx, now))) {
    throw conflict('The document was booked as paid while it was being pushed.');
  }
}
