import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import Stripe from 'stripe';
import { stripeLines } from '../../../server/billing/stripe-push.ts';
import type { InvoiceDocument, InvoiceView, PlanInput } from '../../../server/contract.ts';
import { type StripeStandIn, startStripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import { codeOf } from '../../support/test-server.ts';
import { killAfterWrites } from './kill-after-writes.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';

const secretKey = 'sk_test_onlyForThisTest';
const webhookSecret = 'whsec_onlyForThisTest';
const channels: PlanInput['rates'][number]['channels'] = ['web', 'inbound', 'outbound', 'chat'];
const plan: PlanInput = {
  name: 'Retainer',
  currency: 'eur',
  monthlyFeeCents: 9900,
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 300_000 } }],
};

let stage: BillingStage;
let stripe: StripeStandIn;
before(async () => {
  stripe = await startStripeStandIn({ secretKey, now: () => stage.server.clock.now });
  stage = await startBillingStage({
    config: { stripeApiUrl: stripe.url },
    secrets: { stripe: { secretKey, webhookSecret } },
  });
});
after(async () => {
  await stripe.close();
  await stage.close();
});
beforeEach(() => {
  stripe.fault = () => null;
});

const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/tenants/${path}`, body);

interface Setup {
  plan?: PlanInput;
  billing?: Record<string, unknown>;
  seconds?: number;
}

/** A finalized invoice of November: 99.00, 5 minutes at 0.30 = 1.50, 19 % of 100.50 = 19.10 (19.095): 119.60. */
async function finalized(slug: string, setup: Setup = {}): Promise<InvoiceView> {
  await stage.addTenant(slug, setup.plan ?? plan, '2026-11-01');
  const billing = {
    buyer: { name: `${slug} GmbH`, email: `${slug}@example.com` },
    tax: { label: 'VAT', bps: 1900 },
    collection: 'send',
    ...setup.billing,
  };
  await mustBe(200, operator('PUT', `${slug}/billing`, billing));
  const seconds = setup.seconds ?? 300;
  await stage.book(slug, { id: `${slug}-1`, at: '2026-11-10T10:00:00Z', seconds });
  return (await mustBe(200, stage.bill(slug, '2026-11'))).body as InvoiceView;
}

const push = (slug: string, id: string) => operator('POST', `${slug}/invoices/${id}/push`);
const atStripe = (id: string) =>
  stripe.books.invoices.filter(({ metadata }) => metadata.vapi_agent_invoice === id);

describe('an invoice at Stripe', () => {
  it('has our number, our lines and our total to the cent, and is sent', async () => {
    const invoice = await finalized('sent');
    const pushed = (await mustBe(200, push('sent', invoice.id))).body as InvoiceView;
    assert.equal(pushed.status, 'pushed');
    const [there] = atStripe(invoice.id);
    assert.equal(pushed.stripeId, there?.id);
    assert.equal(there?.number, invoice.number);
    assert.equal(there?.status, 'open');
    assert.equal(there?.total, 11_960);
    assert.equal(there?.currency, 'eur');
    assert.equal(there?.days_until_due, 14);
    assert.deepEqual(
      stripe.books.lines.get(there?.id ?? '')?.map(({ amount, description }) => [amount, description]),
      [
        [9900, 'Retainer: monthly fee'],
        [150, 'Web calls, inbound calls, outbound calls, chat messages: 1 in all, 5.00 min'],
        [1910, 'VAT'],
      ],
    );
    assert.deepEqual(stripe.books.sent, [there?.id]);
    const asked = stripe.requests.length;
    await mustBe(200, push('sent', invoice.id));
    assert.equal(stripe.requests.length, asked, 'nothing is asked when it is there');
  });

  it('shows its client where to pay, and nobody else; before it is there, there is no such page', async () => {
    const invoice = await finalized('pays');
    const path = `/v1/tenants/pays/invoices/${invoice.id}/payment-page`;
    const client = await stage.clientKey('pays');
    assert.deepEqual((await mustBe(200, client('GET', path))).body, { url: null });
    await mustBe(200, push('pays', invoice.id));
    const url = `https://invoice.stripe.test/${atStripe(invoice.id)[0]?.id}`;
    assert.deepEqual((await mustBe(200, client('GET', path))).body, { url });
    await stage.addTenant('curious', plan, '2026-11-01');
    const other = await stage.clientKey('curious');
    await mustBe(404, other('GET', path));
    await mustBe(404, other('GET', path.replace('pays', 'curious')));
    stripe.fault = () => 'unavailable';
    assert.equal(codeOf(await client('GET', path)), 'stripe_unavailable');
  });

  it('is charged where the tenant says so, for the customer that the operator has linked', async () => {
    const customer = stripe.books.createCustomer({ name: 'Existing' });
    const invoice = await finalized('charged', {
      billing: { collection: 'charge', stripeCustomerId: customer.id },
    });
    await mustBe(200, push('charged', invoice.id));
    const [there] = atStripe(invoice.id);
    assert.equal(there?.customer, customer.id);
    assert.equal(there?.collection_method, 'charge_automatically');
    assert.equal(there?.auto_advance, true);
    assert.equal(stripe.books.sent.includes(there?.id ?? ''), false);
  });

  it('in a currency without minor units has whole units', async () => {
    const yen: PlanInput = { ...plan, currency: 'jpy', monthlyFeeCents: 30_000 };
    const rates: PlanInput['rates'] = [
      { channels, price: { kind: 'per-minute', perMinuteMicros: 45_000_000 } },
    ];
    const invoice = await finalized('yen', { plan: { ...yen, rates }, billing: { tax: null } });
    await mustBe(200, push('yen', invoice.id));
    // 30,000 + 5 × 45
    assert.equal(atStripe(invoice.id)[0]?.total, 30_225);
  });

  it('stays a draft when its figures are not ours, until a person has looked at it', async () => {
    const invoice = await finalized('differs');
    // Somebody adds a line by hand between two attempts.
    stripe.fault = (request) => (request.endsWith('/add_lines') ? 'unavailable' : null);
    assert.equal(codeOf(await push('differs', invoice.id)), 'stripe_unavailable');
    stripe.fault = () => null;
    const [there] = atStripe(invoice.id);
    stripe.books.addLines(there?.id ?? '', { lines: [{ amount: 5, description: 'By hand' }] });
    const answer = await push('differs', invoice.id);
    assert.equal(codeOf(answer), 'conflict');
    assert.equal(there?.status, 'draft');
    assert.equal((await operator('GET', `differs/invoices/${invoice.id}`)).body.status, 'finalized');
  });

  it('is not made for nothing to pay; what is owed to the client is credited to its next invoice, once', async () => {
    const free: PlanInput = { ...plan, monthlyFeeCents: 0, rates: [{ channels, price: { kind: 'free' } }] };
    const nothing = await finalized('nothing', { plan: free });
    assert.equal(nothing.status, 'paid');
    await mustBe(200, push('nothing', nothing.id));
    assert.equal(atStripe(nothing.id).length, 0);

    const invoice = await finalized('owed');
    await mustBe(200, push('owed', invoice.id));
    const path = `owed/invoices/${invoice.id}/credit-notes`;
    const request = { reason: 'Outage', lines: [{ line: 1, amountCents: 1000 }] };
    const note = (await mustBe(201, operator('POST', path, request))).body as InvoiceView;
    // The answer is lost, and Stripe has forgotten when it is asked again.
    stripe.fault = (asked) => (/^POST .*balance_transactions$/.test(asked) ? 'cut' : null);
    assert.equal(codeOf(await push('owed', note.id)), 'stripe_unavailable');
    stripe.fault = () => null;
    stripe.forgetKeys();
    const pushed = (await mustBe(200, push('owed', note.id))).body as InvoiceView;
    assert.equal(pushed.status, 'paid');
    const entries = stripe.books.balance.filter(({ metadata }) => metadata.vapi_agent_invoice === note.id);
    assert.deepEqual(
      entries.map(({ amount }) => amount),
      [-1190],
    );
  });

  it('is void there too when it is voided here, whether it is a draft there or open', async () => {
    const open = await finalized('void-open');
    await mustBe(200, push('void-open', open.id));
    await mustBe(200, operator('POST', `void-open/invoices/${open.id}/void`));
    assert.equal(atStripe(open.id)[0]?.status, 'void');

    const half = await finalized('void-half');
    stripe.fault = (request) => (request.endsWith('/finalize') ? 'unavailable' : null);
    assert.equal(codeOf(await push('void-half', half.id)), 'stripe_unavailable');
    stripe.fault = () => null;
    const answer = await mustBe(200, operator('POST', `void-half/invoices/${half.id}/void`));
    assert.equal(answer.body.status, 'void');
    assert.deepEqual(atStripe(half.id), []);
  });

  it('is not void here while it is paid there', async () => {
    const invoice = await finalized('void-paid');
    await mustBe(200, push('void-paid', invoice.id));
    const [there] = atStripe(invoice.id);
    if (there) there.status = 'paid';
    assert.equal(codeOf(await operator('POST', `void-paid/invoices/${invoice.id}/void`)), 'conflict');
  });

  it('tells the operator what Stripe refuses, and is pushed once that is mended', async () => {
    const invoice = await finalized('refused', { billing: { stripeCustomerId: 'cus_gone' } });
    const answer = await push('refused', invoice.id);
    assert.equal(codeOf(answer), 'stripe_unavailable');
    assert.match(answer.body.detail, /No such customer: 'cus_gone'/);
    const { id } = stripe.books.createCustomer({ name: 'Found' });
    const billing = { buyer: { name: 'R' }, collection: 'send', stripeCustomerId: id };
    await mustBe(200, operator('PUT', 'refused/billing', billing));
    await mustBe(200, push('refused', invoice.id));
  });

  it('is refused where it is collected outside Stripe', async () => {
    const invoice = await finalized('manual', { billing: { collection: 'manual' } });
    assert.equal(codeOf(await push('manual', invoice.id)), 'conflict');
  });

  it('has at most 250 lines: the rest is one line, and the total is whole', () => {
    const line = { description: 'x', from: '2026-11-01', to: '2026-12-01', amountCents: 3 };
    const document = {
      lines: Array.from({ length: 400 }, () => line),
      tax: { label: 'VAT', bps: 1000, amountCents: 120 },
      creditCents: 20,
      period: { from: '2026-11-01', to: '2026-12-01' },
    } as unknown as InvoiceDocument;
    const lines = stripeLines(document);
    assert.equal(lines.length, 250);
    assert.equal(
      lines.reduce((sum, { amountCents }) => sum + amountCents, 0),
      400 * 3 + 120 - 20,
    );
    assert.equal(lines[247]?.description, '153 further lines');
  });
});

