/** What we read of an invoice at Stripe. Pure. */
import type Stripe from 'stripe';

/** The metadata key on Stripe's objects by which our document is found again. */
export const invoiceTag = 'vapi_agent_invoice';

/** The parts of an invoice at Stripe that we read. */
export interface StripeInvoice {
  id: string;
  /** Ours. */
  invoice: string | null;
  status: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
  customer: string;
  collection: 'send' | 'charge';
  totalCents: number;
  /** What Stripe asks for, or would for a draft: the total, with the customer's balance once applied. */
  askedCents: number;
  /** The customer's balance before finalization: added to the invoice; negative: deducted. */
  balanceCents: number;
  /** What is still to be paid, after credit notes and the customer's balance. */
  remainingCents: number;
  /** What it left on the customer's balance; positive: Stripe asks for that with the next invoice instead. */
  carriedCents: number;
  currency: string;
  /** Epoch seconds. */
  dueAt: number | null;
  /** Outcome of the last attempt to charge it, which may take a bank days. Only known from `getInvoice`. */
  payment: 'none' | 'pending' | 'failed';
  /** The page on which it can be paid. */
  url: string | null;
}

export function view(invoice: Stripe.Invoice): StripeInvoice {
  return {
    id: invoice.id ?? '',
    invoice: invoice.metadata?.[invoiceTag] ?? null,
    status: (invoice.status ?? 'draft') as StripeInvoice['status'],
    customer: typeof invoice.customer === 'string' ? invoice.customer : (invoice.customer?.id ?? ''),
    collection: invoice.collection_method === 'send_invoice' ? 'send' : 'charge',
    totalCents: invoice.total,
    askedCents: invoice.amount_due,
    balanceCents: invoice.starting_balance,
    remainingCents: invoice.amount_remaining,
    carriedCents: invoice.ending_balance ?? 0,
    currency: invoice.currency,
    dueAt: invoice.due_date,
    payment: paymentOf(invoice),
    url: invoice.hosted_invoice_url ?? null,
  };
}

/** `attempted` says nothing about the outcome; the payment intents do. */
function paymentOf({ attempted, payments }: Stripe.Invoice): StripeInvoice['payment'] {
  const states = (payments?.data ?? []).flatMap(({ payment: { payment_intent: intent } }) =>
    typeof intent === 'object' ? [intent.status] : [],
  );
  if (states.includes('processing')) return 'pending';
  const failed = states.some((state) => state === 'requires_payment_method' || state === 'canceled');
  return attempted && failed ? 'failed' : 'none';
}
