/**
 * The only place that knows Stripe. Every request that makes something carries an idempotency key, which is given by
 * `stripe-once`; what is older than Stripe's memory of them is found by our metadata.
 */
import Stripe from 'stripe';
import type { Party } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { readSubject, type StripeEvent } from './stripe-event.ts';
import { invoiceTag, type StripeInvoice, view } from './stripe-invoice.ts';

export type { StripeInvoice };

/** What we keep on Stripe's objects to find them again. */
const tenantTag = 'vapi_agent_tenant';
const lineTag = 'vapi_agent_line';

export interface StripeLine {
  /** Ours; the line that stands for the rest has the first of theirs. */
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
  /** The buyer's, as it is to be printed. */
  taxId: string | null;
  /** Epoch seconds, in the future; for `send`. */
  dueAt: number;
  sha256: string;
}

/** A credit note of Stripe's, or an entry of a customer's balance. */
export interface StripeCredit {
  id: string;
  amountCents: number;
}

export interface StripeCustomer {
  /** Where Stripe would send invoices to. */
  email: string | null;
  /** What the next invoice is raised by; negative: lowered. In the smallest units of the customer's currency. */
  balanceCents: number;
}

export interface StripeApi {
  /** Stripe's search may be a minute behind. Where an account has none, all customers are looked through. */
  findCustomer(tenantId: string): Promise<string | null>;
  /** Without a name: `updateCustomer` gives it one, so that a repetition asks for the same. */
  createCustomer(tenantId: string, key: string): Promise<string>;
  /** What the buyer does not have stays as it is at Stripe. */
  updateCustomer(customer: string, buyer: Party): Promise<StripeCustomer>;
  findInvoice(customer: string, id: string): Promise<StripeInvoice | null>;
  /** Null when it is not there: a draft may have been deleted. */
  getInvoice(stripeId: string): Promise<StripeInvoice | null>;
  /** A draft that Stripe does not touch by itself. */
  createInvoice(invoice: NewStripeInvoice, key: string): Promise<StripeInvoice>;
  /** By our line numbers, as Stripe has them. */
  listLines(stripeId: string): Promise<{ no: number; amountCents: number }[]>;
  addLines(stripeId: string, lines: StripeLine[], key: string): Promise<void>;
  finalizeInvoice(stripeId: string, collection: 'send' | 'charge', key: string): Promise<StripeInvoice>;
  sendInvoice(stripeId: string, key: string): Promise<void>;
  deleteDraft(stripeId: string): Promise<void>;
  /** Only one that is open or given up. */
  voidInvoice(stripeId: string, key: string): Promise<void>;
  /** Marks an open invoice as paid outside Stripe: nothing is charged. */
  payOutside(stripeId: string, key: string): Promise<void>;
  /** Stripe's credit note on an invoice for one of ours; a void one is none. */
  findCreditNote(stripeId: string, id: string): Promise<StripeCredit | null>;
  /** @param note positive, at most what remains to be paid */
  createCreditNote(
    stripeId: string,
    id: string,
    note: { amountCents: number; memo: string },
    key: string,
  ): Promise<StripeCredit>;
  /** Only while its invoice is open. */
  voidCreditNote(creditNoteId: string, key: string): Promise<void>;
  /** The invoices that a payment was for, by Stripe's ids. */
  listPaidBy(paymentIntent: string): Promise<string[]>;
  /**
   * How much of what the balance raises the next invoice by comes from elsewhere than our documents (the dashboard, an
   * invoice too small to be charged): its newest entries, back to where it was nothing, are looked at.
   */
  foreignDebtCents(customer: string, balanceCents: number): Promise<number>;
  /** The entries of the customer's balance that are for a document of ours. */
  listBalanceEntries(customer: string, id: string): Promise<StripeCredit[]>;
  /** @param entry what the customer's next invoices are raised by; negative: lowered */
  changeBalance(
    customer: string,
    id: string,
    entry: { amountCents: number; currency: string; description: string },
    key: string,
  ): Promise<StripeCredit>;
  /**
   * @param signature the header `Stripe-Signature`
   * @throws when the signature is not Stripe's, or older than five minutes
   */
  readEvent(body: string, signature: string, nowMs: number): StripeEvent;
}