describe('a push that is killed', () => {
  /** All the requests of one push that goes well. */
  let steps: string[];
  before(async () => {
    const invoice = await finalized('steps');
    const asked = stripe.requests.length;
    await mustBe(200, push('steps', invoice.id));
    steps = stripe.requests.slice(asked);
    assert.ok(steps.length >= 9, steps.join(', '));
  });

  for (const memory of ['at once', 'after Stripe has forgotten its keys'] as const) {
    it(`after any of its requests and tried again ${memory} makes everything exactly once`, async () => {
      for (let step = 1; step <= steps.length; step += 1) {
        const slug = `killed-${memory === 'at once' ? 'a' : 'b'}${step}`;
        const invoice = await finalized(slug);
        const customers = stripe.books.customers.length;
        const start = stripe.requests.length;
        // The request is done at Stripe, then the process is gone: no answer, and nothing more is asked.
        stripe.fault = (_request, count) => {
          if (count === start + step) return 'cut';
          return count > start + step ? 'unavailable' : null;
        };
        assert.equal(codeOf(await push(slug, invoice.id)), 'stripe_unavailable', `step ${step}`);
        stripe.fault = () => null;
        if (memory !== 'at once') {
          stripe.forgetKeys();
          stage.server.clock.now += 25 * 3_600_000;
        }
        await mustBe(200, push(slug, invoice.id));
        checkOnce(invoice, `killed after ${steps[step - 1]}`);
        assert.equal(stripe.books.customers.length, customers + 1);
      }
    });
  }

  for (const memory of ['at once', 'after Stripe has forgotten its keys'] as const) {
    it(`after any of its own writes and tried again ${memory} makes everything exactly once`, async () => {
      const { ctx } = stage.server;
      const whole = ctx.store;
      let writes = 0;
      for (let kill = 1; ; kill += 1) {
        const slug = `own-${memory === 'at once' ? 'a' : 'b'}${kill}`;
        const invoice = await finalized(slug);
        writes = 0;
        ctx.store = whole.withPlugin(killAfterWrites(kill, () => (writes += 1)));
        const answer = await push(slug, invoice.id);
        ctx.store = whole;
        if (memory !== 'at once') stripe.forgetKeys();
        await mustBe(200, push(slug, invoice.id));
        checkOnce(invoice, `killed after own write ${kill}`);
        if (answer.status === 200) break;
      }
      assert.ok(writes >= 5, `${writes} writes seen`);
    });
  }

  function checkOnce(invoice: InvoiceView, when: string): void {
    const there = atStripe(invoice.id);
    assert.equal(there.length, 1, `${when}: invoices`);
    assert.equal(stripe.books.lines.get(there[0]?.id ?? '')?.length, 3, `${when}: lines`);
    assert.equal(there[0]?.total, invoice.totalCents, when);
    assert.equal(there[0]?.status, 'open', when);
    assert.ok(stripe.books.sent.includes(there[0]?.id ?? ''), `${when}: sent`);
  }
});

