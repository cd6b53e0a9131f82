/** Unpaid invoices: when they are overdue, which tenants that pauses, and what ends it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { deliverNext } from '../../../server/access/notices/notice-delivery.ts';
import type { NoticeView } from '../../../server/contract.ts';
import { startMailSink } from '../../support/mail-sink.ts';
import { until } from '../../support/until.ts';
import { mustBe, seller } from './stage.ts';
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

/** The server's own worker may have tried in between, and failed: then the next attempt is due some time later. */
async function deliverLater(ctx: Parameters<typeof deliverNext>[0]): Promise<void> {
  place.stage.server.clock.now += 60_000;
  await deliverNext(ctx);
}

describe('a notice about unpaid invoices', () => {
  it('says in the mail and in the list that credit notes have since credited all of it', async () => {
    const { server } = place.stage;
    const tenant = { alerts: { email: 'ops@agency.example' } };
    const { id } = await place.finalized('credited-since', {
      ...pausedWhenUnpaid({ collection: 'manual' }),
      tenant,
    });
    await place.sweepAt('2026-12-13T00:00:00Z');
    await place.credited('credited-since', id);
    const words = '119.60 EUR is left to pay. It is now credited: 0.00 EUR is left to pay.';
    const { notices } = (await mustBe(200, server.operator('GET', '/v1/notices?limit=200'))).body;
    const own = (notices as NoticeView[]).filter((notice) => notice.tenant === 'credited-since');
    assert.deepEqual(
      own.map(({ kind, text }) => [kind, text]),
      [['invoice-overdue', words]],
    );
    const sink = await startMailSink();
    const mailed = () => sink.mails.find((mail) => /^Subject: credited-since: .* is overdue$/m.test(mail));
    try {
      server.ctx.smtp = { url: sink.url, from: 'voice@agency.example' };
      await until(async () => {
        await deliverLater(server.ctx);
        return mailed() !== undefined;
      }, 'the mail');
      assert.match(String(mailed()), /It is now credited: 0\.00 EUR is left to pay\./);
    } finally {
      server.ctx.smtp = null;
      await sink.close();
    }
  });

  it('that Stripe no longer collects names the amount after credit notes', async () => {
    const { invoice, there } = await place.pushed('strayed-in-part', pausedWhenUnpaid());
    await place.credited('strayed-in-part', invoice.id, [{ line: 1, amountCents: 1000 }]);
    place.stripe.books.invoices.splice(place.stripe.books.invoices.indexOf(there), 1);
    await place.sweepAt('2026-12-18T00:00:00Z');
    const { notices } = (await place.stage.server.operator('GET', '/v1/notices?limit=200')).body;
    const raised = (notices as NoticeView[]).filter(({ tenant }) => tenant === 'strayed-in-part');
    assert.deepEqual(
      raised.map(({ kind, data }) => [kind, data.dueCents]),
      [['invoice-strayed', 10_770]],
    );
  });

  it('goes to the seller if the tenant has no alerts, and is listed if no one can be notified', async () => {
    const { server } = place.stage;
    const noticesOf = async (slug: string) => {
      const { body } = await mustBe(200, server.operator('GET', '/v1/notices?limit=200'));
      return (body.notices as NoticeView[])
        .filter(({ tenant }) => tenant === slug)
        .map(({ kind, period, pending }) => [kind, period, pending]);
    };
    const nobody = await place.finalized('nobody', pausedWhenUnpaid({ collection: 'manual' }));
    await place.sweepAt('2026-12-18T00:00:00Z');
    assert.deepEqual((await noticesOf('nobody')).sort(), [
      ['invoice-overdue', nobody.number, false],
      ['paused-unpaid', nobody.number, false],
    ]);

    const page = (await server.operator('GET', '/v1/notices?limit=1')).body;
    const next = (await server.operator('GET', `/v1/notices?limit=1&cursor=${page.nextCursor}`)).body;
    assert.deepEqual([page.notices.length, next.notices.length], [1, 1]);
    assert.notEqual(page.notices[0].id, next.notices[0].id);

    const sink = await startMailSink();
    const toSeller = () => sink.mails.filter((mail) => /^To: books@agency\.example$/m.test(mail));
    const { ctx } = server;
    try {
      ctx.smtp = { url: sink.url, from: 'voice@agency.example' };
      await mustBe(
        200,
        server.operator('PUT', '/v1/billing/seller', { ...seller, email: 'books@agency.example' }),
      );
      server.clock.now = Date.parse('2026-12-02T12:00:00Z');
      const mailed = await place.finalized('mailed', pausedWhenUnpaid({ collection: 'manual' }));
      await place.sweepAt('2026-12-18T00:00:00Z');
      await until(async () => {
        await deliverLater(ctx);
        return toSeller().length === 2;
      }, 'both mails');
      const subjects = toSeller()
        .map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1])
        .sort();
      assert.deepEqual(subjects, [
        `mailed: invoice ${mailed.number} is overdue`,
        `mailed: paused because invoice ${mailed.number} is unpaid`,
      ]);
    } finally {
      ctx.smtp = null;
      await sink.close();
      await mustBe(200, server.operator('PUT', '/v1/billing/seller', seller));
    }
  });
});
