/** What happens to an invoice here while it is being brought to Stripe. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { InvoiceView } from '../../../server/contract.ts';
import { codeOf } from '../../support/test-server.ts';
import { mustBe } from './stage.ts';
import { type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
before(async () => {
  place = await startStripeStage();
});
after(() => place.close());
beforeEach(() => {
  place.stripe.fault = () => null;
});

const voidOf = (slug: string, id: string) => place.operator('POST', `${slug}/invoices/${id}/void`);
/** A credit note over 10.00 of an invoice, with its 19 % VAT: 11.90. */
async function creditOf(slug: string, id: string): Promise<InvoiceView> {
  const request = { reason: 'Outage', lines: [{ line: 1, amountCents: 1000 }] };
  const path = `${slug}/invoices/${id}/credit-notes`;
  return (await mustBe(201, place.operator('POST', path, request))).body as InvoiceView;
}

/** All the requests of a push that goes well. */
async function stepsOf(slug: string, id: string): Promise<string[]> {
  const asked = place.stripe.requests.length;
  await mustBe(200, place.push(slug, id));
  return place.stripe.requests.slice(asked);
}

/** Does something while Stripe has the n-th request from now in hand; the requests of its own pass. */
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

describe('an invoice that is voided while it is brought to Stripe', () => {
  it('is open nowhere, whatever request the push was at, and its month is billed once more', async () => {
    const first = await place.finalized('steps');
    const steps = await stepsOf('steps', first.id);
    for (let step = 1; step <= steps.length; step += 1) {
      const slug = `void-${step}`;
      const when = `voided during ${steps[step - 1]}`;
      const invoice = await place.finalized(slug);
      duringRequest(step, () => mustBe(200, voidOf(slug, invoice.id)));
      const answer = await place.push(slug, invoice.id);
      assert.ok(answer.status >= 400, `${when}: the push does not say that it went well`);
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

  it('is withdrawn by voiding it again when the push died before it could take back what it had made', async () => {
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

describe('a credit note that is voided', () => {
  const given = (customer: string) =>
    place.stripe.books.balance
      .filter((entry) => entry.customer === customer)
      .reduce((sum, { amount }) => sum + amount, 0);
  /** A credit note for an invoice that is paid at Stripe. */
  async function paidAndCredited(slug: string) {
    const { invoice, there } = await place.pushed(slug);
    there.status = 'paid';
    return { invoice, customer: there.customer, note: await creditOf(slug, invoice.id) };
  }

  it('lowers nothing at Stripe, whatever request its push was at, and the next one lowers once', async () => {
    const { note: first } = await paidAndCredited('credit-steps');
    const steps = await stepsOf('credit-steps', first.id);
    assert.ok(steps.length >= 2, steps.join());
    for (let step = 1; step <= steps.length; step += 1) {
      const slug = `credit-${step}`;
      const when = `voided during ${steps[step - 1]}`;
      const { invoice, customer, note } = await paidAndCredited(slug);
      duringRequest(step, () => mustBe(200, voidOf(slug, note.id)));
      assert.equal(codeOf(await place.push(slug, note.id)), 'conflict', when);
      assert.equal(given(customer), 0, when);
      const again = await creditOf(slug, invoice.id);
      await mustBe(200, place.push(slug, again.id));
      assert.equal(given(customer), -1190, when);
    }
  });

  it('lowers nothing at Stripe when the answer to its push was lost', async () => {
    const { invoice, customer, note } = await paidAndCredited('credit-lost');
    place.stripe.fault = (asked) => (/^POST .*balance_transactions$/.test(asked) ? 'cut' : null);
    assert.equal(codeOf(await place.push('credit-lost', note.id)), 'stripe_unavailable');
    place.stripe.fault = () => null;
    assert.equal(given(customer), -1190);
    await mustBe(200, voidOf('credit-lost', note.id));
    assert.equal(given(customer), 0);
    const again = await creditOf('credit-lost', invoice.id);
    await mustBe(200, place.push('credit-lost', again.id));
    assert.equal(given(customer), -1190);
  });
});
