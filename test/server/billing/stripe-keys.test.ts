/** Stripe's memory of our requests can be in the way: it keeps failures, other parameters and deleted objects. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { InvoiceView } from '../../../server/contract.ts';
import { openStore } from '../../../server/store/database.ts';
import { attemptOf, raiseAttempt } from '../../../server/store/stripe-attempts.ts';
import { testDatabases } from '../../support/postgres.ts';
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

/** The answer to this request is lost, and the caller dies with it. */
function dieAt(request: RegExp): void {
  let dead = false;
  place.stripe.fault = (asked) => {
    if (dead) return 'unavailable';
    dead = request.test(asked);
    return dead ? 'cut' : null;
  };
}
const account = (slug: string, changes: Record<string, unknown>) =>
  mustBe(
    200,
    place.operator('PUT', `${slug}/billing`, {
      buyer: { name: `${slug} GmbH`, email: `${slug}@example.com` },
      tax: { label: 'VAT', bps: 1900 },
      collection: 'send',
      ...changes,
    }),
  );
const shown = (invoice: InvoiceView) =>
  place.atStripe(invoice.id).map(({ customer, status, total }) => [customer, status, total]);

describe('a failure that Stripe keeps under its key', () => {
  /** What creates something, with the document concerned. */
  const works: Record<string, (slug: string) => Promise<{ work: () => ReturnType<StripeStage['push']> }>> = {
    push: async (slug) => {
      const { id } = await place.finalized(slug);
      return { work: () => place.push(slug, id) };
    },
    'credit of an open invoice': async (slug) => {
      const { invoice } = await place.pushed(slug);
      const { id } = await place.credited(slug, invoice.id, [{ line: 1, amountCents: 1000 }]);
      return { work: () => place.push(slug, id) };
    },
    'credit of a paid invoice': async (slug) => {
      const { invoice, there } = await place.pushed(slug);
      there.status = 'paid';
      const { id } = await place.credited(slug, invoice.id, [{ line: 1, amountCents: 1000 }]);
      return { work: () => place.push(slug, id) };
    },
    void: async (slug) => {
      const { invoice } = await place.pushed(slug);
      return { work: () => place.operator('POST', `${slug}/invoices/${invoice.id}/void`) };
    },
    paid: async (slug) => {
      const { invoice } = await place.pushed(slug);
      return { work: () => place.operator('POST', `${slug}/invoices/${invoice.id}/paid`) };
    },
  };
  let count = 0;
  for (const [name, prepare] of Object.entries(works)) {
    for (const fault of ['failed', 'doubtful'] as const) {
      it(`(${fault}) does not prevent the next attempt from doing a ${name}, once`, async () => {
        const clean = await prepare(`kept-${++count}`);
        const asked = place.stripe.requests.length;
        await mustBe(200, clean.work());
        const posts = place.stripe.requests.slice(asked).filter((request) => request.startsWith('POST'));
        assert.ok(posts.length > 0);
        const { books } = place.stripe;
        const numbers = () => [
          books.customers.length,
          books.invoices.length,
          books.creditNotes.length,
          books.balance.length,
          [...books.lines.values()].flat().length,
        ];
        for (const [index] of posts.entries()) {
          const slug = `kept-${++count}`;
          const { work } = await prepare(slug);
          const before = numbers();
          let post = 0;
          place.stripe.fault = (request) => (request.startsWith('POST') && post++ === index ? fault : null);
          const first = await work();
          place.stripe.fault = () => null;
          assert.equal(codeOf(first), 'stripe_unavailable', posts[index]);
          // A search finds new objects only after a while, and the caller comes later too.
          place.stage.server.clock.now += 120_000;
          await mustBe(200, work());
          const grown = numbers().map((now, at) => now - (before[at] ?? 0));
          const once = {
            push: [1, 1, 0, 0, 3],
            'credit of an open invoice': [0, 0, 1, 0, 0],
            'credit of a paid invoice': [0, 0, 0, 1, 0],
            void: [0, 0, 0, 0, 0],
            paid: [0, 0, 0, 0, 0],
          }[name];
          assert.deepEqual(grown, once, posts[index]);
        }
      });
    }
  }
});

