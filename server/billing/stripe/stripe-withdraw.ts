/**
 * Takes back at Stripe what no longer counts here, or is no longer to be paid. A document may be voided, or booked as
 * paid, while it is being brought to Stripe: whoever does it looks at Stripe after the books say so, and who pushes looks
 * at the books after each thing it made. So whichever comes first, one of the two sees the other.
 */

import type { Actor } from '../../access/audit.ts';
import type { Context } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { advanceInvoice, findInvoiceById, type InvoiceRow } from '../../store/invoices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { checkVoidable, voidInvoice } from '../books/invoicing.ts';
import { resumeSettled } from '../books/unpaid-pause.ts';
import type { BillingContext } from './billing-context.ts';
import { type StripeApi, type StripeInvoice, stripeFailure } from './stripe-api.ts';
import { makeOnce } from './stripe-once.ts';

/**
 * Withdraws a document of ours from Stripe, if it is there, and takes it out of our books. Of a void one it withdraws
 * what is left at Stripe.
 * @throws ApiError as `voidInvoice`, and `stripe_unavailable`: call it again
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
  const done = await voidInvoice(ctx.store, tenant, row.id, by, ctx.now());
  await withdraw(ctx, done);
  await resumeSettled(ctx, tenant.id);
  return done;
}

/**
 * Where an earlier push has left it: by Stripe's id, else (it may be a draft that
 * was deleted) by our mark among the invoices of the customer that the push
 * was for. Null when Stripe has none.
 */
export async function findAtStripe(stripe: StripeApi, row: InvoiceRow): Promise<StripeInvoice | null> {
  const known = row.stripeId ? await stripe.getInvoice(row.stripeId) : null;
  return known ?? (row.stripeCustomerId ? stripe.findInvoice(row.stripeCustomerId, row.id) : null);
}

/** @throws ApiError `conflict` when it is paid at Stripe, `stripe_unavailable` */
export async function withdraw(ctx: BillingContext, row: InvoiceRow): Promise<void> {
  await atStripe(ctx, row, (stripe) => withdrawInvoice(ctx, stripe, row));
}

/**
 * Takes care that nobody pays at Stripe what has been paid outside it.
 * @returns true when Stripe has been paid itself
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

/** Nothing, when no push has begun. What a credit note gives is taken back in either case. */
async function atStripe(
  ctx: BillingContext,
  row: InvoiceRow,
  work: (stripe: StripeApi) => Promise<boolean>,
): Promise<boolean> {
  if (row.stripeId === null && row.stripeCustomerId === null) return false;
  const { stripe } = ctx;
  if (!stripe) throw new ApiError('conflict', { detail: 'STRIPE_SECRET_KEY is not set.' });
  try {
    return await (row.dueCents < 0 ? withdrawCredit(ctx, stripe, row) : work(stripe));
  } catch (error) {
    throw stripeFailure(error);
  }
}

async function withdrawInvoice(ctx: Context, stripe: StripeApi, row: InvoiceRow): Promise<boolean> {
  const invoice = await findAtStripe(stripe, row);
  if (invoice?.status === 'paid') {
    throw new ApiError('conflict', { detail: 'It is paid at Stripe: issue a credit note instead.' });
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

/** An entry of a customer's balance stays for ever, and so does a credit note on what is closed: another takes it back. */
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
  const givenCents = kept - entries.reduce((sum, { amountCents }) => sum + amountCents, 0);
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

/** Writes down how far a push has come. @throws ApiError as `checkCounts` */
export async function advancePush(
  ctx: BillingContext,
  row: InvoiceRow,
  columns: Parameters<typeof advanceInvoice>[3],
): Promise<void> {
  const done = await advanceInvoice(ctx.store, row.id, ['finalized', 'overdue'], columns);
  if (!done) await checkCounts(ctx, row);
}

/** @throws ApiError `conflict` when it was voided or paid meanwhile: then what was made of it at Stripe is closed */
export async function checkCounts(ctx: BillingContext, { id }: InvoiceRow): Promise<void> {
  const now = await findInvoiceById(ctx.store, id);
  if (now?.status === 'void') {
    await withdraw(ctx, now);
    throw new ApiError('conflict', { detail: 'It was voided while it was brought to Stripe.' });
  }
  if (now?.status === 'paid' && now.pushedAt === null && !(await closeAtStripe(ctx, now))) {
    throw new ApiError('conflict', { detail: 'It was booked as paid while it was brought to Stripe.' });
  }
}
