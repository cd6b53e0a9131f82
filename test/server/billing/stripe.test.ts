import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { stripeLines } from '../../../server/billing/stripe/stripe-lines.ts';
import type {
  CloseReport,
  InvoiceDocument,
  InvoiceView,
  NoticeView,
  PlanInput,
} from '../../../server/contract.ts';
import { listAudit } from '../../../server/store/audit.ts';
import type { StripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, channels, mustBe } from './stage.ts';
import { plan, type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
let stage: BillingStage;
let stripe: StripeStandIn;
before(async () => {
  place = await startStripeStage();
  ({ stage, stripe } = place);
});
after(() => place?.close());
beforeEach(() => {
  stripe.fault = () => null;
});

const operator: StripeStage['operator'] = (...request) => place.operator(...request);
const finalized: StripeStage['finalized'] = (...tenant) => place.finalized(...tenant);
const push: StripeStage['push'] = (...invoice) => place.push(...invoice);
const atStripe: StripeStage['atStripe'] = (id) => place.atStripe(id);
const at = (iso: string) => Date.parse(iso);

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
    assert.equal(there?.due_date, Date.parse(invoice.dueAt ?? '') / 1000);
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

  it('shows its client where to pay, and no one else; before it is pushed, there is no such page', async () => {
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

  it('is charged if the tenant wants it, for the customer that the operator has linked', async () => {
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

  it('stays a draft when its figures differ from ours, until a person has checked it', async () => {
    const invoice = await finalized('differs');
    // Someone adds a line by hand between two attempts.
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

  it('is not made for nothing to pay', async () => {
    const free: PlanInput = { ...plan, monthlyFeeCents: 0, rates: [{ channels, price: { kind: 'free' } }] };
    const nothing = await finalized('nothing', { plan: free });
    assert.equal(nothing.status, 'paid');
    await mustBe(200, push('nothing', nothing.id));
    assert.equal(atStripe(nothing.id).length, 0);
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

  it('is addressed to the current account, and does not change the account', async () => {
    const first = await finalized('buyer', { billing: { buyer: { name: 'Old', email: 'old@example.com' } } });
    // Two changes, one of them while the first push is under way.
    const buyer = {
      name: 'Neu GmbH',
      email: 'neu@example.com',
      address: ['Hafenstr. 2', 'Tor 3', 'Kai 4'],
      postCode: '20457',
      city: 'Hamburg',
      country: 'DE',
      taxId: 'DE123456789',
    };
    const tax = { label: 'VAT', bps: 0, category: 'reverse-charge', reason: 'Reverse charge' };
    const account = { buyer, tax, dueDays: 30, collection: 'charge' };
    stripe.fault = async (request) => {
      if (request !== 'POST /v1/customers') return null;
      stripe.fault = () => null;
      await mustBe(200, operator('PUT', 'buyer/billing', account));
      return null;
    };
    await mustBe(200, push('buyer', first.id));
    const [there] = atStripe(first.id);
    const { stripeCustomerId, ...kept } = (await operator('GET', 'buyer/billing')).body;
    assert.deepEqual(kept, { ...account, pauseAfterOverdueDays: null });
    assert.equal(stripeCustomerId, there?.customer);

    stage.server.clock.now = at('2027-01-02T12:00:00Z');
    const second = (await mustBe(200, stage.bill('buyer', '2026-12'))).body as InvoiceView;
    stage.server.clock.now = at('2026-12-02T12:00:00Z');
    await mustBe(200, push('buyer', second.id));
    const customer = stripe.books.customer(there?.customer ?? '');
    assert.deepEqual(
      [customer.name, customer.email, customer.address],
      [
        'Neu GmbH',
        'neu@example.com',
        {
          ...{ line1: 'Hafenstr. 2', line2: 'Tor 3, Kai 4' },
          ...{ postal_code: '20457', city: 'Hamburg', country: 'DE' },
        },
      ],
    );
    assert.equal(atStripe(second.id)[0]?.footer, 'Reverse charge');
    assert.deepEqual(atStripe(second.id)[0]?.custom_fields, [{ name: 'Tax ID', value: 'DE123456789' }]);
  });

  it('cannot be sent without an address', async () => {
    await stage.addTenant('nobody', plan, '2026-11-01');
    const refused = await operator('PUT', 'nobody/billing', { buyer: { name: 'N' }, collection: 'send' });
    assert.equal(codeOf(refused), 'invalid_request');
    assert.deepEqual(refused.body.errors, [
      { path: 'buyer.email', message: 'Stripe needs an address to send the invoices to' },
    ]);
    // A customer that the operator has linked may have an address that only Stripe knows, or none.
    const { id } = stripe.books.createCustomer({ name: 'Linked' });
    const billing = { buyer: { name: 'N' }, stripeCustomerId: id };
    const invoice = await finalized('nobody-linked', { billing });
    const unsent = await push('nobody-linked', invoice.id);
    assert.equal(codeOf(unsent), 'conflict');
    assert.match(unsent.body.detail, /has no e-mail address/);
    assert.deepEqual(atStripe(invoice.id), []);
    stripe.books.updateCustomer(id, { email: 'known@example.com' });
    await mustBe(200, push('nobody-linked', invoice.id));
    for (const collection of ['manual', 'charge']) {
      await mustBe(200, operator('PUT', 'nobody/billing', { buyer: { name: 'N' }, collection }));
    }
  });

  it('that is paid in another way is closed there too, from any state, and the audit log says by whom', async () => {
    const paidOf = (slug: string, id: string) => operator('POST', `${slug}/invoices/${id}/paid`);
    const { invoice, there } = await place.pushed('bank');
    assert.equal((await mustBe(200, paidOf('bank', invoice.id))).body.status, 'paid');
    assert.equal(there.status, 'paid');
    await mustBe(200, paidOf('bank', invoice.id));

    const late = await place.pushed('bank-late');
    late.there.status = 'uncollectible';
    await mustBe(200, place.tell('invoice.marked_uncollectible', late.there));
    assert.equal(await place.statusOf('bank-late', late.invoice.id), 'overdue');
    // The answer is lost: it can be repeated.
    stripe.fault = (request) => (request.endsWith('/pay') ? 'cut' : null);
    assert.equal(codeOf(await paidOf('bank-late', late.invoice.id)), 'stripe_unavailable');
    stripe.fault = () => null;
    await mustBe(200, paidOf('bank-late', late.invoice.id));
    assert.equal(await place.statusOf('bank-late', late.invoice.id), 'paid');

    const half = await finalized('bank-half');
    stripe.fault = (request) => (request.endsWith('/finalize') ? 'unavailable' : null);
    assert.equal(codeOf(await push('bank-half', half.id)), 'stripe_unavailable');
    stripe.fault = () => null;
    await mustBe(200, paidOf('bank-half', half.id));
    assert.deepEqual(atStripe(half.id), []);

    const audit = await listAudit(stage.server.ctx.store, null, 500);
    const booked = audit.filter(({ action }) => action === 'invoice.paid');
    assert.deepEqual(booked.map(({ tenant, actor }) => [tenant, actor]).sort(), [
      ['bank', 'operator'],
      ['bank-half', 'operator'],
      ['bank-late', 'operator'],
    ]);
  });

  it('is made again, or voided, when its draft was deleted at Stripe by hand', async () => {
    for (const next of ['push', 'void']) {
      const slug = `deleted-${next}`;
      const { id } = await finalized(slug);
      stripe.fault = (request) => (request.endsWith('/add_lines') ? 'unavailable' : null);
      assert.equal(codeOf(await push(slug, id)), 'stripe_unavailable');
      stripe.fault = () => null;
      const [draft] = atStripe(id);
      stripe.books.delete(draft?.id ?? '');
      await mustBe(200, place.tell('invoice.deleted', { ...draft, deleted: true }));
      stripe.forgetKeys();
      await mustBe(200, operator('POST', `${slug}/invoices/${id}/${next}`));
      assert.deepEqual(
        atStripe(id).map(({ status, total }) => [status, total]),
        next === 'push' ? [['open', 11_960]] : [],
      );
    }
  });

  it('reports Stripe’s refusals to the operator, and is pushed once that is fixed', async () => {
    const invoice = await finalized('refused', { billing: { stripeCustomerId: 'cus_gone' } });
    const answer = await push('refused', invoice.id);
    assert.equal(codeOf(answer), 'stripe_unavailable');
    assert.match(answer.body.detail, /No such customer: 'cus_gone'/);
    const { id } = stripe.books.createCustomer({ name: 'Found', email: 'found@example.com' });
    const billing = { buyer: { name: 'R' }, collection: 'send', stripeCustomerId: id };
    await mustBe(200, operator('PUT', 'refused/billing', billing));
    await mustBe(200, push('refused', invoice.id));
  });

  it('that was frozen for collection outside Stripe stays outside, until it is pushed by hand', async () => {
    const old = await finalized('switched', { billing: { collection: 'manual' } });
    const buyer = { name: 'S', email: 's@example.com' };
    await mustBe(200, operator('PUT', 'switched/billing', { buyer, collection: 'charge' }));
    const note = await place.credited('switched', old.id, [{ line: 1, amountCents: 1000 }]);
    stage.server.clock.now = at('2027-01-02T12:00:00Z');
    const close = { tenant: 'switched', graceHours: 0 };
    const { body } = await mustBe(200, stage.server.operator('POST', '/v1/billing/close?wait=true', close));
    stage.server.clock.now = at('2026-12-02T12:00:00Z');
    assert.deepEqual(
      (body as CloseReport).entries.map(({ month, outcome }) => [month, outcome]),
      [['2026-12', 'pushed']],
    );
    assert.deepEqual([...atStripe(old.id), ...atStripe(note.id)], []);
    await mustBe(200, push('switched', old.id));
    await mustBe(200, push('switched', note.id));
    assert.equal(atStripe(old.id)[0]?.amount_remaining, 10_770);
  });

  it('is refused if it is collected outside Stripe', async () => {
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

describe('what Stripe reports', () => {
  it('makes an invoice paid, and late news does not make it unpaid again', async () => {
    const { invoice, there } = await place.pushed('tell-paid');
    there.status = 'paid';
    assert.equal((await place.tell('invoice.paid', there)).status, 200);
    assert.equal(await place.statusOf('tell-paid', invoice.id), 'paid');
    assert.equal((await place.tell('invoice.payment_failed', { ...there, status: 'open' })).status, 200);
    assert.equal(await place.statusOf('tell-paid', invoice.id), 'paid');
  });

  it('makes a charged invoice overdue when its payment failed, with a notice, and paid when it is paid after all', async () => {
    const { invoice, there } = await place.pushed('tell-failed', { billing: { collection: 'charge' } });
    stripe.books.charge(there.id, 'processing');
    await mustBe(200, place.tell('invoice.updated', there));
    assert.equal(await place.statusOf('tell-failed', invoice.id), 'pushed', 'a bank may take days');
    stripe.books.charge(there.id, 'requires_payment_method');
    await mustBe(200, place.tell('invoice.payment_failed', there));
    await mustBe(200, place.tell('invoice.payment_failed', there));
    assert.equal(await place.statusOf('tell-failed', invoice.id), 'overdue');
    const { notices } = (await stage.server.operator('GET', '/v1/notices')).body;
    assert.deepEqual(
      (notices as NoticeView[])
        .filter(({ tenant }) => tenant === 'tell-failed')
        .map(({ kind, period }) => [kind, period]),
      [['payment-failed', invoice.number]],
    );
    there.status = 'paid';
    await mustBe(200, place.tell('invoice.paid', there));
    assert.equal(await place.statusOf('tell-failed', invoice.id), 'paid');
  });

  it('about a failed attempt to pay a sent invoice leaves the client its days', async () => {
    const { invoice, there } = await place.pushed('tell-tried');
    stripe.books.charge(there.id, 'requires_payment_method');
    await mustBe(200, place.tell('invoice.payment_failed', there));
    assert.equal(await place.statusOf('tell-tried', invoice.id), 'pushed');
  });

  it('makes an invoice void, and its calls are billed by the next draft', async () => {
    const { invoice, there } = await place.pushed('tell-void');
    stripe.books.void(there.id);
    await mustBe(200, place.tell('invoice.voided', there));
    assert.equal(await place.statusOf('tell-void', invoice.id), 'void');
    const again = (await mustBe(200, stage.bill('tell-void', '2026-11'))).body as InvoiceView;
    assert.equal(again.totalCents, invoice.totalCents);
  });

  it('is accepted only with Stripe’s current signature over these bytes', async () => {
    const { invoice, there } = await place.pushed('tell-forged');
    there.status = 'paid';
    const old = stage.server.clock.now - 6 * 60_000;
    for (const answer of [
      await place.tell('invoice.paid', there, { secret: 'whsec_another' }),
      await place.tell('invoice.paid', there, { at: old }),
      await stage.server.request('POST', '/v1/webhooks/stripe', { body: '{}' }),
    ]) {
      assert.equal(codeOf(answer), 'unauthorized');
    }
    assert.equal(await place.statusOf('tell-forged', invoice.id), 'pushed');
  });

  it('is answered so that it is sent again when it could not be checked', async () => {
    const { there } = await place.pushed('tell-later');
    stripe.fault = () => 'unavailable';
    assert.equal(codeOf(await place.tell('invoice.paid', there)), 'stripe_unavailable');
  });
});
