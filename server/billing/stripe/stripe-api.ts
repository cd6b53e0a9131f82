/**
 * The only place that calls Stripe. Every request that creates something carries an idempotency key from `stripe-once`;
 * objects older than Stripe's memory of the keys are found by our metadata.
 */
import Stripe from 'stripe';
import { ApiError } from '../../errors.ts';
import { readSubject } from './stripe-event.ts';
import { invoiceTag, type StripeInvoice, view } from './stripe-invoice.ts';
import { paced, repeatedHeader } from './stripe-pace.ts';
import type { StripeApi } from './stripe-types.ts';

export type * from './stripe-types.ts';
export type { StripeInvoice };

/** Metadata keys on Stripe's objects, to find them again. */
const tenantTag = 'vapi_agent_tenant';
const lineTag = 'vapi_agent_line';

/** @param apiUrl null = Stripe's own */
export function createStripeApi(
  secrets: { secretKey: string; webhookSecret: string | null },
  apiUrl: string | null,
): StripeApi {
  const url = apiUrl === null ? null : new URL(apiUrl);
  const httpClient = Stripe.createNodeHttpClient();
  httpClient.makeRequest = paced(httpClient.makeRequest.bind(httpClient));
  const stripe = new Stripe(secrets.secretKey, {
    httpClient,
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

    async updateCustomer(customer, { name, email, address: [line1, ...rest], postCode, city, country }) {
      // Without a city of its own: which of the lines is the town is not known.
      const address = {
        ...(line1 ? { line1, line2: rest.join(', ') } : {}),
        ...(postCode ? { postal_code: postCode } : {}),
        ...(city ? { city } : {}),
        ...(country ? { country } : {}),
      };
      const updated = await stripe.customers.update(customer, {
        name,
        ...(email ? { email } : {}),
        ...(Object.keys(address).length > 0 ? { address } : {}),
      });
      return { email: updated.email, balanceCents: updated.balance };
    },

    async findInvoice(customer, id) {
      // Listing is immediately consistent; Stripe's search may lag by a minute.
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
      const { id, number, customer, currency, collection, taxId, taxReason, dueAt, sha256 } = invoice;
      const made = await stripe.invoices.create(
        {
          customer,
          currency,
          number,
          auto_advance: false,
          pending_invoice_items_behavior: 'exclude',
          // The document has its own discounts and tax: the customer's must not be added.
          discounts: '',
          automatic_tax: { enabled: false },
          metadata: { [invoiceTag]: id, vapi_agent_sha256: sha256 },
          ...(taxId ? { custom_fields: [{ name: 'Tax ID', value: taxId }] } : {}),
          ...(taxReason ? { footer: taxReason } : {}),
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

    isLive: /^[sr]k_live_/.test(secrets.secretKey),
    hasWebhookSecret: secrets.webhookSecret !== null,

    async checkKey() {
      try {
        await stripe.customers.list({ limit: 1 });
        return 'ok';
      } catch (error) {
        const { statusCode = 500 } = error as { statusCode?: number };
        return statusCode < 500 && statusCode !== 429 ? 'refused' : 'unreachable';
      }
    },

    async listWebhooks() {
      try {
        const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
        return data.map(({ url, status, enabled_events: events }) => ({
          url,
          enabled: status === 'enabled',
          events,
        }));
      } catch (error) {
        if (error instanceof Stripe.errors.StripePermissionError) return null;
        throw error;
      }
    },
  };
}

/**
 * The answer to an error at Stripe. Parameters that Stripe refuses are reported to the operator, who can fix them (a
 * deleted customer, a currency that the account does not support); everything else goes to the log only.
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

/** Whether it is the answer to a request that Stripe refused only because there were too many. */
export function isLimited(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.cause as { statusCode?: number } | undefined)?.statusCode === 429
  );
}

/** What Stripe created under a key has been deleted since. */
class DeletedSince extends Error {}

/**
 * Whether Stripe has only replayed its earlier answer to this key, or refuses the key because it was used with other
 * parameters: it can no longer create anything. A request still in progress (409) may.
 */
export function isRepeated(error: unknown): boolean {
  if (error instanceof DeletedSince) return true;
  if (!(error instanceof Stripe.errors.StripeError) || error.statusCode === 409) return false;
  return error instanceof Stripe.errors.StripeIdempotencyError || error.headers?.[repeatedHeader] === 'true';
}

/** Every page of a list. A deleted or unknown customer has nothing. */
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

/** The account has no search (400, 403, 404); a wrong key or too many requests are different errors. */
function isUnsearchable(error: unknown): boolean {
  const { StripeInvalidRequestError, StripePermissionError } = Stripe.errors;
  return error instanceof StripeInvalidRequestError || error instanceof StripePermissionError;
}

function isMissing(error: unknown): boolean {
  const refused = error instanceof Stripe.errors.StripeInvalidRequestError;
  return refused && (error.statusCode === 404 || error.code === 'resource_missing');
}