/** @param apiUrl null = Stripe's own */
export function createStripeApi(
  secrets: { secretKey: string; webhookSecret: string | null },
  apiUrl: string | null,
): StripeApi {
  const url = apiUrl === null ? null : new URL(apiUrl);
  const stripe = new Stripe(secrets.secretKey, {
    telemetry: false,
    maxNetworkRetries: 2,
    timeout: 20_000,
    ...(url
      ? {
          host: url.hostname,
          port: url.port || (url.protocol === 'https:' ? 443 : 80),
          protocol: url.protocol === 'http:' ? ('http' as const) : ('https' as const),
        }
      : {}),
  });

  return {
    async findCustomer(tenantId) {
      const query = `metadata['${tenantTag}']:'${tenantId}'`;
      try {
        const { data } = await stripe.customers.search({ query, limit: 1 });
        return data[0]?.id ?? null;
      } catch (error) {
        if (!isUnsearchable(error)) throw error;
      }
      for await (const { id, metadata } of stripe.customers.list({ limit: 100 })) {
        if (metadata[tenantTag] === tenantId) return id;
      }
      return null;
    },

    async createCustomer(tenantId, idempotencyKey) {
      const metadata = { [tenantTag]: tenantId };
      return (await stripe.customers.create({ metadata }, { idempotencyKey })).id;
    },

    async updateCustomer(customer, { name, email, address: [line1, ...rest] }) {
      const updated = await stripe.customers.update(customer, {
        name,
        ...(email ? { email } : {}),
        // Ours is printed line by line; which of them is the town nobody has told us.
        ...(line1 ? { address: { line1, line2: rest.join(', ') } } : {}),
      });
      return { email: updated.email, balanceCents: updated.balance };
    },

    async findInvoice(customer, id) {
      // Listing is consistent at once; Stripe's search may be a minute behind.
      const invoices = await allOf(stripe.invoices.list({ customer, limit: 100 }));
      const own = invoices.find(({ metadata, status }) => metadata?.[invoiceTag] === id && status !== 'void');
      return own ? view(own) : null;
    },

    async getInvoice(stripeId) {
      const expand = ['payments.data.payment.payment_intent'];
      const invoice = await orNull(stripe.invoices.retrieve(stripeId, { expand }));
      return invoice && view(invoice);
    },

    async createInvoice(invoice, idempotencyKey) {
      const { id, number, customer, currency, collection, taxId, dueAt, sha256 } = invoice;
      const made = await stripe.invoices.create(
        {
          customer,
          currency,
          number,
          auto_advance: false,
          pending_invoice_items_behavior: 'exclude',
          // The document has its own discounts and tax: the customer's are not to come on top.
          discounts: '',
          automatic_tax: { enabled: false },
          metadata: { [invoiceTag]: id, vapi_agent_sha256: sha256 },
          ...(taxId ? { custom_fields: [{ name: 'Tax ID', value: taxId }] } : {}),
          ...(collection === 'send'
            ? { collection_method: 'send_invoice', due_date: dueAt }
            : { collection_method: 'charge_automatically' }),
        },
        { idempotencyKey },
      );
      if (made.lastResponse.headers[repeatedHeader] !== 'true') return view(made);
      const now = await this.getInvoice(view(made).id);
      if (!now) throw new DeletedSince();
      return now;
    },

    async listLines(stripeId) {
      const lines: { no: number; amountCents: number }[] = [];
      for await (const line of stripe.invoices.listLineItems(stripeId, { limit: 100 })) {
        lines.push({ no: Number(line.metadata?.[lineTag]), amountCents: line.amount });
      }
      return lines;
    },

    async addLines(stripeId, lines, idempotencyKey) {
      await stripe.invoices.addLines(
        stripeId,
        {
          lines: lines.map(({ no, description, amountCents, period }) => ({
            amount: amountCents,
            description,
            period,
            metadata: { [lineTag]: String(no) },
          })),
        },
        { idempotencyKey },
      );
    },

    async finalizeInvoice(stripeId, collection, idempotencyKey) {
      const params = { auto_advance: collection === 'charge' };
      return view(await stripe.invoices.finalizeInvoice(stripeId, params, { idempotencyKey }));
    },

    async sendInvoice(stripeId, idempotencyKey) {
      await stripe.invoices.sendInvoice(stripeId, {}, { idempotencyKey });
    },

    async deleteDraft(stripeId) {
      await orNull(stripe.invoices.del(stripeId));
    },

    async voidInvoice(stripeId, idempotencyKey) {
      await stripe.invoices.voidInvoice(stripeId, {}, { idempotencyKey });
    },

    async payOutside(stripeId, idempotencyKey) {
      await stripe.invoices.pay(stripeId, { paid_out_of_band: true }, { idempotencyKey });
    },

    async findCreditNote(stripeId, id) {
      const notes = await allOf(stripe.creditNotes.list({ invoice: stripeId, limit: 100 }));
      const own = notes.find(({ metadata, status }) => metadata?.[invoiceTag] === id && status !== 'void');
      return own ? { id: own.id, amountCents: own.amount } : null;
    },

    async createCreditNote(stripeId, id, { amountCents, memo }, idempotencyKey) {
      const note = await stripe.creditNotes.create(
        { invoice: stripeId, amount: amountCents, memo, metadata: { [invoiceTag]: id } },
        { idempotencyKey },
      );
      return { id: note.id, amountCents: note.amount };
    },

    async voidCreditNote(creditNoteId, idempotencyKey) {
      await stripe.creditNotes.voidCreditNote(creditNoteId, {}, { idempotencyKey });
    },

    async listPaidBy(paymentIntent) {
      const payment = { type: 'payment_intent', payment_intent: paymentIntent };
      const payments = await allOf(stripe.invoicePayments.list({ payment, limit: 100 }));
      return payments.map(({ invoice }) => (typeof invoice === 'string' ? invoice : (invoice.id ?? '')));
    },

    async foreignDebtCents(customer, balanceCents) {
      let restCents = balanceCents;
      if (restCents <= 0) return 0;
      let foreignCents = 0;
      for await (const { amount, metadata } of stripe.customers.listBalanceTransactions(customer, {
        limit: 100,
      })) {
        if (metadata?.[invoiceTag] === undefined && amount > 0) foreignCents += Math.min(amount, restCents);
        restCents -= amount;
        if (restCents <= 0) return foreignCents;
      }
      return foreignCents + restCents;
    },

    async listBalanceEntries(customer, id) {
      const entries = await allOf(stripe.customers.listBalanceTransactions(customer, { limit: 100 }));
      return entries
        .filter(({ metadata }) => metadata?.[invoiceTag] === id)
        .map((entry) => ({ id: entry.id, amountCents: entry.amount }));
    },

    async changeBalance(customer, id, { amountCents, currency, description }, idempotencyKey) {
      const entry = await stripe.customers.createBalanceTransaction(
        customer,
        { amount: amountCents, currency, description, metadata: { [invoiceTag]: id } },
        { idempotencyKey },
      );
      return { id: entry.id, amountCents: entry.amount };
    },

    readEvent(body, signature, nowMs) {
      if (!secrets.webhookSecret) throw new Error('STRIPE_WEBHOOK_SECRET is not set');
      const event = stripe.webhooks.constructEvent(
        body,
        signature,
        secrets.webhookSecret,
        300,
        undefined,
        nowMs,
      );
      return { type: event.type, ...readSubject(event.type, event.data.object) };
    },
  };
}

