/** What the billing uses of Stripe; `stripe-api.ts` is what calls it. */
import type { Party } from '../../contract.ts';
import type { StripeEvent } from './stripe-event.ts';
import type { StripeInvoice } from './stripe-invoice.ts';

export interface StripeLine {
  /** Our line number; a merged line has the number of its first. */
  no: number;
  description: string;
  amountCents: number;
  /** Epoch seconds. */
  period: { start: number; end: number };
}

export interface NewStripeInvoice {
  /** Ours. */
  id: string;
  number: string;
  customer: string;
  currency: string;
  collection: 'send' | 'charge';
  /** The buyer's, as printed. */
  taxId: string | null;
  /** Why no VAT is charged, which must be on the invoice. */
  taxReason: string | null;
  /** Epoch seconds, in the future; for `send`. */
  dueAt: number;
  sha256: string;
}

/** A credit note at Stripe, or an entry of a customer's balance. */
export interface StripeCredit {
  id: string;
  amountCents: number;
}

export interface StripeCustomer {
  /** Where Stripe would send invoices. */
  email: string | null;
  /** Added to the next invoice; negative: deducted. In the smallest units of the customer's currency. */
  balanceCents: number;
}

export interface StripeApi {
  /** Stripe's search may lag by a minute. For accounts without search all customers are listed. */
  findCustomer(tenantId: string): Promise<string | null>;
  /** Without a name, which `updateCustomer` sets, so that a repeated request is identical. */
  createCustomer(tenantId: string, key: string): Promise<string>;
  /** Fields that the buyer lacks stay unchanged at Stripe. */
  updateCustomer(customer: string, buyer: Party): Promise<StripeCustomer>;
  findInvoice(customer: string, id: string): Promise<StripeInvoice | null>;
  /** Null when it does not exist: a draft may have been deleted. */
  getInvoice(stripeId: string): Promise<StripeInvoice | null>;
  /** A draft that Stripe does not advance automatically. */
  createInvoice(invoice: NewStripeInvoice, key: string): Promise<StripeInvoice>;
  /** As Stripe has them, by our line numbers. */
  listLines(stripeId: string): Promise<{ no: number; amountCents: number }[]>;
  addLines(stripeId: string, lines: StripeLine[], key: string): Promise<void>;
  finalizeInvoice(stripeId: string, collection: 'send' | 'charge', key: string): Promise<StripeInvoice>;
  sendInvoice(stripeId: string, key: string): Promise<void>;
  deleteDraft(stripeId: string): Promise<void>;
  /** Only an open or uncollectible one. */
  voidInvoice(stripeId: string, key: string): Promise<void>;
  /** Marks an open invoice as paid outside Stripe, without charging it. */
  payOutside(stripeId: string, key: string): Promise<void>;
  /** Stripe's credit note on an invoice that corresponds to one of ours; a void one does not count. */
  findCreditNote(stripeId: string, id: string): Promise<StripeCredit | null>;
  /** @param note with a positive amount, at most what remains to be paid */
  createCreditNote(
    stripeId: string,
    id: string,
    note: { amountCents: number; memo: string },
    key: string,
  ): Promise<StripeCredit>;
  /** Only while its invoice is open. */
  voidCreditNote(creditNoteId: string, key: string): Promise<void>;
  /** Stripe's ids of the invoices that a payment was for. */
  listPaidBy(paymentIntent: string): Promise<string[]>;
  /**
   * How much of a balance owed does not come from our documents (but from the dashboard, or an invoice too small to be
   * charged), judged by its newest entries back to where it was zero.
   */
  foreignDebtCents(customer: string, balanceCents: number): Promise<number>;
  /** The entries of the customer's balance for one of our documents. */
  listBalanceEntries(customer: string, id: string): Promise<StripeCredit[]>;
  /** @param entry added to the customer's next invoices; negative: deducted */
  changeBalance(
    customer: string,
    id: string,
    entry: { amountCents: number; currency: string; description: string },
    key: string,
  ): Promise<StripeCredit>;
  /**
   * @param signature the header `Stripe-Signature`
   * @throws when the signature is not Stripe's or is older than five minutes
   */
  readEvent(body: string, signature: string, nowMs: number): StripeEvent;
  /** Whether the key is of the live mode, and whether there is a secret to check events with. */
  isLive: boolean;
  hasWebhookSecret: boolean;
  /** Reads one customer; changes nothing. */
  checkKey(): Promise<'ok' | 'refused' | 'unreachable'>;
  /** Where the account's events are sent; null when the key may not know. */
  listWebhooks(): Promise<{ url: string; enabled: boolean; events: string[] }[] | null>;
}
