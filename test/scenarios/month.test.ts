/** A whole month, from the page to Stripe: every number is calculated by hand here and must be what Stripe shows. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Stripe from 'stripe';
import { monthIn, nextMonth } from '../../server/base/time-zone.ts';
import type { CloseReport, InvoiceCallView, InvoiceView, PlanInput } from '../../server/contract.ts';
import { type StripeStandIn, startStripeStandIn } from '../support/stripe-stand-in/stand-in.ts';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';
import { type Answer, testTime } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const secretKey = 'sk_test_monthScenario';
const webhookSecret = 'whsec_monthScenario';
const dayMs = 86_400_000;

/** 99.00 a month with one minute on the web, then 0.30; the phone 0.60 per started minute. */
const plan: PlanInput = {
  name: 'Front desk',
  currency: 'usd',
  monthlyFeeCents: 9900,
  rates: [
    { channels: ['web'], price: { kind: 'included', includedMinutes: 1, perMinuteMicros: 300_000 } },
    {
      channels: ['inbound', 'outbound'],
      price: { kind: 'per-minute', perMinuteMicros: 600_000, initialSeconds: 60, incrementSeconds: 60 },
    },
    { channels: ['chat'], price: { kind: 'free' } },
  ],
};

describe('a month of a client', () => {
  let network: TestNetwork;
  let stripe: StripeStandIn;
  const month = monthIn('UTC', testTime);
  before(async () => {
    stripe = await startStripeStandIn({ secretKey, now: () => network.server.clock.now });
    network = await startTestNetwork({
      server: { config: { stripeApiUrl: stripe.url }, secrets: { stripe: { secretKey, webhookSecret } } },
    });
    await ok(operator('PUT', '/v1/billing/seller', { name: 'Voice Agency Ltd' }));
    await ok(operator('PUT', '/v1/tenants/acme/plan', { plan, from: `${month}-01` }));
    await ok(
      operator('PUT', '/v1/tenants/acme/billing', {
        buyer: { name: 'Acme Ltd', email: 'books@acme.example' },
        tax: { label: 'VAT', bps: 2000 },
        collection: 'send',
      }),
    );
  });
  after(async () => {
    await stripe.close();
    await network.close();
  });

  const operator = (method: string, path: string, body?: unknown) =>
    network.server.operator(method, path, body);
  async function ok(answer: Promise<Answer>): Promise<Answer> {
    const got = await answer;
    assert.ok(got.status < 300, got.text);
    return got;
  }
  async function phone(seconds: number, type: 'inboundPhoneCall' | 'outboundPhoneCall', createdAt?: string) {
    const { assistantId } = network.acme;
    const call = network.emulator.makeCall({ assistantId, type, seconds, cost: 0.2, createdAt });
    await network.emulator.waitForCall(call.id, 'settled');
    return call.id;
  }
  async function close(): Promise<InvoiceView> {
    const report = (await ok(operator('POST', '/v1/billing/close?wait=true', {}))).body as CloseReport;
    assert.deepEqual(
      report.entries.map(({ tenant, outcome }) => [tenant, outcome]),
      [['acme', 'pushed']],
    );
    const { invoices } = (await ok(operator('GET', '/v1/tenants/acme/invoices'))).body;
    return (await ok(operator('GET', `/v1/tenants/acme/invoices/${invoices[0].id}`))).body as InvoiceView;
  }

  it('is on its Stripe invoice to the cent, call by call, and what arrived late is on the next', async () => {
    // A visitor starts a call on the page and no one speaks: it costs nothing and is still on the invoice.
    const grant = await network.visitor('/v1/calls', { session: await network.session('acme') });
    assert.equal(grant.status, 201);
    network.emulator.endCall(grant.body.callId);
    await network.emulator.waitForCall(grant.body.callId, 'settled');
    const { assistantId } = network.acme;
    const web = network.emulator.makeCall({ assistantId, seconds: 61, cost: 0.1234 });
    await network.emulator.waitForCall(web.id, 'settled');
    const inbound = await phone(125, 'inboundPhoneCall');
    const outbound = await phone(30, 'outboundPhoneCall');

    network.server.clock.now = Date.parse(`${nextMonth(month)}-02T00:00:00Z`);
    const invoice = await close();
    assert.deepEqual(
      invoice.document.lines.map(({ kind, calls, priceMicros, amountCents }) => [
        kind,
        calls,
        priceMicros,
        amountCents,
      ]),
      [
        ['fee', 0, null, 9900],
        // 61 s are 1 s more than the minute: 300,000 ÷ 60 = 5,000 micros = half a cent, rounded up
        ['usage', 2, 5000, 1],
        // 125 s are three started minutes, 30 s one: 1.80 + 0.60
        ['usage', 2, 2_400_000, 240],
      ],
    );
    // 101.41 × 20 % = 20.282
    assert.equal(invoice.document.tax?.amountCents, 2028);
    assert.equal(invoice.totalCents, 12_169);
    const there = stripe.books.invoices.find(({ id }) => id === invoice.stripeId);
    assert.deepEqual([there?.total, there?.number, there?.status], [12_169, invoice.number, 'open']);
    const amounts = stripe.books.lines.get(there?.id ?? '')?.map(({ amount }) => amount);
    assert.deepEqual(amounts, [9900, 1, 240, 2028]);

    const calls = await ok(operator('GET', `/v1/tenants/acme/invoices/${invoice.id}/lines/3/calls`));
    const listed = (calls.body.calls as InvoiceCallView[]).map((call) => [call.callId, call.priceMicros]);
    assert.deepEqual(Object.fromEntries(listed), { [inbound]: 1_800_000, [outbound]: 600_000 });

    await payAtStripe(invoice.stripeId ?? '');
    const paid = await ok(operator('GET', `/v1/tenants/acme/invoices/${invoice.id}`));
    assert.equal(paid.body.status, 'paid');

    // A call of the billed month is reported only now.
    const late = await phone(10, 'inboundPhoneCall', `${month}-01T08:00:00.000Z`);
    const known = () => operator('GET', `/v1/tenants/acme/calls/${late}`);
    await until(async () => (await known()).body.costMicros === 200_000, 'the late call to be booked');
    network.server.clock.now = Date.parse(`${nextMonth(nextMonth(month))}-02T00:00:00Z`);
    const next = await close();
    assert.deepEqual(
      next.document.lines.map(({ kind, from, amountCents }) => [kind, from, amountCents]),
      [
        ['fee', `${nextMonth(month)}-01`, 9900],
        // One started minute, in its own service period
        ['late-usage', `${month}-01`, 60],
      ],
    );
    // 99.60 + 20 %
    assert.equal(next.totalCents, 11_952);
    assert.equal(stripe.books.invoices.length, 2);
    assert.ok(network.server.clock.now - Date.parse(next.issuedAt ?? '') < dayMs);
  });

  async function payAtStripe(stripeId: string): Promise<void> {
    const invoice = stripe.books.invoice(stripeId);
    invoice.status = 'paid';
    const payload = JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'invoice.paid',
      data: { object: invoice },
    });
    const timestamp = Math.floor(network.server.clock.now / 1000);
    const header = { payload, secret: webhookSecret, timestamp };
    const signature = new Stripe(secretKey).webhooks.generateTestHeaderString(header);
    const headers = { 'stripe-signature': signature };
    await ok(network.server.request('POST', '/v1/webhooks/stripe', { headers, body: payload }));
  }
});
