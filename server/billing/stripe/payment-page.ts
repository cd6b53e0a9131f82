import type { InvoiceRow } from '../../store/invoices.ts';
import type { BillingContext } from './billing-context.ts';
import { stripeFailure } from './stripe-api.ts';

/**
 * The page at Stripe where the client can view and pay an invoice. Fetched each time, because the URL expires.
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