/**
 * For what goes wrong at Stripe. What Stripe refuses for our parameters is told to the operator, who can mend it (a
 * customer that is gone, a currency that the account does not have); everything else is for the log.
 */
export function stripeFailure(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { StripeIdempotencyError, StripeInvalidRequestError } = Stripe.errors;
  const refused = error instanceof StripeInvalidRequestError || error instanceof StripeIdempotencyError;
  return new ApiError('stripe_unavailable', {
    cause: error,
    ...(refused ? { detail: `Stripe: ${error.message}` } : {}),
  });
}

/** Set on an answer that Stripe gives from its memory of a key. */
const repeatedHeader = 'idempotent-replayed';

/** What Stripe has made under a key was deleted since then. */
class DeletedSince extends Error {}

/**
 * Whether Stripe has only told again what it once said to this key, or refuses the key because it stands for other
 * parameters: a request under it makes nothing any more. One that is just being worked on (409) may still make something.
 */
export function isRepeated(error: unknown): boolean {
  if (error instanceof DeletedSince) return true;
  if (!(error instanceof Stripe.errors.StripeError) || error.statusCode === 409) return false;
  return error instanceof Stripe.errors.StripeIdempotencyError || error.headers?.[repeatedHeader] === 'true';
}

/** Every page of a list. A customer that is gone, or has never been there, has nothing. */
async function allOf<Entry>(pages: AsyncIterable<Entry>): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of pages) entries.push(entry);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return entries;
}

async function orNull<Found>(found: Promise<Found>): Promise<Found | null> {
  try {
    return await found;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return null;
  }
}

/** A search that the account does not have (400, 403, 404): a wrong key or too many requests are something else. */
function isUnsearchable(error: unknown): boolean {
  const { StripeInvalidRequestError, StripePermissionError } = Stripe.errors;
  return error instanceof StripeInvalidRequestError || error instanceof StripePermissionError;
}

function isMissing(error: unknown): boolean {
  const refused = error instanceof Stripe.errors.StripeInvalidRequestError;
  return refused && (error.statusCode === 404 || error.code === 'resource_missing');
}