describe('a push repeated after the operator has changed something', () => {
  for (const memory of ['remembers', 'has forgotten'] as const) {
    const forget = () => {
      if (memory === 'has forgotten') place.stripe.forgetKeys();
    };
    const name = (what: string) => `${what}-${memory === 'remembers' ? 'a' : 'b'}`;

    it(`makes the invoice for the right customer, and leaves none for the other, when Stripe ${memory}`, async () => {
      const slug = name('moved');
      const invoice = await place.finalized(slug);
      dieAt(/^POST \/v1\/invoices$/);
      assert.equal(codeOf(await place.push(slug, invoice.id)), 'stripe_unavailable');
      place.stripe.fault = () => null;
      const right = place.stripe.books.createCustomer({ name: 'Right', email: 'right@example.com' });
      await account(slug, { stripeCustomerId: right.id });
      forget();
      await mustBe(200, place.push(slug, invoice.id));
      assert.deepEqual(shown(invoice), [[right.id, 'open', 11_960]]);
    });

    it(`sends nothing to another customer that has it already, when Stripe ${memory}`, async () => {
      const slug = name('kept-by');
      const invoice = await place.finalized(slug);
      dieAt(/^POST .*\/finalize$/);
      assert.equal(codeOf(await place.push(slug, invoice.id)), 'stripe_unavailable');
      place.stripe.fault = () => null;
      const right = place.stripe.books.createCustomer({ name: 'Right', email: 'right@example.com' });
      await account(slug, { stripeCustomerId: right.id });
      forget();
      const refused = await place.push(slug, invoice.id);
      assert.equal(codeOf(refused), 'conflict');
      assert.match(refused.body.detail, /Stripe has the invoice for cus_/);
      assert.equal(place.stripe.books.sent.includes(place.atStripe(invoice.id)[0]?.id ?? ''), false);
      await mustBe(200, place.operator('POST', `${slug}/invoices/${invoice.id}/void`));
      const again = (await mustBe(200, place.stage.bill(slug, '2026-11'))).body as InvoiceView;
      await mustBe(200, place.push(slug, again.id));
      assert.deepEqual(shown(again), [[right.id, 'open', 11_960]]);
      assert.equal(place.atStripe(invoice.id)[0]?.status, 'void');
    });

    it(`makes one customer, with the newest address, when Stripe ${memory}`, async () => {
      const slug = name('mended');
      const invoice = await place.finalized(slug);
      const before = place.stripe.books.customers.length;
      dieAt(/^POST \/v1\/customers$/);
      assert.equal(codeOf(await place.push(slug, invoice.id)), 'stripe_unavailable');
      place.stripe.fault = () => null;
      await account(slug, { buyer: { name: 'Mended', email: 'new@example.com' } });
      if (memory === 'has forgotten') {
        forget();
        place.stage.server.clock.now += 25 * 3_600_000;
      }
      await mustBe(200, place.push(slug, invoice.id));
      const made = place.stripe.books.customers.slice(before);
      assert.deepEqual(
        made.map(({ name, email }) => [name, email]),
        [['Mended', 'new@example.com']],
      );
    });

    it(`collects as the tenant says now, when Stripe ${memory}`, async () => {
      const slug = name('collects');
      const invoice = await place.finalized(slug);
      dieAt(/^POST \/v1\/invoices$/);
      assert.equal(codeOf(await place.push(slug, invoice.id)), 'stripe_unavailable');
      place.stripe.fault = () => null;
      await account(slug, { collection: 'charge' });
      forget();
      await mustBe(200, place.push(slug, invoice.id));
      const [there] = place.atStripe(invoice.id);
      assert.equal(place.atStripe(invoice.id).length, 1);
      assert.equal(there?.collection_method, 'charge_automatically');
      assert.equal(there?.auto_advance, true);
    });

    it(`makes the invoice again when its draft was deleted there, and Stripe ${memory}`, async () => {
      const slug = name('deleted');
      const invoice = await place.finalized(slug);
      for (const step of [/^POST \/v1\/invoices$/, /\/finalize$/]) {
        place.stripe.fault = (request) => (step.test(request) ? 'unavailable' : null);
        if (step.source.includes('invoices')) dieAt(step);
        assert.equal(codeOf(await place.push(slug, invoice.id)), 'stripe_unavailable');
        place.stripe.fault = () => null;
        const [draft] = place.atStripe(invoice.id);
        place.stripe.books.delete(draft?.id ?? '');
        forget();
      }
      await mustBe(200, place.push(slug, invoice.id));
      assert.deepEqual(
        shown(invoice).map(([, status, total]) => [status, total]),
        [['open', 11_960]],
      );
    });
  }

  it('gives the client its full term again when the due date has passed over a draft', async () => {
    const invoice = await place.finalized('slow');
    dieAt(/^POST .*\/add_lines$/);
    assert.equal(codeOf(await place.push('slow', invoice.id)), 'stripe_unavailable');
    place.stripe.fault = () => null;
    const { clock } = place.stage.server;
    clock.now = Date.parse('2027-01-10T10:00:00Z');
    await mustBe(200, place.push('slow', invoice.id));
    const there = place.atStripe(invoice.id);
    assert.equal(there.length, 1);
    assert.equal(there[0]?.due_date, Date.parse('2027-01-25T00:00:00Z') / 1000);
  });

  it('credits the customer that a lost push has credited, and no one else', async () => {
    const { invoice, there } = await place.pushed('payer');
    there.status = 'paid';
    const note = await place.credited('payer', invoice.id, [{ line: 1, amountCents: 1000 }]);
    dieAt(/^POST .*balance_transactions$/);
    assert.equal(codeOf(await place.push('payer', note.id)), 'stripe_unavailable');
    place.stripe.fault = () => null;
    const other = place.stripe.books.createCustomer({ name: 'Other', email: 'other@example.com' });
    await account('payer', { stripeCustomerId: other.id });
    await mustBe(200, place.push('payer', note.id));
    const entries = place.stripe.books.balance.filter(
      ({ metadata }) => metadata.vapi_agent_invoice === note.id,
    );
    assert.deepEqual(
      entries.map(({ customer, amount }) => [customer, amount]),
      [[there.customer, -1190]],
    );
  });
});

for (const engine of testDatabases()) {
  it(`an attempt is raised once for all callers that found it used up, on ${engine.name}`, async () => {
    const database = await engine.createMigrated();
    const store = await openStore(database.config);
    assert.equal(await attemptOf(store, 'inv_1-create'), 1);
    const raised = await Promise.all([1, 2, 3].map(() => raiseAttempt(store, 'inv_1-create', 1)));
    assert.deepEqual(raised, [2, 2, 2]);
    assert.equal(await raiseAttempt(store, 'inv_1-create', 2), 3);
    assert.equal(await raiseAttempt(store, 'inv_1-create', 1), 3);
    assert.equal(await attemptOf(store, 'inv_2-create'), 1);
    await store.destroy();
    await database.remove();
  });
}
