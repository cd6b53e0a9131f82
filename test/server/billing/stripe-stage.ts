/** A server whose invoices are collected by a local Stripe. */
import Stripe from 'stripe';
import { sweepOverdue } from '../../../server/billing/clerk/overdue.ts';
import type { InvoiceView, PlanInput } from '../../../server/contract.ts';
import type { KeptInvoice } from '../../support/stripe-stand-in/books.ts';
import { type StripeStandIn, startStripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import type { Answer, TestServerOptions } from '../../support/test-server.ts';
import { type BillingStage, channels, mustBe, startBillingStage } from './stage.ts';

export const secretKey = 'sk_test_onlyForThisTest';
export const webhookSecret = 'whsec_onlyForThisTest';
export const plan: PlanInput = {
  name: 'Retainer',
  currency: 'eur',
  monthlyFeeCents: 9900,
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 300_000 } }],
};

export interface Setup {
  plan?: PlanInput;
  billing?: Record<string, unknown>;
  tenant?: Record<string, unknown>;
  seconds?: number;
}

/** Due on 12 December, for an invoice of the 2nd; calls are paused from the 17th. */
export function pausedWhenUnpaid(billing: Record<string, unknown> = {}): Setup {
  return { billing: { dueDays: 10, pauseAfterOverdueDays: 5, ...billing } };
}

export interface StripeStage {
  stage: BillingStage;
  stripe: StripeStandIn;
  /** The operator, below `/v1/tenants/`. */
  operator(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A tenant whose invoices are sent; see `finalized` for its figures. */
  addTenant(slug: string, setup?: Setup): Promise<void>;
  /** A finalized invoice of November: 99.00, 5 minutes at 0.30 = 1.50, 19 % of 100.50 = 19.10 (19.095): 119.60. */
  finalized(slug: string, setup?: Setup): Promise<InvoiceView>;
  push(slug: string, id: string): Promise<Answer>;
  /** `finalized`, and brought to Stripe. */
  pushed(slug: string, setup?: Setup): Promise<{ invoice: InvoiceView; there: KeptInvoice }>;
  /** A credit note over some of an invoice's lines, by default over all of it. */
  credited(slug: string, id: string, lines?: { line: number; amountCents: number }[]): Promise<InvoiceView>;
  /** All that Stripe has of a document of ours. */
  atStripe(id: string): KeptInvoice[];
  /** An event of Stripe's, signed. */
  tell(type: string, object: object, signing?: { secret?: string; at?: number }): Promise<Answer>;
  statusOf(slug: string, id: string): Promise<string>;
  /** What is overdue is looked for at that instant. */
  sweepAt(iso: string): Promise<void>;
  close(): Promise<void>;
}

export async function startStripeStage(options: TestServerOptions = {}): Promise<StripeStage> {
  // The stand-in is asked for the time only when there is a server that asks it.
  let stage: BillingStage;
  const stripe = await startStripeStandIn({ secretKey, now: () => stage.server.clock.now });
  stage = await startBillingStage({
    ...options,
    config: { stripeApiUrl: stripe.url, ...options.config },
    secrets: { stripe: { secretKey, webhookSecret }, ...options.secrets },
  });
  const operator = (method: string, path: string, body?: unknown) =>
    stage.server.operator(method, `/v1/tenants/${path}`, body);
  const atStripe = (id: string) =>
    stripe.books.invoices.filter(({ metadata }) => metadata.vapi_agent_invoice === id);
  const push = (slug: string, id: string) => operator('POST', `${slug}/invoices/${id}/push`);
  async function addTenant(slug: string, setup: Setup = {}): Promise<void> {
    await stage.addTenant(slug, setup.plan ?? plan, '2026-11-01', setup.tenant);
    const billing = {
      buyer: { name: `${slug} GmbH`, email: `${slug}@example.com` },
      tax: { label: 'VAT', bps: 1900 },
      collection: 'send',
      ...setup.billing,
    };
    await mustBe(200, operator('PUT', `${slug}/billing`, billing));
  }
  async function finalized(slug: string, setup: Setup = {}): Promise<InvoiceView> {
    await addTenant(slug, setup);
    await stage.book(slug, { id: `${slug}-1`, at: '2026-11-10T10:00:00Z', seconds: setup.seconds ?? 300 });
    return (await mustBe(200, stage.bill(slug, '2026-11'))).body as InvoiceView;
  }
  const client = new Stripe(secretKey);
  return {
    sweepAt: async (iso) => {
      stage.server.clock.now = Date.parse(iso);
      await sweepOverdue(stage.server.ctx);
    },
    tell(type, object, { secret = webhookSecret, at = stage.server.clock.now } = {}) {
      const payload = JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
      const timestamp = Math.floor(at / 1000);
      const signature = client.webhooks.generateTestHeaderString({ payload, secret, timestamp });
      return stage.server.request('POST', '/v1/webhooks/stripe', {
        headers: { 'stripe-signature': signature, 'content-type': 'application/json' },
        body: payload,
      });
    },
    ...{ stage, stripe, operator, addTenant, finalized, push, atStripe },
    async pushed(slug, setup) {
      const { id } = await finalized(slug, setup);
      const invoice = (await mustBe(200, push(slug, id))).body as InvoiceView;
      const [there] = atStripe(id);
      if (!there) throw new Error('it is not at Stripe');
      return { invoice, there };
    },
    async credited(slug, id, lines) {
      const request = { reason: 'Outage', ...(lines ? { lines } : {}) };
      return (await mustBe(201, operator('POST', `${slug}/invoices/${id}/credit-notes`, request))).body;
    },
    async statusOf(slug, id) {
      return (await operator('GET', `${slug}/invoices/${id}`)).body.status;
    },
    async close() {
      await stripe.close();
      await stage.close();
    },
  };
}
