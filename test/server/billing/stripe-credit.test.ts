/** What a credit note does at Stripe. */
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
after(() => place?.close());
beforeEach(() => {
  place.stripe.fault = () => null;
});

/** 10.00 and its 19 % VAT. */
const part = [{ line: 1, amountCents: 1000 }];
const pushNote = async (slug: string, note: InvoiceView) =>
  (await mustBe(200, place.push(slug, note.id))).body as InvoiceView;
const notesOn = (invoice: string) =>
  place.stripe.books.creditNotes
    .filter((note) => note.invoice === invoice && note.status === 'issued')
    .map(({ amount, memo }) => [amount, memo]);
const entriesOf = (id: string) =>
  place.stripe.books.balance
    .filter(({ metadata }) => metadata.vapi_agent_invoice === id)
    .map(({ amount }) => amount);

describe('a credit note', () => {
  it('lowers the invoice that it corrects while that is open at Stripe', async () => {
    const { invoice, there } = await place.pushed('open');
    const note = await place.credited('open', invoice.id, part);
    const pushed = await pushNote('open', note);
    assert.equal(pushed.status, 'paid');
    assert.match(pushed.stripeId ?? '', /^cn_/);
    assert.deepEqual(notesOn(there.id), [[1190, `Credit note ${note.number}`]]);
    assert.deepEqual([there.status, there.amount_remaining], ['open', 10_770]);
    assert.deepEqual(entriesOf(note.id), []);
    assert.equal(await place.statusOf('open', invoice.id), 'pushed');
  });

  it('over all of an open invoice leaves nothing to pay, there or here', async () => {
    const { invoice, there } = await place.pushed('whole');
    await pushNote('whole', await place.credited('whole', invoice.id, part));
    await pushNote('whole', await place.credited('whole', invoice.id));
    assert.deepEqual([there.status, there.amount_remaining], ['paid', 0]);
    assert.equal(await place.statusOf('whole', invoice.id), 'paid');
  });

  it('lowers the next invoices if the corrected one is paid, or was partly paid by the balance', async () => {
    const { invoice, there } = await place.pushed('paid');
    there.status = 'paid';
    const note = await place.credited('paid', invoice.id, part);
    assert.match((await pushNote('paid', note)).stripeId ?? '', /^cbtxn_/);
    assert.deepEqual(entriesOf(note.id), [-1190]);
    assert.deepEqual(notesOn(there.id), []);

    // 119.60, of which the balance of 100.00 pays all but 19.60.
    const customer = place.stripe.books.createCustomer({ name: 'Rich' });
    customer.balance = -10_000;
    const second = await place.pushed('partly', { billing: { stripeCustomerId: customer.id } });
    assert.equal(second.there.amount_remaining, 1960);
    const whole = await place.credited('partly', second.invoice.id);
    await pushNote('partly', whole);
    assert.deepEqual(notesOn(second.there.id), [[1960, `Credit note ${whole.number}`]]);
    assert.deepEqual(entriesOf(whole.id), [-10_000]);
    assert.equal(customer.balance, -10_000);
    assert.equal(second.there.status, 'paid');
  });

  it('counts once when its answer is lost, also when Stripe has forgotten its keys', async () => {
    for (const status of ['open', 'paid'] as const) {
      for (const memory of ['kept', 'forgotten'] as const) {
        const slug = `${status}-${memory}`;
        const { invoice, there } = await place.pushed(slug);
        there.status = status;
        const note = await place.credited(slug, invoice.id);
        place.stripe.fault = (asked) =>
          /^POST .*(balance_transactions|credit_notes)$/.test(asked) ? 'cut' : null;
        assert.equal(codeOf(await place.push(slug, note.id)), 'stripe_unavailable');
        place.stripe.fault = () => null;
        if (memory === 'forgotten') place.stripe.forgetKeys();
        await pushNote(slug, note);
        assert.deepEqual(notesOn(there.id).length, status === 'open' ? 1 : 0, slug);
        assert.deepEqual(entriesOf(note.id), status === 'open' ? [] : [-11_960], slug);
      }
    }
  });

  it('waits until the invoice that it corrects is at Stripe', async () => {
    const invoice = await place.finalized('waits');
    const note = await place.credited('waits', invoice.id, part);
    const refused = await place.push('waits', note.id);
    assert.equal(codeOf(refused), 'conflict');
    assert.match(refused.body.detail, new RegExp(`${invoice.number} is not at Stripe yet`));
    await mustBe(200, place.push('waits', invoice.id));
    await pushNote('waits', note);
    assert.equal(place.atStripe(invoice.id)[0]?.amount_remaining, 10_770);
  });

  it('gives nothing for an unpaid invoice that Stripe no longer collects', async () => {
    const { invoice, there } = await place.pushed('given-up');
    there.status = 'uncollectible';
    const note = await place.credited('given-up', invoice.id);
    assert.equal((await pushNote('given-up', note)).status, 'paid');
    assert.deepEqual([...notesOn(there.id), ...entriesOf(note.id)], []);
  });

  it('gives the prepaid part of such an invoice back as prepaid credit, once, in however many notes', async () => {
    for (const status of ['void', 'uncollectible'] as const) {
      for (const parts of [[undefined], [part, undefined]]) {
        const slug = `prepaid-${status}-${parts.length}`;
        const { invoice, there } = await prepaid(slug);
        there.status = status;
        place.stage.server.clock.now = Date.parse('2027-01-02T12:00:00Z');
        await mustBe(200, place.stage.bill(slug, '2026-12'));
        await mustBe(200, place.tell('invoice.updated', there));
        assert.equal(await balanceOf(slug), 0);
        for (const lines of parts) {
          const note = await place.credited(slug, invoice.id, lines);
          assert.equal((await pushNote(slug, note)).status, 'paid');
          await pushNote(slug, note);
          assert.deepEqual([...notesOn(there.id), ...entriesOf(note.id)], []);
        }
        assert.equal(await balanceOf(slug), 6000, slug);
      }
    }
  });

  it('gives back what Stripe’s balance had paid of an invoice that was given up, less what an earlier note lowered', async () => {
    const customer = place.stripe.books.createCustomer({ name: 'Poor' });
    customer.balance = -10_000;
    // 119.60, of which the balance pays all but 19.60.
    const { invoice, there } = await place.pushed('gave-up', { billing: { stripeCustomerId: customer.id } });
    await pushNote('gave-up', await place.credited('gave-up', invoice.id, part));
    assert.equal(there.amount_remaining, 770);
    there.status = 'uncollectible';
    await pushNote('gave-up', await place.credited('gave-up', invoice.id));
    assert.equal(await balanceOf('gave-up'), 10_000);
  });

  it('does not give back a prepaid part that an earlier note gave by hand', async () => {
    const { invoice, there } = await prepaid('by-hand');
    there.status = 'uncollectible';
    const first = await place.credited('by-hand', invoice.id, [{ line: 1, amountCents: 4000 }]);
    await mustBe(200, place.operator('POST', `by-hand/invoices/${first.id}/paid`));
    await pushNote('by-hand', await place.credited('by-hand', invoice.id));
    // 60.00, of which 47.60 went by hand.
    assert.equal(await balanceOf('by-hand'), 1240);
  });
});

/** 119.60, of which 60.00 were paid in advance. */
async function prepaid(slug: string) {
  place.stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
  await place.addTenant(slug);
  await mustBe(201, place.operator('POST', `${slug}/credits`, { amountCents: 6000 }));
  await place.stage.book(slug, { id: `${slug}-1`, at: '2026-11-10T10:00:00Z', seconds: 300 });
  const { id } = (await mustBe(200, place.stage.bill(slug, '2026-11'))).body as InvoiceView;
  const invoice = (await mustBe(200, place.push(slug, id))).body as InvoiceView;
  const [there] = place.atStripe(id);
  assert.ok(there);
  assert.equal(there.amount_remaining, 5960);
  return { invoice, there };
}
const balanceOf = async (slug: string) => (await place.operator('GET', `${slug}/credits`)).body.balanceCents;
