/**
 * Any work with Stripe may be killed after any request and any of its own writes, and is then repeated: at once, when
 * only the keys show Stripe that it is a repetition, or a day later, when Stripe has forgotten them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setPlan } from '../../../server/billing/plan/plan-changes.ts';
import { type CloseReport, type InvoiceView, planSchema } from '../../../server/contract.ts';
import { type Answer, codeOf } from '../../support/test-server.ts';
import { killAfterWrites, useStore } from './kill-after-writes.ts';
import { channels, mustBe } from './stage.ts';
import { type Setup, type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
before(async () => {
  place = await startStripeStage();
});
after(() => place?.close());

type Memory = 'at once' | 'a day later';
const memories: Memory[] = ['at once', 'a day later'];

interface Trial {
  /** @returns whether it reports success */
  run(): Promise<boolean>;
  /** The documents concerned. */
  ids: string[];
}

const well = async (answer: Promise<Answer>) => (await answer).status === 200;
const part = [{ line: 1, amountCents: 1000 }];
const charge: Setup = { billing: { collection: 'charge' } };

const trials: Record<string, (slug: string) => Promise<Trial>> = {
  'a push that sends, for a new customer': async (slug) => {
    const { id } = await place.finalized(slug);
    return { ids: [id], run: () => well(place.push(slug, id)) };
  },
  'a push that charges': async (slug) => {
    const { id } = await place.finalized(slug, charge);
    return { ids: [id], run: () => well(place.push(slug, id)) };
  },
  'a void': async (slug) => {
    const { invoice } = await place.pushed(slug);
    const path = `${slug}/invoices/${invoice.id}/void`;
    return { ids: [invoice.id], run: () => well(place.operator('POST', path)) };
  },
  'what is booked as paid': async (slug) => {
    const { invoice } = await place.pushed(slug);
    const path = `${slug}/invoices/${invoice.id}/paid`;
    return { ids: [invoice.id], run: () => well(place.operator('POST', path)) };
  },
  'a credit of an open invoice': async (slug) => {
    const { invoice } = await place.pushed(slug);
    const { id } = await place.credited(slug, invoice.id);
    return { ids: [invoice.id, id], run: () => well(place.push(slug, id)) };
  },
  'a credit of a paid invoice': async (slug) => {
    const { invoice, there } = await place.pushed(slug, charge);
    there.status = 'paid';
    const { id } = await place.credited(slug, invoice.id, part);
    return { ids: [invoice.id, id], run: () => well(place.push(slug, id)) };
  },
  'a close with an invoice and a credit note': async (slug) => {
    const { invoice } = await place.pushed(slug);
    const note = await place.credited(slug, invoice.id, part);
    const ids = [invoice.id, note.id];
    const run = async () => {
      const { clock } = place.stage.server;
      const { now } = clock;
      clock.now = Math.max(now, Date.parse('2027-01-03T12:00:00Z'));
      const request = { tenant: slug, month: '2026-12' };
      const { body } = await place.stage.server.operator('POST', '/v1/billing/close?wait=true', request);
      clock.now = now;
      const { invoices } = (await place.operator('GET', `${slug}/invoices`)).body;
      const december = invoices.find(({ month }: { month: string }) => month === '2026-12');
      if (december && ids.length < 3) ids.push(december.id);
      return (body as CloseReport).needsPerson === 0;
    };
    return { ids, run };
  },
};

/** Those of a close are killed in `month-close.test.ts`, on both engines; for the few others, a day later is enough. */
const ownWrites: Record<string, Memory[]> = {
  'a push that sends, for a new customer': memories,
  'a push that charges': memories,
  'a void': ['a day later'],
  'what is booked as paid': ['a day later'],
  'a credit of an open invoice': ['a day later'],
  'a credit of a paid invoice': ['a day later'],
};

/** All that Stripe has of some documents, without its ids. */
function bookOf(ids: string[]): unknown {
  const { books } = place.stripe;
  const own = ({ metadata }: { metadata: Record<string, string> }) =>
    ids.includes(metadata.vapi_agent_invoice ?? '');
  const invoices = books.invoices.filter(own);
  const customers = new Set(invoices.map(({ customer }) => customer));
  return {
    invoices: invoices.map(({ id, status, total, amount_remaining, collection_method, auto_advance }) => ({
      ...{ status, total, amount_remaining, collection_method, auto_advance },
      lines: books.lines.get(id)?.map(({ amount }) => amount),
      sent: books.sent.includes(id),
    })),
    creditNotes: books.creditNotes.filter(own).map(({ amount, status }) => [amount, status]),
    balance: books.balance.filter(own).map(({ amount }) => amount),
    customers: books.customers.filter(({ id }) => customers.has(id)).map(({ balance }) => balance),
  };
}

function later(): void {
  place.stripe.forgetKeys();
  place.stage.server.clock.now += 25 * 3_600_000;
}

