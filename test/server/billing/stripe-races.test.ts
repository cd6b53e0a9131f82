/** What happens to an invoice here while it is being brought to Stripe. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { InvoiceView } from '../../../server/contract.ts';
import { type Answer, codeOf } from '../../support/test-server.ts';
import { mustBe } from './stage.ts';
import { type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
before(async () => {
  place = await startStripeStage();
});
after(() => place?.close());
beforeEach(() => {
  place.stripe.fault = () => null;
});

const voidOf = (slug: string, id: string) => place.operator('POST', `${slug}/invoices/${id}/void`);
/** Over 10.00 of an invoice, with its 19 % VAT: 11.90. */
const creditOf = (slug: string, id: string) => place.credited(slug, id, [{ line: 1, amountCents: 1000 }]);

/** All requests of a successful push. */
async function stepsOf(slug: string, id: string): Promise<string[]> {
  const asked = place.stripe.requests.length;
  await mustBe(200, place.push(slug, id));
  return place.stripe.requests.slice(asked);
}

/** Does something while Stripe processes the n-th request from now; its own requests pass. */
function duringRequest(step: number, work: () => Promise<unknown>): void {
  const start = place.stripe.requests.length;
  let begun = false;
  place.stripe.fault = async (_request, count) => {
    if (begun || count !== start + step) return null;
    begun = true;
    await work();
    return null;
  };
}

describe('an invoice that is voided while it is pushed to Stripe', () => {
  it('is open nowhere, whatever request the push had reached, and its month is billed once more', async () => {
    const first = await place.finalized('steps');
    const steps = await stepsOf('steps', first.id);
    for (let step = 1; step <= steps.length; step += 1) {
      const slug = `void-${step}`;
      const when = `voided during ${steps[step - 1]}`;
      const invoice = await place.finalized(slug);
      duringRequest(step, () => mustBe(200, voidOf(slug, invoice.id)));
      const answer = await place.push(slug, invoice.id);
      assert.equal(codeOf(answer), 'conflict', when);
      assert.match(answer.body.detail, /voided while/, when);
      assert.equal(await place.statusOf(slug, invoice.id), 'void', when);
      for (const { status } of place.atStripe(invoice.id)) assert.equal(status, 'void', when);

      const again = (await mustBe(200, place.stage.bill(slug, '2026-11'))).body as InvoiceView;
      await mustBe(200, place.push(slug, again.id));
      const customer = place.atStripe(again.id)[0]?.customer;
      const open = place.stripe.books.invoices.filter(
        (there) => there.customer === customer && there.status === 'open',
      );
      assert.deepEqual(
        open.map(({ number, total }) => [number, total]),
        [[again.number, 11_960]],
        when,
      );
    }
  });

  it('is withdrawn by voiding it again when the push died before it could withdraw what it had made', async () => {
    const invoice = await place.finalized('died');
    place.stripe.fault = async (request) => {
      if (request !== 'POST /v1/invoices') return null;
      place.stripe.fault = () => null;
      await mustBe(200, voidOf('died', invoice.id));
      place.stripe.fault = () => 'unavailable';
      return 'cut';
    };
    assert.equal(codeOf(await place.push('died', invoice.id)), 'stripe_unavailable');
    place.stripe.fault = () => null;
    assert.deepEqual(
      place.atStripe(invoice.id).map(({ status }) => status),
      ['draft'],
    );
    await mustBe(200, voidOf('died', invoice.id));
    assert.deepEqual(place.atStripe(invoice.id), []);
    assert.equal(codeOf(await place.push('died', invoice.id)), 'conflict');
  });
});

describe('an invoice that is booked as paid while it is pushed to Stripe', () => {
  const paidOf = (slug: string, id: string) => place.operator('POST', `${slug}/invoices/${id}/paid`);

  it('can be paid nowhere else, whatever request the push had reached', async () => {
    const first = await place.finalized('booked-steps');
    const steps = await stepsOf('booked-steps', first.id);
    for (let step = 1; step <= steps.length; step += 1) {
      const slug = `booked-${step}`;
      const when = `booked during ${steps[step - 1]}`;
      const invoice = await place.finalized(slug);
      duringRequest(step, () => mustBe(200, paidOf(slug, invoice.id)));
      await place.push(slug, invoice.id);
      assert.equal(await place.statusOf(slug, invoice.id), 'paid', when);
      for (const { status } of place.atStripe(invoice.id)) assert.equal(status, 'paid', when);
      await mustBe(200, place.push(slug, invoice.id));
    }
  });
});

