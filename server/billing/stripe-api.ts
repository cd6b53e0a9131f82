/**
 * The only place that knows Stripe. Every request that makes something carries a key that follows from our own ids, so
 * that a repetition within Stripe's memory (24 hours) makes nothing twice; what is older is found by our metadata.
 */
import Stripe from 'stripe';
import { ApiError } from '../errors.ts';

/** What we keep on Stripe's objects to find them again. */
const tenantTag = 'vapi_agent_tenant';
const invoiceTag = 'vapi_agent_invoice';
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
  /** Epoch seconds, in the future; for `send`. */
  dueAt: number;
  sha256: string;
}

/** An invoice at Stripe, as far as we look at it. */
export interface StripeInvoice {
  id: string;
  /** Ours. */
  invoice: string | null;
  status: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
  totalCents: number;
  /** What is still to be paid, after credit notes and the customer's balance. */
  remainingCents: number;
  currency: string;
  /** Epoch seconds. */
  dueAt: number | null;
  attempted: boolean;
  /** The page on which it can be paid. */
  url: string | null;
}

export interface StripeApi {
  findCustomer(tenantId: string): Promise<string | null>;
  createCustomer(tenantId: string, customer: { name: string; email?: string | undefined }): Promise<string>;
  findInvoice(customer: string, id: string): Promise<StripeInvoice | null>;
  /** Null when it is not there: a draft may have been deleted. */
  getInvoice(stripeId: string): Promise<StripeInvoice | null>;
  /** A draft that Stripe does not touch by itself. */
  createInvoice(invoice: NewStripeInvoice): Promise<StripeInvoice>;
  /** By our line numbers, as Stripe has them. */
  listLines(stripeId: string): Promise<{ no: number; amountCents: number }[]>;
  addLines(stripeId: string, id: string, lines: StripeLine[]): Promise<void>;
  finalizeInvoice(stripeId: string, id: string, collection: 'send' | 'charge'): Promise<StripeInvoice>;
  sendInvoice(stripeId: string, id: string): Promise<void>;
  /** A draft is deleted, an open invoice is voided. @returns false when it is paid, which stays as it is */
  withdrawInvoice(stripeId: string, id: string): Promise<boolean>;
  /** Marks an open invoice as paid outside Stripe: nothing is charged. */
  payOutside(stripeId: string, id: string): Promise<void>;
  /** Stripe's credit note on an invoice for one of ours; a void one is none. */
  findCreditNote(stripeId: string, id: string): Promise<{ id: string; amountCents: number } | null>;
  /** @param amountCents positive, at most what remains to be paid */
  createCreditNote(
    stripeId: string,
    id: string,
    note: { amountCents: number; memo: string },
  ): Promise<string>;
  /** Only while its invoice is open. */
  voidCreditNote(creditNoteId: string, id: string): Promise<void>;
  /** The entries of the customer's balance that are for a document of ours. */
  listBalanceEntries(customer: string, id: string): Promise<{ id: string; amountCents: number }[]>;
  /** @param amountCents what the customer's next invoices are raised by; negative: lowered. Once each for a document */
  changeBalance(
    customer: string,
    id: string,
    entry: { amountCents: number; currency: string; description: string },
  ): Promise<string>;
  /**
   * @param signature the header `Stripe-Signature`
   * @returns the id of the invoice that the event is about; null for other events
   * @throws when the signature is not Stripe's, or older than five minutes
   */
  readEvent(body: string, signature: string, nowMs: number): { type: string; stripeId: string | null };
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
  const once = (...parts: string[]) => ({ idempotencyKey: ['vapi-agent', ...parts].join('-') });

  return {
    async findCustomer(tenantId) {
      const query = `metadata['${tenantTag}']:'${tenantId}'`;
      const { data } = await stripe.customers.search({ query, limit: 1 });
      return data[0]?.id ?? null;
    },

    async createCustomer(tenantId, { name, email }) {
      const metadata = { [tenantTag]: tenantId };
      const customer = await stripe.customers.create(
        { name, metadata, ...(email ? { email } : {}) },
        once(tenantId, 'customer'),
      );
      return customer.id;
    },

    async findInvoice(customer, id) {
      // Listing is consistent at once; Stripe's search may be a minute behind.
      const invoices = await allOf(stripe.invoices.list({ customer, limit: 100 }));
      const own = invoices.find(({ metadata, status }) => metadata?.[invoiceTag] === id && status !== 'void');
      return own ? view(own) : null;
    },

    async getInvoice(stripeId) {
      const invoice = await orNull(stripe.invoices.retrieve(stripeId));
      return invoice && view(invoice);
    },

    async createInvoice({ id, number, customer, currency, collection, dueAt, sha256 }) {
      const invoice = await stripe.invoices.create(
        {
          customer,
          currency,
          number,
          auto_advance: false,
          pending_invoice_items_behavior: 'exclude',
          metadata: { [invoiceTag]: id, vapi_agent_sha256: sha256 },
          ...(collection === 'send'
            ? { collection_method: 'send_invoice', due_date: dueAt }
            : { collection_method: 'charge_automatically' }),
        },
        once(id, 'create'),
      );
      return view(invoice);
    },

    async listLines(stripeId) {
      const lines: { no: number; amountCents: number }[] = [];
      for await (const line of stripe.invoices.listLineItems(stripeId, { limit: 100 })) {
        lines.push({ no: Number(line.metadata?.[lineTag]), amountCents: line.amount });
      }
      return lines;
    },

    async addLines(stripeId, id, lines) {
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
        once(id, 'lines'),
      );
    },