let trial = 0;
for (const [name, prepare] of Object.entries(trials)) {
  describe(`${name}, killed`, () => {
    /** The requests and the result of a successful one. */
    let steps: string[];
    let expected: unknown;
    let customersMade: number;
    before(async () => {
      place.stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
      const before = place.stripe.books.customers.length;
      const { run, ids } = await prepare(`clean-${++trial}`);
      const asked = place.stripe.requests.length;
      assert.ok(await run());
      steps = place.stripe.requests.slice(asked);
      expected = bookOf(ids);
      customersMade = place.stripe.books.customers.length - before;
      assert.ok(steps.length >= 3, steps.join());
    });

    for (const memory of memories) {
      it(`after any of its requests, and repeated ${memory}, does everything once`, async () => {
        const { stripe, stage } = place;
        for (const [index, step] of steps.entries()) {
          stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
          const customers = stripe.books.customers.length;
          const { run, ids } = await prepare(`request-${++trial}`);
          const start = stripe.requests.length;
          // The request is done at Stripe, then the process is gone: no answer, and no further request.
          stripe.fault = (_request, count) =>
            count === start + index + 1 ? 'cut' : count > start + index + 1 ? 'unavailable' : null;
          stripe.books.listLagSeconds = memory === 'at once' ? 60 : 0;
          assert.equal(await run(), false, `killed after ${step}`);
          stripe.fault = () => null;
          if (memory !== 'at once') later();
          assert.ok(await run(), `done again after ${step}`);
          stripe.books.listLagSeconds = 0;
          assert.deepEqual(bookOf(ids), expected, `killed after ${step}`);
          assert.equal(stripe.books.customers.length, customers + customersMade, `killed after ${step}`);
        }
      });
    }

    for (const memory of ownWrites[name] ?? []) {
      it(`after any of its own writes, and repeated ${memory}, does everything once`, async () => {
        const { ctx, clock } = place.stage.server;
        const whole = ctx.store;
        for (let kill = 1, done = false; !done; kill += 1) {
          clock.now = Date.parse('2026-12-02T12:00:00Z');
          const { run, ids } = await prepare(`write-${++trial}`);
          useStore(ctx, whole.withPlugin(killAfterWrites(kill)));
          place.stripe.books.listLagSeconds = memory === 'at once' ? 60 : 0;
          done = await run();
          useStore(ctx, whole);
          if (memory !== 'at once') later();
          assert.ok(await run(), `killed after write ${kill}`);
          place.stripe.books.listLagSeconds = 0;
          assert.deepEqual(bookOf(ids), expected, `killed after write ${kill}`);
          assert.ok(kill < 60, 'it ends');
        }
      });
    }
  });
}

describe('an invoice of many lines', () => {
  const types = { webCall: 'web', inboundPhoneCall: 'inbound', outboundPhoneCall: 'outbound', chat: 'chat' };
  const daysOf = (month: string, last: number) =>
    Array.from({ length: last }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`);
  /** 30.00 a month and 1.00 a call, with a different plan on every day: five lines a day. */
  const daily = (name: string) =>
    planSchema.parse({
      ...{ name, currency: 'usd', monthlyFeeCents: 3000 },
      rates: channels.map((channel) => ({
        channels: [channel],
        price: { kind: 'per-call', perCallMicros: 1_000_000 },
      })),
    });
  const callsOn = (days: string[], hour: string) =>
    days.flatMap((day) =>
      Object.keys(types).map((type) => ({
        ...{ id: `${day}-${hour}-${type}`, type, at: `${day}T${hour}:00:00Z` },
        seconds: type === 'chat' ? 0 : 6,
      })),
    );
  /** Killed at each of these requests, then repeated; the last time it is left alone. */
  async function pushKilled(slug: string, month: string, requests: RegExp[]): Promise<InvoiceView> {
    const { stripe, stage } = place;
    for (const request of [...requests, null]) {
      const invoice = (await mustBe(200, stage.bill(slug, month))).body as InvoiceView;
      if (request) {
        let dead = false;
        stripe.fault = (asked) => {
          if (dead) return 'unavailable';
          dead = request.test(asked);
          return dead ? 'cut' : null;
        };
        assert.equal(codeOf(await place.push(slug, invoice.id)), 'stripe_unavailable', String(request));
        stripe.fault = () => null;
      }
      await mustBe(200, place.push(slug, invoice.id));
      const there = place.atStripe(invoice.id);
      assert.deepEqual(
        there.map(({ status, total }) => [status, total]),
        [['open', invoice.totalCents]],
      );
      const lines = stripe.books.lines.get(there[0]?.id ?? '') ?? [];
      assert.equal(lines.length, Math.min(250, invoice.document.lines.length));
      if (!request) return invoice;
      await mustBe(200, place.operator('POST', `${slug}/invoices/${invoice.id}/void`));
    }
    throw new Error('unreachable');
  }

  it('has them all once at Stripe, page by page, and beyond 250 the rest as one', async () => {
    const { stage } = place;
    stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
    const october = daysOf('2026-10', 31);
    const november = daysOf('2026-11', 30);
    const by = { actor: 'operator', requestId: 'test' };
    const tenant = await stage.addTenant('many', daily('first'), '2026-10-01');
    for (const day of [...october.slice(1), ...november]) {
      const change = { plan: daily(day), fromDay: day, isConfirmed: true };
      await setPlan(stage.server.ctx, tenant, change, by);
    }
    const buyer = { name: 'Many', email: 'many@example.com' };
    await mustBe(200, place.operator('PUT', 'many/billing', { buyer, collection: 'send' }));
    await stage.book('many', ...callsOn(october, '10'));
    const first = await pushKilled('many', '2026-10', [/add_lines$/, /^GET .*\/lines$/]);
    // 31 days of 30.00 ÷ 31 each, rounded to 0.97, and 124 calls
    assert.deepEqual([first.document.lines.length, first.totalCents], [155, 31 * 97 + 12_400]);

    stage.server.clock.now += 1000;
    await stage.book('many', ...callsOn(october, '11'), ...callsOn(november, '10'));
    const second = await pushKilled('many', '2026-11', [/add_lines$/]);
    // 30 fees of 1.00, 120 calls, and 124 that came late
    assert.deepEqual([second.document.lines.length, second.totalCents], [274, 3000 + 12_000 + 12_400]);
    const lines = place.stripe.books.lines.get(place.atStripe(second.id)[0]?.id ?? '');
    assert.equal(lines?.at(-1)?.description, '25 further lines');
  });
});
