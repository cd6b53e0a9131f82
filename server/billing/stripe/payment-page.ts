import type { InvoiceRow } from '../../store/invoices.ts';
import type { BillingContext } from './billing-context.ts';
import { stripeFailure } from './stripe-api.ts';

/**
 * Where Stripe lets the client look at an invoice and pay it. Asked for each time, because the address expires.
 * @returns null when Stripe has no such page for it
 * @throws ApiError `stripe_unavailable`
 */
export async function paymentPageOf({ stripe }: BillingContext, row: InvoiceRow): Promise<string | null> {
  if (!stripe || !row.stripeId?.startsWith('in_')) return null;
  try {
    const url = URL.parse((await stripe.getInvoice(row.stripeId))?.url ?? '');
    return url?.protocol === 'https:' ? url.href : null;
  } catch (error) {
    throw stripeFailure(error);
  }
}