describe('what Stripe tells', () => {
  const client = new Stripe(secretKey);
  const tell = (type: string, object: object, secret = webhookSecret, at = stage.server.clock.now) => {
    const payload = JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
    const timestamp = Math.floor(at / 1000);
    const signature = client.webhooks.generateTestHeaderString({ payload, secret, timestamp });
    return stage.server.request('POST', '/v1/webhooks/stripe', {
      headers: { 'stripe-signature': signature, 'content-type': 'application/json' },
      body: payload,
    });
  };
  const pushedInvoice = async (slug: string) => {
    const invoice = await finalized(slug);
    await mustBe(200, push(slug, invoice.id));
    const [there] = atStripe(invoice.id);
    if (!there) throw new Error('it is not at Stripe');
    return { invoice, there };
  };
  const statusOf = async (slug: string, id: string) =>
    (await operator('GET', `${slug}/invoices/${id}`)).body.status;

  it('makes an invoice paid, and late news does not make it unpaid again', async () => {
    const { invoice, there } = await pushedInvoice('tell-paid');
    there.status = 'paid';
    assert.equal((await tell('invoice.paid', there)).status, 200);
    assert.equal(await statusOf('tell-paid', invoice.id), 'paid');
    assert.equal((await tell('invoice.payment_failed', { ...there, status: 'open' })).status, 200);
    assert.equal(await statusOf('tell-paid', invoice.id), 'paid');
  });

  it('makes an invoice overdue when its payment failed, and paid when it is paid after all', async () => {
    const { invoice, there } = await pushedInvoice('tell-failed');
    there.attempted = true;
    await mustBe(200, tell('invoice.payment_failed', there));
    assert.equal(await statusOf('tell-failed', invoice.id), 'overdue');
    there.status = 'paid';
    await mustBe(200, tell('invoice.paid', there));
    assert.equal(await statusOf('tell-failed', invoice.id), 'paid');
  });

  it('makes an invoice void, and its calls are billed by the next draft', async () => {
    const { invoice, there } = await pushedInvoice('tell-void');
    stripe.books.void(there.id);
    await mustBe(200, tell('invoice.voided', there));
    assert.equal(await statusOf('tell-void', invoice.id), 'void');
    const again = (await mustBe(200, stage.bill('tell-void', '2026-11'))).body as InvoiceView;
    assert.equal(again.totalCents, invoice.totalCents);
  });

  it('is heard only with Stripe’s signature, over these bytes, and of now', async () => {
    const { invoice, there } = await pushedInvoice('tell-forged');
    there.status = 'paid';
    const old = stage.server.clock.now - 6 * 60_000;
    for (const answer of [
      await tell('invoice.paid', there, 'whsec_another'),
      await tell('invoice.paid', there, webhookSecret, old),
      await stage.server.request('POST', '/v1/webhooks/stripe', { body: '{}' }),
    ]) {
      assert.equal(codeOf(answer), 'unauthorized');
    }
    assert.equal(await statusOf('tell-forged', invoice.id), 'pushed');
  });

  it('is answered so that it comes again when it could not be looked into', async () => {
    const { there } = await pushedInvoice('tell-later');
    stripe.fault = () => 'unavailable';
    assert.equal(codeOf(await tell('invoice.paid', there)), 'stripe_unavailable');
  });
});

