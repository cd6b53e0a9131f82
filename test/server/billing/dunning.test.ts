/** Unpaid invoices: when they are overdue, which tenants that pauses, and what ends it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { CloseReport, InvoiceView, NoticeView } from '../../../server/contract.ts';
import { listAudit } from '../../../server/store/audit.ts';
import { advanceInvoice } from '../../../server/store/invoices.ts';
import { mustBe } from './stage.ts';
import { pausedWhenUnpaid, type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
before(async () => {
  place = await startStripeStage();
});
after(() => place?.close());
beforeEach(() => {
  place.stripe.fault = () => null;
  place.stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
});

const tenantStatus = async (slug: string) => (await place.operator('GET', slug)).body.status;

describe('an invoice that credit notes credit', () => {
  it('pauses no one, before and after Stripe knows about it, or when collected outside Stripe', async () => {
    const known = await place.pushed('known', pausedWhenUnpaid());
    await mustBe(200, place.push('known', (await place.credited('known', known.invoice.id)).id));
    const unknown = await place.pushed('unknown', pausedWhenUnpaid());
    await place.credited('unknown', unknown.invoice.id);
    const manual = await place.finalized('manual', pausedWhenUnpaid({ collection: 'manual' }));
    await place.credited('manual', manual.id);
    await place.sweepAt('2026-12-18T00:00:00Z');
    for (const slug of ['known', 'unknown', 'manual']) assert.equal(await tenantStatus(slug), 'active', slug);
    assert.equal(await place.statusOf('known', known.invoice.id), 'paid');
    assert.equal(await place.statusOf('unknown', unknown.invoice.id), 'pushed');
    assert.equal(await place.statusOf('manual', manual.id), 'finalized');
  });

  it('in part only is overdue with the rest', async () => {
    const tenant = { alerts: { email: 'ops@agency.example' } };
    const { invoice } = await place.pushed('left', { ...pausedWhenUnpaid(), tenant });
    const note = await place.credited('left', invoice.id, [{ line: 1, amountCents: 1000 }]);
    await mustBe(200, place.push('left', note.id));
    await place.sweepAt('2026-12-18T00:00:00Z');
    assert.equal(await place.statusOf('left', invoice.id), 'overdue');
    assert.equal(await tenantStatus('left'), 'paused');
    const notices = await place.stage.server.ctx.store.selectFrom('notices').selectAll().execute();
    const raised = notices.map(({ payload }) => JSON.parse(payload).data);
    // 119.60 − 11.90
    for (const { dueCents } of raised) assert.equal(dueCents, 10_770);
    assert.equal(raised.length, 2);
  });

  it('is no longer overdue, and shows the remaining amount', async () => {
    const { id } = await place.finalized('late-note', pausedWhenUnpaid({ collection: 'manual' }));
    const left = async () => {
      const { status, leftToPayCents } = (await place.operator('GET', `late-note/invoices/${id}`)).body;
      return [status, leftToPayCents];
    };
    assert.deepEqual(await left(), ['finalized', 11_960]);
    await place.sweepAt('2026-12-13T00:00:00Z');
    await place.credited('late-note', id, [{ line: 1, amountCents: 1000 }]);
    assert.deepEqual(await left(), ['overdue', 10_770]);
    const note = await place.credited('late-note', id);
    assert.equal(note.leftToPayCents, 0);
    assert.deepEqual(await left(), ['finalized', 0]);
    const { ctx } = place.stage.server;
    // As an older version has left it.
    await advanceInvoice(ctx.store, id, ['finalized'], { status: 'overdue' });
    await place.sweepAt('2026-12-13T01:00:00Z');
    assert.deepEqual(await left(), ['finalized', 0]);
    await mustBe(200, place.operator('POST', `late-note/invoices/${note.id}/void`));
    await place.sweepAt('2026-12-13T02:00:00Z');
    assert.deepEqual(await left(), ['overdue', 10_770]);
    await mustBe(200, place.operator('POST', `late-note/invoices/${id}/paid`));
    assert.deepEqual(await left(), ['paid', 0]);
  });
});

describe('a tenant that is paused by an unpaid invoice', () => {
  const resumed = async (slug: string) => {
    const entries = await listAudit(place.stage.server.ctx.store, null, 500);
    return entries
      .filter(({ tenant, actor }) => tenant === slug && actor === 'billing')
      .map(({ action }) => action)
      .sort();
  };

  it('is not paused when Stripe has been paid after the day, though its event was lost', async () => {
    const { invoice, there } = await place.pushed('lost', pausedWhenUnpaid());
    await place.sweepAt('2026-12-13T00:00:00Z');
    assert.equal(await place.statusOf('lost', invoice.id), 'overdue');
    there.status = 'paid';
    // While Stripe cannot be asked, nothing is known, and no one is paused on a guess.
    place.stripe.fault = () => 'unavailable';
    await place.sweepAt('2026-12-18T00:00:00Z');
    assert.equal(await tenantStatus('lost'), 'active');
    place.stripe.fault = () => null;
    await place.sweepAt('2026-12-18T01:00:00Z');
    assert.equal(await tenantStatus('lost'), 'active');
    assert.equal(await place.statusOf('lost', invoice.id), 'paid');
  });

  it('resumes as soon as that is paid, void or credited, and the audit log says so', async () => {
    const settle = {
      reported: async (slug: string, id: string) => {
        for (const there of place.atStripe(id)) there.status = 'paid';
        await mustBe(200, place.tell('invoice.paid', place.atStripe(id)[0] ?? {}));
        return slug;
      },
      void: (slug: string, id: string) => mustBe(200, place.operator('POST', `${slug}/invoices/${id}/void`)),
      booked: (slug: string, id: string) =>
        mustBe(200, place.operator('POST', `${slug}/invoices/${id}/paid`)),
    };
    const ids: Record<string, string> = {};
    for (const slug of Object.keys(settle))
      ids[slug] = (await place.pushed(slug, pausedWhenUnpaid())).invoice.id;
    await place.sweepAt('2026-12-18T00:00:00Z');
    for (const [slug, work] of Object.entries(settle)) {
      assert.equal(await tenantStatus(slug), 'paused', slug);
      await work(slug, ids[slug] ?? '');
      assert.equal(await tenantStatus(slug), 'active', slug);
      assert.deepEqual(await resumed(slug), ['tenant.pause', 'tenant.resume'], slug);
    }
  });

  it('resumes with the next sweep when it is credited, or when the process died after the payment', async () => {
    const manual = await place.finalized('taken-back', pausedWhenUnpaid({ collection: 'manual' }));
    const { invoice } = await place.pushed('died', pausedWhenUnpaid());
    await place.sweepAt('2026-12-18T00:00:00Z');
    assert.equal(await tenantStatus('taken-back'), 'paused');
    await place.credited('taken-back', manual.id);
    await advanceInvoice(place.stage.server.ctx.store, invoice.id, ['overdue'], { status: 'paid' });
    await place.sweepAt('2026-12-18T01:00:00Z');
    assert.equal(await tenantStatus('taken-back'), 'active');
    assert.equal(await tenantStatus('died'), 'active');
  });

  it('stays paused while another invoice is as late', async () => {
    const first = await place.finalized('two', pausedWhenUnpaid({ collection: 'manual' }));
    place.stage.server.clock.now = Date.parse('2027-01-02T12:00:00Z');
    const second = (await mustBe(200, place.stage.bill('two', '2026-12'))).body;
    await place.sweepAt('2027-01-18T00:00:00Z');
    const pay = (id: string) => mustBe(200, place.operator('POST', `two/invoices/${id}/paid`));
    await pay(first.id);
    assert.equal(await tenantStatus('two'), 'paused');
    await pay(second.id);
    assert.equal(await tenantStatus('two'), 'active');
  });

  it('stays paused when a person has paused it, and what a person has resumed is not paused again', async () => {
    const byHand = await place.finalized('by-hand', pausedWhenUnpaid({ collection: 'manual' }));
    const first = await place.finalized('overruled', pausedWhenUnpaid({ collection: 'manual' }));
    await place.sweepAt('2026-12-18T00:00:00Z');
    await mustBe(200, place.operator('POST', 'by-hand/pause'));
    await mustBe(200, place.operator('POST', `by-hand/invoices/${byHand.id}/paid`));
    assert.equal(await tenantStatus('by-hand'), 'paused');

    await mustBe(200, place.operator('POST', 'overruled/resume'));
    place.stage.server.clock.now = Date.parse('2027-01-02T12:00:00Z');
    const second = (await mustBe(200, place.stage.bill('overruled', '2026-12'))).body;
    await place.sweepAt('2027-01-18T00:00:00Z');
    assert.equal(await tenantStatus('overruled'), 'paused');
    await mustBe(200, place.operator('POST', `overruled/invoices/${second.id}/paid`));
    assert.equal(await tenantStatus('overruled'), 'active');
    assert.equal(await place.statusOf('overruled', first.id), 'overdue');
  });
});

describe('an invoice that Stripe is to collect', () => {
  const day = (iso: string) => Date.parse(iso) / 1000;

  it('is not overdue before it is delivered, and then has its full number of days', async () => {
    const { id } = await place.finalized('undelivered', pausedWhenUnpaid());
    place.stripe.fault = () => 'unavailable';
    await place.push('undelivered', id);
    await place.sweepAt('2026-12-18T12:00:00Z');
    assert.equal(await place.statusOf('undelivered', id), 'finalized');
    assert.equal(await tenantStatus('undelivered'), 'active');

    place.stripe.fault = () => null;
    await mustBe(200, place.push('undelivered', id));
    // Ten days from the next midnight on.
    assert.equal(place.atStripe(id)[0]?.due_date, day('2026-12-29T00:00:00Z'));
    await place.sweepAt('2026-12-28T23:59:59Z');
    assert.equal(await place.statusOf('undelivered', id), 'pushed');
    await place.sweepAt('2026-12-29T00:00:01Z');
    assert.equal(await place.statusOf('undelivered', id), 'overdue');
    await place.sweepAt('2027-01-02T23:59:59Z');
    assert.equal(await tenantStatus('undelivered'), 'active');
    await place.sweepAt('2027-01-03T00:00:00Z');
    assert.equal(await tenantStatus('undelivered'), 'paused');
  });

  it('is due at Stripe when its document says so, even when it is pushed there days later', async () => {
    const invoice = await place.finalized('late', pausedWhenUnpaid());
    assert.equal(invoice.dueAt, '2026-12-12T12:00:00.000Z');
    place.stage.server.clock.now = Date.parse('2026-12-10T12:00:00Z');
    await mustBe(200, place.push('late', invoice.id));
    assert.equal(place.atStripe(invoice.id)[0]?.due_date, day('2026-12-12T12:00:00Z'));
    await place.sweepAt('2026-12-12T12:00:01Z');
    assert.equal(await place.statusOf('late', invoice.id), 'overdue');
    await mustBe(200, place.push('late', invoice.id));
    assert.equal(place.stripe.books.sent.length, new Set(place.stripe.books.sent).size, 'none is sent twice');
  });

  it('that is charged is overdue by our day, or from a later delivery', async () => {
    const charge = pausedWhenUnpaid({ collection: 'charge' });
    const { invoice } = await place.pushed('charged', charge);
    const late = await place.finalized('charged-late', charge);
    await place.sweepAt('2026-12-12T12:00:01Z');
    assert.equal(await place.statusOf('charged', invoice.id), 'overdue');
    await place.sweepAt('2026-12-16T12:00:00Z');
    await mustBe(200, place.push('charged-late', late.id));
    await place.sweepAt('2026-12-21T11:59:59Z');
    assert.equal(await tenantStatus('charged'), 'paused');
    assert.equal(await tenantStatus('charged-late'), 'active');
    await place.sweepAt('2026-12-21T12:00:00Z');
    assert.equal(await tenantStatus('charged-late'), 'paused');
  });
});

describe('a payment that a bank is processing', () => {
  it('pauses no one, even after the due date, until it has failed', async () => {
    const { invoice, there } = await place.pushed('bank', pausedWhenUnpaid({ collection: 'charge' }));
    place.stripe.books.charge(there.id, 'processing');
    await place.sweepAt('2026-12-18T00:00:00Z');
    assert.equal(await place.statusOf('bank', invoice.id), 'pushed');
    place.stripe.books.charge(there.id, 'requires_payment_method');
    await place.sweepAt('2026-12-16T00:00:00Z');
    assert.equal(await place.statusOf('bank', invoice.id), 'overdue');
    // Stripe tries again.
    place.stripe.books.charge(there.id, 'processing');
    await place.sweepAt('2026-12-18T00:00:00Z');
    assert.equal(await tenantStatus('bank'), 'active');
    place.stripe.books.charge(there.id, 'requires_payment_method');
    await place.sweepAt('2026-12-18T01:00:00Z');
    assert.equal(await tenantStatus('bank'), 'paused');
  });
});

describe('an invoice that Stripe no longer collects, when a later month is billed', () => {
  const reported = async (slug: string) => {
    const { body } = await mustBe(
      200,
      place.stage.server.operator('POST', '/v1/billing/close?wait=true', { tenant: slug }),
    );
    const report = body as CloseReport;
    const problems = report.entries.map(({ month, outcome, problem }) => [month, outcome, problem ?? '']);
    return { needsPerson: report.needsPerson, problems };
  };
  async function strayed(slug: string, make: (stripeId: string) => void): Promise<InvoiceView> {
    place.stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
    const { invoice, there } = await place.pushed(slug, pausedWhenUnpaid({ dueDays: 40 }));
    place.stage.server.clock.now = Date.parse('2027-01-02T12:00:00Z');
    await mustBe(200, place.stage.bill(slug, '2026-12'));
    make(there.id);
    return invoice;
  }

  it('pauses no one, and every close lists it until it is settled', async () => {
    const { books } = place.stripe;
    const invoices = {
      voided: await strayed('voided', (id) => books.void(id)),
      gone: await strayed('gone', (id) =>
        books.invoices.splice(books.invoices.indexOf(books.invoice(id)), 1),
      ),
    };
    await place.sweepAt('2027-01-18T12:00:00Z');
    await place.sweepAt('2027-01-19T12:00:00Z');
    for (const [slug, { id, number }] of Object.entries(invoices)) {
      assert.equal(await place.statusOf(slug, id), 'pushed', slug);
      assert.equal(await tenantStatus(slug), 'active', slug);
      await reported(slug);
      const { needsPerson, problems } = await reported(slug);
      assert.equal(needsPerson, 1, slug);
      assert.deepEqual(
        problems.map(([month, outcome]) => [month, outcome]),
        [['2026-11', 'failed']],
      );
      assert.match(problems[0]?.[2] ?? '', /^Stripe no longer collects this invoice/);
      const { body } = await place.stage.server.operator('GET', '/v1/notices?limit=200');
      const raised = (body.notices as NoticeView[]).filter(({ tenant }) => tenant === slug);
      assert.deepEqual(
        raised.map(({ kind, period }) => [kind, period]),
        [['invoice-strayed', number]],
      );
    }
    for (const [slug, { id }] of Object.entries(invoices)) {
      await mustBe(200, place.push(slug, (await place.credited(slug, id)).id));
      assert.deepEqual(await reported(slug), { needsPerson: 0, problems: [] });
    }
    const paid = await strayed('voided-paid', (id) => books.void(id));
    await place.sweepAt('2027-01-18T12:00:00Z');
    await mustBe(200, place.operator('POST', `voided-paid/invoices/${paid.id}/paid`));
    assert.equal((await reported('voided-paid')).needsPerson, 0);
    assert.deepEqual(books.balance, [], 'nothing is owed for what no one has paid');
  });

  it('ends the pause that it caused', async () => {
    const invoice = await strayed('had-paused', () => {});
    await place.sweepAt('2027-01-18T12:00:00Z');
    assert.equal(await tenantStatus('had-paused'), 'paused');
    for (const { id } of place.atStripe(invoice.id)) place.stripe.books.void(id);
    await place.sweepAt('2027-01-18T13:00:00Z');
    assert.equal(await tenantStatus('had-paused'), 'active');
  });
});