    async finalizeInvoice(stripeId, id, collection) {
      const params = { auto_advance: collection === 'charge' };
      return view(await stripe.invoices.finalizeInvoice(stripeId, params, once(id, 'finalize')));
    },

    async sendInvoice(stripeId, id) {
      await stripe.invoices.sendInvoice(stripeId, {}, once(id, 'send'));
    },

    async withdrawInvoice(stripeId, id) {
      const status = (await orNull(stripe.invoices.retrieve(stripeId)))?.status ?? 'void';
      if (status === 'paid') return false;
      if (status === 'draft') await orNull(stripe.invoices.del(stripeId));
      else if (status !== 'void') await stripe.invoices.voidInvoice(stripeId, {}, once(id, 'void'));
      return true;
    },

    async payOutside(stripeId, id) {
      await stripe.invoices.pay(stripeId, { paid_out_of_band: true }, once(id, 'pay'));
    },

    async findCreditNote(stripeId, id) {
      const notes = await allOf(stripe.creditNotes.list({ invoice: stripeId, limit: 100 }));
      const own = notes.find(({ metadata, status }) => metadata?.[invoiceTag] === id && status !== 'void');
      return own ? { id: own.id, amountCents: own.amount } : null;
    },

    async createCreditNote(stripeId, id, { amountCents, memo }) {
      const note = await stripe.creditNotes.create(
        { invoice: stripeId, amount: amountCents, memo, metadata: { [invoiceTag]: id } },
        once(id, 'credit-note'),
      );
      return note.id;
    },

    async voidCreditNote(creditNoteId, id) {
      await stripe.creditNotes.voidCreditNote(creditNoteId, {}, once(id, 'credit-note-void'));
    },

    async listBalanceEntries(customer, id) {
      const entries = await allOf(stripe.customers.listBalanceTransactions(customer, { limit: 100 }));
      return entries
        .filter(({ metadata }) => metadata?.[invoiceTag] === id)
        .map((entry) => ({ id: entry.id, amountCents: entry.amount }));
    },

    async changeBalance(customer, id, { amountCents, currency, description }) {
      const entry = await stripe.customers.createBalanceTransaction(
        customer,
        { amount: amountCents, currency, description, metadata: { [invoiceTag]: id } },
        once(id, amountCents < 0 ? 'credit' : 'credit-back'),
      );
      return entry.id;
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
      const about = event.data.object as { object?: string; id?: string };
      return { type: event.type, stripeId: about.object === 'invoice' ? (about.id ?? null) : null };
    },
  };
}

/**
 * For what goes wrong at Stripe. What Stripe refuses for our parameters is told to the operator, who can mend it (a
 * customer that is gone, a currency that the account does not have); everything else is for the log.
 */
export function stripeFailure(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const refused = error instanceof Stripe.errors.StripeInvalidRequestError;
  return new ApiError('stripe_unavailable', {
    cause: error,
    ...(refused ? { detail: `Stripe: ${error.message}` } : {}),
  });
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

function isMissing(error: unknown): boolean {
  const refused = error instanceof Stripe.errors.StripeInvalidRequestError;
  return refused && (error.statusCode === 404 || error.code === 'resource_missing');
}

function view(invoice: Stripe.Invoice): StripeInvoice {
  return {
    id: invoice.id ?? '',
    invoice: invoice.metadata?.[invoiceTag] ?? null,
    status: (invoice.status ?? 'draft') as StripeInvoice['status'],
    totalCents: invoice.total,
    remainingCents: invoice.amount_remaining,
    currency: invoice.currency,
    dueAt: invoice.due_date,
    attempted: invoice.attempted,
    url: invoice.hosted_invoice_url ?? null,
  };
}