describe('a credit note that is voided', () => {
  /** What a customer has received at Stripe, on its open invoice and for its next ones. */
  function givenTo(customer: string): number {
    const { balance, creditNotes } = place.stripe.books;
    const own = creditNotes.filter(
      ({ invoice, status }) =>
        status === 'issued' && place.stripe.books.invoice(invoice).customer === customer,
    );
    const entries = balance.filter((entry) => entry.customer === customer);
    return [...own, ...entries.map(({ amount }) => ({ amount: -amount }))].reduce(
      (sum, { amount }) => sum + amount,
      0,
    );
  }
  async function noteOn(status: 'open' | 'paid', slug: string) {
    const { invoice, there } = await place.pushed(slug);
    there.status = status;
    return { invoice, customer: there.customer, note: await creditOf(slug, invoice.id) };
  }

  for (const status of ['open', 'paid'] as const) {
    it(`gives nothing at Stripe if its invoice is ${status}, however far its push had got, and the next one once`, async () => {
      const { note: first } = await noteOn(status, `${status}-steps`);
      const steps = await stepsOf(`${status}-steps`, first.id);
      assert.ok(steps.length >= 4, steps.join());
      // The last request asks what happened to the invoice: by then the credit is given for good.
      for (let step = 1; step < steps.length; step += 1) {
        const slug = `${status}-credit-${step}`;
        const when = `voided during ${steps[step - 1]}`;
        const { invoice, customer, note } = await noteOn(status, slug);
        duringRequest(step, () => mustBe(200, voidOf(slug, note.id)));
        assert.equal(codeOf(await place.push(slug, note.id)), 'conflict', when);
        assert.equal(givenTo(customer), 0, when);
        const again = await creditOf(slug, invoice.id);
        await mustBe(200, place.push(slug, again.id));
        assert.equal(givenTo(customer), 1190, when);
      }
    });

    it(`gives nothing at Stripe if its invoice is ${status} and the answer to its push was lost`, async () => {
      const slug = `${status}-lost`;
      const { invoice, customer, note } = await noteOn(status, slug);
      place.stripe.fault = (asked) =>
        /^POST .*(balance_transactions|credit_notes)$/.test(asked) ? 'cut' : null;
      assert.equal(codeOf(await place.push(slug, note.id)), 'stripe_unavailable');
      place.stripe.fault = () => null;
      assert.equal(givenTo(customer), 1190);
      await mustBe(200, voidOf(slug, note.id));
      assert.equal(givenTo(customer), 0);
      const again = await creditOf(slug, invoice.id);
      await mustBe(200, place.push(slug, again.id));
      assert.equal(givenTo(customer), 1190);
    });
  }

  it('takes back through the balance what has closed its invoice at Stripe', async () => {
    const { invoice, there } = await place.pushed('closed');
    const note = await place.credited('closed', invoice.id);
    place.stripe.fault = (asked) => (asked === 'POST /v1/credit_notes' ? 'cut' : null);
    assert.equal(codeOf(await place.push('closed', note.id)), 'stripe_unavailable');
    place.stripe.fault = () => null;
    assert.equal(there.status, 'paid');
    await mustBe(200, voidOf('closed', note.id));
    assert.equal(place.stripe.books.customer(there.customer).balance, 11_960);
  });
});

describe('two callers doing the same at once', () => {
  /** Answers no look-up at Stripe before both have asked: each finds nothing there. */
  function bothLook(...looks: RegExp[]): void {
    const open = looks.map((look) => ({ look, asked: 0, ...Promise.withResolvers<null>() }));
    place.stripe.fault = (request) => {
      const gate = open.find(({ look, asked }) => look.test(request) && asked < 2);
      if (!gate) return null;
      gate.asked += 1;
      if (gate.asked === 2) gate.resolve(null);
      return gate.promise;
    };
  }
  const customer = /^GET \/v1\/customers\/search$/;
  const invoices = /^GET \/v1\/invoices$/;
  const lines = /^GET .*\/lines$/;
  const twice = async (work: () => Promise<Answer>) => {
    const answers = await Promise.all([work(), work()]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    );
  };

  it('push an invoice for a new customer: there is one of each, and one e-mail', async () => {
    const { books } = place.stripe;
    const invoice = await place.finalized('both');
    const before = books.customers.length;
    bothLook(customer, invoices, lines);
    await twice(() => place.push('both', invoice.id));
    assert.equal(books.customers.length, before + 1);
    const there = place.atStripe(invoice.id);
    assert.deepEqual(
      there.map(({ status, total }) => [status, total]),
      [['open', 11_960]],
    );
    assert.equal(books.lines.get(there[0]?.id ?? '')?.length, 3);
    assert.equal(books.sent.filter((id) => id === there[0]?.id).length, 1);
  });

  it('push two invoices of a new customer: it is made once', async () => {
    const { books } = place.stripe;
    const first = await place.finalized('pair');
    place.stage.server.clock.now += 31 * 86_400_000;
    const second = (await mustBe(200, place.stage.bill('pair', '2026-12'))).body as InvoiceView;
    const before = books.customers.length;
    bothLook(customer);
    await Promise.all([first, second].map(({ id }) => mustBe(200, place.push('pair', id))));
    place.stage.server.clock.now -= 31 * 86_400_000;
    assert.equal(books.customers.length, before + 1);
    assert.equal(place.atStripe(first.id)[0]?.customer, place.atStripe(second.id)[0]?.customer);
  });

  for (const status of ['open', 'paid'] as const) {
    it(`push a credit note of an invoice that is ${status}: it is given once`, async () => {
      const slug = `both-${status}`;
      const { invoice, there } = await place.pushed(slug);
      there.status = status;
      const note = await creditOf(slug, invoice.id);
      bothLook(status === 'open' ? /^GET \/v1\/credit_notes$/ : /^GET .*\/balance_transactions$/);
      await twice(() => place.push(slug, note.id));
      const { balance, creditNotes } = place.stripe.books;
      const given = [...balance, ...creditNotes].filter(
        ({ metadata }) => metadata.vapi_agent_invoice === note.id,
      );
      assert.equal(given.length, 1);
    });
  }

  for (const what of ['void', 'paid'] as const) {
    it(`${what === 'void' ? 'void an invoice' : 'book an invoice as paid'}: it is done once there`, async () => {
      const slug = `both-do-${what}`;
      const { invoice, there } = await place.pushed(slug);
      bothLook(new RegExp(`^GET /v1/invoices/${there.id}$`));
      const answers = await Promise.all(
        [1, 2].map(() => place.operator('POST', `${slug}/invoices/${invoice.id}/${what}`)),
      );
      for (const { status } of answers) assert.ok(status === 200 || status === 409);
      assert.equal(there.status, what);
      assert.equal(await place.statusOf(slug, invoice.id), what);
    });
  }
});