describe('the stand-in', () => {
  it('refuses what Stripe’s types do not have, by the types of the package', async () => {
    const send = (path: string, body: string) =>
      fetch(`${stripe.url}${path}`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${secretKey}` },
      });
    const unknown = await send('/v1/invoices', 'customer=cus_1&auto_advanse=false');
    assert.equal(unknown.status, 400);
    assert.match(await unknown.text(), /unknown parameter: auto_advanse/);
    const badly = await send('/v1/invoices', 'customer=cus_1&days_until_due=soon');
    assert.equal(badly.status, 400);
    assert.match(await badly.text(), /days_until_due/);
  });

  it('honours a key: the same answer again, and a refusal for other parameters', async () => {
    const client = new Stripe(secretKey, {
      host: '127.0.0.1',
      port: Number(new URL(stripe.url).port),
      protocol: 'http',
      telemetry: false,
    });
    const key = { idempotencyKey: 'k-1' };
    const first = await client.customers.create({ name: 'A' }, key);
    assert.equal((await client.customers.create({ name: 'A' }, key)).id, first.id);
    await assert.rejects(client.customers.create({ name: 'B' }, key), { type: 'StripeIdempotencyError' });
    stripe.forgetKeys();
    assert.notEqual((await client.customers.create({ name: 'A' }, key)).id, first.id);
  });
});
