/** Stripe would collect what the document says, or a person is notified; the same for reversed payments. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { NoticeView, PlanInput } from '../../../server/contract.ts';
import { mustBe } from './stage.ts';
import { plan, type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
before(async () => {
  place = await startStripeStage();
});
after(() => place.close());
beforeEach(() => {
  place.stripe.fault = () => null;
});

const cents = (monthlyFeeCents: number, currency = 'eur'): PlanInput => ({
  ...plan,
  currency,
  monthlyFeeCents,
  rates: [
    { channels: ['web', 'inbound', 'outbound', 'chat'], price: { kind: 'per-minute', perMinuteMicros: 0 } },
  ],
});
const noTax = { tax: null };
const noticesOf = async (slug: string) => {
  const { notices } = (await place.stage.server.operator('GET', '/v1/notices?limit=200')).body;
  return (notices as NoticeView[]).filter(({ tenant }) => tenant === slug);
};
const refused = async (slug: string, id: string, words: RegExp) => {
  const answer = await place.push(slug, id);
  assert.equal(answer.status, 409, answer.text);
  assert.match(answer.text, words);
  assert.deepEqual(place.atStripe(id), [], 'nothing is made there');
  assert.equal(await place.statusOf(slug, id), 'finalized');
};

describe('an invoice that Stripe could not collect as it is', () => {
  it('is refused below the smallest charge before anything is made, and accepted at it', async () => {
    const small = await place.finalized('small', { plan: cents(49), billing: noTax });
    await refused('small', small.id, /at least/);
    const least = await place.pushed('least', { plan: cents(50), billing: noTax });
    assert.deepEqual([least.there.status, least.there.amount_due], ['open', 50]);
  });

  it('is refused when a credit at Stripe leaves less than the smallest charge', async () => {
    const { id, books } = { ...place.stripe.books.createCustomer({}), books: place.stripe.books };
    books.credit(id, { amount: -11_930, currency: 'eur' });
    const invoice = await place.finalized('nearly', { billing: { stripeCustomerId: id } });
    await refused('nearly', invoice.id, /0\.30 eur would be due/);
  });

  it('is refused above the greatest', async () => {
    const much = await place.finalized('much', { plan: cents(100_000_000), billing: noTax });
    await refused('much', much.id, /at most/);
  });

  it('is refused while the customer owes an amount from no document of ours', async () => {
    const { books } = place.stripe;
    const { id } = books.createCustomer({});
    books.credit(id, { amount: 500, currency: 'eur' });
    const invoice = await place.finalized('owing', { billing: { stripeCustomerId: id } });
    await refused('owing', invoice.id, /5\.00 eur more than the invoice/);
    books.credit(id, { amount: -500, currency: 'eur' });
    await mustBe(200, place.push('owing', invoice.id));
    assert.equal(place.atStripe(invoice.id)[0]?.amount_due, 11_960);
  });

  it('is not finalized when Stripe would collect a different amount from the one checked before', async () => {
    const { books } = place.stripe;
    const refusedAsDraft = async (slug: string, id: string, words: RegExp) => {
      const answer = await place.push(slug, id);
      assert.equal(answer.status, 409, answer.text);
      assert.match(answer.text, words);
      assert.deepEqual(
        place.atStripe(id).map(({ status }) => status),
        ['draft'],
      );
      assert.equal(await place.statusOf(slug, id), 'finalized');
    };
    // Someone enters a balance while the draft is being made.
    const raised = books.createCustomer({});
    const entered = await place.finalized('entered', { billing: { stripeCustomerId: raised.id } });
    place.stripe.fault = (request) => {
      if (/^POST .*add_lines$/.test(request)) books.credit(raised.id, { amount: 500, currency: 'eur' });
      return null;
    };
    await refusedAsDraft('entered', entered.id, /would ask for 124\.60 eur .* we for 119\.60 eur/);
    place.stripe.fault = () => null;
    books.credit(raised.id, { amount: -500, currency: 'eur' });
    await mustBe(200, place.push('entered', entered.id));
    assert.deepEqual(
      place.atStripe(entered.id).map(({ status, amount_due }) => [status, amount_due]),
      [['open', 11_960]],
    );
    // With the right total and balance.
    const odd = Object.assign(books.createCustomer({}), { unexplained: 100 });
    const invoice = await place.finalized('unexplained', { billing: { stripeCustomerId: odd.id } });
    await refusedAsDraft('unexplained', invoice.id, /would ask for 120\.60 eur/);
  });

  it('is finalized with a balance in the client’s favour, which pays part of it', async () => {
    const { books } = place.stripe;
    const { id } = books.createCustomer({});
    books.credit(id, { amount: -1960, currency: 'eur' });
    const { there } = await place.pushed('in-favour', { billing: { stripeCustomerId: id } });
    assert.deepEqual([there.status, there.total, there.amount_due], ['open', 11_960, 10_000]);
  });

  it('has neither the discount nor the tax that the customer has in the dashboard', async () => {
    const customer = place.stripe.books.createCustomer({});
    Object.assign(customer, { discount: 10, tax: 19 });
    const { there } = await place.pushed('dashboard', { billing: { stripeCustomerId: customer.id } });
    assert.deepEqual([there.total, there.amount_due], [11_960, 11_960]);
  });

  it('is not called paid when Stripe only moves it to the next invoice', async () => {
    const { invoice, there } = await place.pushed('moved');
    Object.assign(there, { status: 'paid', amount_due: 0, amount_remaining: 0, ending_balance: 11_960 });
    await mustBe(200, place.tell('invoice.paid', there));
    await mustBe(200, place.tell('invoice.paid', there));
    assert.equal(await place.statusOf('moved', invoice.id), 'pushed');
    const told = await noticesOf('moved');
    assert.deepEqual(
      told.map(({ kind, period }) => [kind, period]),
      [['invoice-strayed', invoice.number]],
    );
    assert.match(told[0]?.text ?? '', /has received nothing/);
  });

  it('is reported with what is actually left after a partial payment', async () => {
    const { invoice, there } = await place.pushed('in-part', { billing: { collection: 'charge' } });
    place.stripe.books.receive(there.id, 10_000);
    place.stripe.books.charge(there.id, 'requires_payment_method');
    await mustBe(200, place.tell('invoice.payment_failed', there));
    assert.equal(await place.statusOf('in-part', invoice.id), 'overdue');
    assert.deepEqual(
      (await noticesOf('in-part')).map(({ kind, data }) => [kind, data.dueCents]),
      [['payment-failed', 1960]],
    );
  });
});

describe('an account without search', () => {
  it('finds its customers in the list, and makes none twice', async () => {
    place.stripe.fault = (request) => (request === 'GET /v1/customers/search' ? 'unsearchable' : null);
    const { there } = await place.pushed('unsearched');
    const own = () => place.stripe.books.customers.filter(({ name }) => name === 'unsearched GmbH');
    assert.deepEqual(
      own().map(({ id }) => id),
      [there.customer],
    );
  });

  it('makes no second customer after the answer to the first was lost', async () => {
    const { id } = await place.finalized('lost');
    let lost = false;
    place.stripe.fault = (request) => {
      if (request === 'GET /v1/customers/search') return 'unsearchable';
      if (lost || request !== 'POST /v1/customers') return null;
      lost = true;
      return 'doubtful';
    };
    const before = place.stripe.books.customers.length;
    await place.push('lost', id);
    place.stripe.forgetKeys();
    await mustBe(200, place.push('lost', id));
    assert.equal(place.stripe.books.customers.length, before + 1);
  });

  it('is not treated as rate limited', async () => {
    const { id } = await place.finalized('too-often');
    place.stripe.fault = (request) => (request === 'GET /v1/customers/search' ? 'limited' : null);
    assert.equal((await place.push('too-often', id)).status, 503);
    place.stripe.fault = () => null;
    await mustBe(200, place.push('too-often', id));
  });
});

describe('a reversed payment', () => {
  const paid = async (slug: string) => {
    const { invoice, there } = await place.pushed(slug);
    place.stripe.books.charge(there.id, 'succeeded');
    place.stripe.books.receive(there.id, there.amount_remaining);
    await mustBe(200, place.tell('invoice.paid', there));
    const charge = { payment_intent: there.intents[0]?.id, amount: 11_960, currency: 'eur' };
    return { invoice, there, charge };
  };

  it('is reported once for each step, with the invoice, whose state stays as at Stripe', async () => {
    const { invoice, charge } = await paid('disputed');
    const dispute = { id: 'du_1', object: 'dispute', ...charge };
    const steps: [string, object][] = [
      ['charge.dispute.created', { ...dispute, status: 'needs_response' }],
      ['charge.dispute.funds_withdrawn', { ...dispute, status: 'needs_response' }],
      ['charge.dispute.closed', { ...dispute, status: 'lost' }],
      ['charge.refunded', { id: 'ch_1', object: 'charge', ...charge, amount_refunded: 500 }],
    ];
    for (const [type, object] of [...steps, ...steps]) await mustBe(200, place.tell(type, object));
    assert.equal(await place.statusOf('disputed', invoice.id), 'paid');
    const told = await noticesOf('disputed');
    // They are raised at one instant of the server's clock, so the list may have them in any order.
    assert.deepEqual(
      told.map(({ kind, data }) => [kind, data.invoice, data.event, data.amountCents].join(' ')).sort(),
      steps
        .map(([type], at) => ['payment-reversed', invoice.number, type, at === 3 ? 500 : 11_960].join(' '))
        .sort(),
    );
  });

  it('is reported even when it arrives before the payment, which is then booked from Stripe', async () => {
    const { invoice, there } = await place.pushed('reversed-first');
    const intent = { payment_intent: place.stripe.books.charge(there.id, 'succeeded').intents[0]?.id };
    place.stripe.books.receive(there.id, there.amount_remaining);
    assert.equal(await place.statusOf('reversed-first', invoice.id), 'pushed');
    const refund = { id: 'ch_9', object: 'charge', ...intent, currency: 'eur', amount_refunded: 11_960 };
    await mustBe(200, place.tell('charge.refunded', refund));
    assert.equal(await place.statusOf('reversed-first', invoice.id), 'paid');
    await mustBe(200, place.tell('invoice.paid', there));
    await mustBe(200, place.tell('charge.refunded', refund));
    const told = await noticesOf('reversed-first');
    assert.deepEqual(
      told.map(({ kind, data }) => [kind, data.invoice, data.status]),
      [['payment-reversed', invoice.number, 'paid']],
    );
  });

  it('is also reported for a partial payment of an unpaid invoice', async () => {
    const { invoice, there } = await place.pushed('part-refunded');
    const intent = { payment_intent: place.stripe.books.charge(there.id, 'succeeded').intents[0]?.id };
    place.stripe.books.receive(there.id, 1000);
    const charge = { id: 'ch_10', object: 'charge', ...intent, currency: 'eur' };
    await mustBe(200, place.tell('charge.refunded', { ...charge, amount_refunded: 1000 }));
    await mustBe(200, place.tell('charge.failed', { ...charge, amount: 1000 }));
    assert.equal(await place.statusOf('part-refunded', invoice.id), 'pushed');
    const told = await noticesOf('part-refunded');
    assert.deepEqual(
      told.map(({ data }) => [data.event, data.amountCents]),
      [['charge.refunded', 1000]],
    );
    assert.match(told[0]?.text ?? '', /The invoice is not booked as paid/);
  });

  it('is reported when Stripe, which could not be asked at first, sends the event again', async () => {
    const { there } = await place.pushed('unasked');
    const intent = { payment_intent: place.stripe.books.charge(there.id, 'succeeded').intents[0]?.id };
    place.stripe.books.receive(there.id, there.amount_remaining);
    const refund = { id: 'ch_11', object: 'charge', ...intent, currency: 'eur', amount_refunded: 11_960 };
    place.stripe.fault = (request) => (request === `GET /v1/invoices/${there.id}` ? 'unavailable' : null);
    assert.equal((await place.tell('charge.refunded', refund)).status, 503);
    place.stripe.fault = () => null;
    await mustBe(200, place.tell('charge.refunded', refund));
    assert.equal((await noticesOf('unasked')).length, 1);
  });

  it('is not reported for a late event of an attempt before the one that succeeded', async () => {
    const { there, charge } = await paid('late-news');
    const failed = { id: 'ch_0', object: 'charge', ...charge };
    await mustBe(200, place.tell('charge.failed', failed));
    assert.deepEqual(await noticesOf('late-news'), []);
    there.status = 'open';
    await mustBe(200, place.tell('charge.failed', failed));
    assert.deepEqual(
      (await noticesOf('late-news')).map(({ kind }) => kind),
      ['payment-reversed'],
    );
  });

  it('of a payment that is not for an invoice of ours changes nothing', async () => {
    const object = { id: 'ch_2', object: 'charge', payment_intent: 'pi_foreign', amount: 1, currency: 'eur' };
    assert.equal((await place.tell('charge.refunded', object)).status, 200);
    assert.equal((await place.tell('charge.refunded', { ...object, payment_intent: null })).status, 200);
  });
});
