/** A client's wallet, paid before it is spent: what calls are charged, and how a month's document settles with it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newSessionId } from '../../../server/access/identity/session-token.ts';
import { reserve } from '../../../server/access/start/reserve.ts';
import { draftInvoice, finalizeInvoice } from '../../../server/billing/books/invoicing.ts';
import type { InvoiceView, PlanInput, WalletEntryView, WalletView } from '../../../server/contract.ts';
import { dismissCall } from '../../../server/metering/dismiss.ts';
import { giveUpGone, giveUpPolling } from '../../../server/metering/give-up.ts';
import { ingestCallEvent } from '../../../server/metering/ingest.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, channels, eventOf, mustBe, startBillingStage } from './stage.ts';

/** 1.00 a minute. */
const perMinute: PlanInput = {
  name: 'Per minute',
  currency: 'eur',
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 1_000_000 } }],
};
/** 20.00 a month with 10 minutes, then 0.50 a minute. */
const withMinutes: PlanInput = {
  name: 'With minutes',
  currency: 'eur',
  monthlyFeeCents: 2000,
  rates: [{ channels, price: { kind: 'included', includedMinutes: 10, perMinuteMicros: 500_000 } }],
};

for (const engine of testDatabases()) {
  describe(`a wallet on ${engine.name}`, () => {
    let stage: BillingStage;
    before(async () => {
      stage = await startBillingStage({ engine });
    });
    after(() => stage?.close());
    const operator = (method: string, path: string, body?: unknown) =>
      stage.server.operator(method, `/v1/tenants/${path}`, body);
    const walletOf = async (slug: string): Promise<WalletView> =>
      (await mustBe(200, operator('GET', `${slug}/wallet`))).body;
    const entriesOf = async (slug: string): Promise<WalletEntryView[]> =>
      (await mustBe(200, operator('GET', `${slug}/wallet/entries?limit=1000`))).body.entries;
    const top = { kind: 'top-up', currency: 'eur' };
    const fill = (slug: string, amountCents: number, more: object = {}) =>
      operator('POST', `${slug}/wallet/entries`, {
        ...top,
        amountCents,
        reference: `bank ${amountCents}`,
        ...more,
      });
    const open = async (slug: string, plan: PlanInput, amountCents: number, limits: object = {}) => {
      const tenant = await stage.addTenant(slug, plan, '2026-11-01');
      await mustBe(200, operator('PUT', `${slug}/wallet`, { on: true, ...limits }));
      await mustBe(201, fill(slug, amountCents));
      return tenant;
    };
    /** Entries sum to the balance, and each says the balance after it. */
    const checkSums = async (slug: string) => {
      const entries = (await entriesOf(slug)).reverse();
      let sum = 0;
      entries.forEach((entry, index) => {
        sum += entry.amountMicros;
        assert.deepEqual([entry.no, entry.balanceMicros], [index + 1, sum]);
      });
      assert.equal((await walletOf(slug)).balanceMicros, sum);
      return sum;
    };

    it('counts a double click once, refuses other content, another currency, and more than is unused', async () => {
      await open('filled', perMinute, 5000);
      const both = await Promise.all([fill('filled', 700), fill('filled', 700), fill('filled', 700)]);
      assert.deepEqual(
        [...new Set(both.map(({ status, body }) => `${status} ${body.entry?.no}`))],
        ['201 2'],
      );
      assert.equal(codeOf(await fill('filled', 701, { reference: 'bank 700' })), 'conflict');
      assert.equal(codeOf(await fill('filled', 100, { currency: 'usd' })), 'conflict');
      const refund = { kind: 'refund', note: 'Leaves us', reference: 'refund 1' };
      assert.equal(codeOf(await fill('filled', 5701, refund)), 'conflict');
      await mustBe(201, fill('filled', 5700, refund));
      assert.equal(await checkSums('filled'), 0);
      const client = await stage.clientKey('filled');
      assert.equal((await client('GET', '/v1/tenants/filled/wallet/entries')).body.entries.length, 3);
      assert.equal(codeOf(await client('PUT', '/v1/tenants/filled/wallet')), 'not_found');
    });

    it('charges each call once, with tax, by the included minutes, and each correction of it', async () => {
      await open('charged', withMinutes, 10_000);
      const tax = { label: 'VAT', bps: 1900 };
      await mustBe(200, operator('PUT', 'charged/billing', { buyer: { name: 'C' }, tax }));
      const first = { id: 'charged-1', at: '2026-11-03T10:00:00Z', seconds: 540 };
      const second = { id: 'charged-2', at: '2026-11-02T10:00:00Z', seconds: 120 };
      await stage.book('charged', first, first, second);
      // 9 minutes are included, and 1 of the next 2: 0.50 with 19 %.
      assert.equal((await walletOf('charged')).balanceMicros, 99_405_000);
      stage.server.clock.now += 1000;
      await stage.book('charged', { ...first, seconds: 660 });
      assert.equal((await walletOf('charged')).balanceMicros, 98_215_000);
      stage.server.clock.now += 1000;
      await stage.book('charged', { ...first, seconds: 60 });
      assert.equal((await walletOf('charged')).balanceMicros, 100_000_000);
      const charges = (await entriesOf('charged')).filter(({ kind }) => kind === 'charge');
      assert.deepEqual(
        charges.map(({ callId, amountMicros }) => [callId, amountMicros]),
        [
          ['charged-1', 1_785_000],
          ['charged-1', -1_190_000],
          ['charged-2', -595_000],
          ['charged-1', 0],
        ],
      );
      await checkSums('charged');
    });

    it('pays the month’s invoice to the micro, and void gives back exactly that', async () => {
      await open('settled', withMinutes, 10_000);
      await stage.book(
        'settled',
        { id: 'settled-1', at: '2026-11-03T10:00:00Z', seconds: 607 },
        { id: 'settled-2', at: '2026-11-04T10:00:00Z', seconds: 11 },
        { id: 'settled-3', at: '2026-12-01T10:00:00Z', seconds: 601 },
      );
      const charged = (await walletOf('settled')).balanceMicros;
      const invoice = (await mustBe(200, stage.bill('settled', '2026-11'))).body as InvoiceView;
      // 20.00 and 18 s at 0.50 a minute, rounded to cents.
      assert.deepEqual(
        [invoice.document.totalCents, invoice.document.creditCents, invoice.dueCents, invoice.status],
        [2015, 2015, 0, 'paid'],
      );
      // The call of December remains charged: 1 s beyond its minutes.
      assert.equal(await checkSums('settled'), 100_000_000 - 20_150_000 - 8333);
      const page = await stage.server.request('GET', `/v1/tenants/settled/invoices/${invoice.id}`, {
        headers: { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/html' },
      });
      assert.match(page.text, /Paid from prepaid credit/);
      await mustBe(200, operator('POST', `settled/invoices/${invoice.id}/void`));
      assert.equal(await checkSums('settled'), charged);
      const again = (await mustBe(200, stage.bill('settled', '2026-11'))).body as InvoiceView;
      assert.equal(again.document.creditCents, 2015);
      assert.equal(await checkSums('settled'), 100_000_000 - 20_150_000 - 8333);
    });

    it('leaves on the invoice what it could not pay, and nothing of it in the wallet', async () => {
      await open('short', perMinute, 500, { creditLineCents: 300 });
      await stage.book('short', { id: 'short-1', at: '2026-11-03T10:00:00Z', seconds: 420 });
      assert.equal((await walletOf('short')).balanceMicros, -2_000_000);
      const invoice = (await mustBe(200, stage.bill('short', '2026-11'))).body as InvoiceView;
      assert.deepEqual([invoice.document.creditCents, invoice.dueCents], [500, 200]);
      assert.equal(await checkSums('short'), 0);
      // A correction of a month that is billed: given back, then paid in by the credit note of the next.
      stage.server.clock.now += 1000;
      await stage.book('short', { id: 'short-1', at: '2026-11-03T10:00:00Z', seconds: 300 });
      assert.equal((await walletOf('short')).balanceMicros, 2_000_000);
      const before = stage.server.clock.now;
      stage.server.clock.now = Date.parse('2027-01-03T12:00:00Z');
      const note = (await mustBe(200, stage.bill('short', '2026-12'))).body as InvoiceView;
      assert.deepEqual([note.document.totalCents, note.document.creditCents, note.dueCents], [-200, -200, 0]);
      assert.equal(await checkSums('short'), 2_000_000);
      stage.server.clock.now = before;
    });

    it('spends what expires first, and takes what is unused of it when it expires', async () => {
      await open('granted', perMinute, 1000);
      const grant = (amountCents: number, expiresAt: string) =>
        fill('granted', amountCents, { kind: 'grant', expiresAt });
      await mustBe(201, grant(300, '2026-12-20T00:00:00Z'));
      await mustBe(201, grant(200, '2026-12-10T00:00:00Z'));
      assert.equal(codeOf(await grant(100, '2026-12-01T00:00:00Z')), 'invalid_request');
      await stage.book('granted', { id: 'granted-1', at: '2026-12-02T10:00:00Z', seconds: 90 });
      const before = stage.server.clock.now;
      stage.server.clock.now = Date.parse('2026-12-15T00:00:00Z');
      const wallet = await walletOf('granted');
      assert.deepEqual([wallet.balanceMicros, wallet.spendableMicros], [13_500_000, 13_000_000]);
      await mustBe(201, fill('granted', 1));
      assert.equal(await checkSums('granted'), 13_010_000);
      assert.deepEqual(
        (await walletOf('granted')).grants.map(({ leftMicros }) => leftMicros),
        [3_000_000],
      );
      stage.server.clock.now = before;
    });

    it('holds for a message and a call by phone by their own prices, and refuses what it does not cover', async () => {
      const rates: PlanInput['rates'] = [
        { channels: ['chat'], price: { kind: 'per-call', perCallMicros: 400_000 } },
        { channels: ['web', 'outbound'], price: { kind: 'free' } },
        { channels: ['inbound'], price: { kind: 'per-minute', perMinuteMicros: 600_000 } },
      ];
      await open('channels', { ...perMinute, rates }, 100);
      await mustBe(200, operator('PATCH', 'channels', { modes: ['hybrid'], phoneCalls: 'limit' }));
      const { ctx } = stage.server;
      const tenant = (await findTenant(ctx.store, 'channels')) as Tenant;
      const start = (kind: 'call' | 'message') => {
        const jti = newSessionId();
        const of = { tenant: tenant.slug, tenantId: tenant.id, generation: tenant.generation };
        const session = { ...of, jti, origin: '', network: jti, site: null, assistant: null };
        return reserve(ctx, tenant, session, { consentVersion: null, kind }).then(
          ({ priceMicros }) => priceMicros,
          ({ code }) => code,
        );
      };
      const ring = async (callId: string) => {
        const startedAt = stage.server.clock.now;
        const event = eventOf({ id: callId, at: new Date(startedAt).toISOString(), seconds: 0 }, startedAt);
        const live = { ...event, kind: 'status', type: 'inboundPhoneCall', status: 'in-progress' } as const;
        return ingestCallEvent(ctx, tenant, { ...live, endedAt: null, endedReason: null, cost: null });
      };
      assert.deepEqual([await start('message'), await start('call')], [400_000, 0]);
      // 0.60 is left: a minute.
      assert.equal((await ring('channels-1')).unwanted, null);
      assert.deepEqual([(await walletOf('channels')).heldMicros, await start('call')], [1_000_000, 0]);
      assert.equal(await start('message'), 'balance_empty');
      assert.equal((await ring('channels-2')).unwanted, 'no-room');
    });

    it('takes nothing for a call that Vapi does not know, and tells once of each mark', async () => {
      const tenant = await open('marked', perMinute, 1000, { lowMarksCents: [500, 200] });
      await mustBe(200, operator('PATCH', 'marked', { alerts: { email: 'ops@agency.example' } }));
      const report = { id: 'marked-1', at: '2026-12-01T10:00:00Z', seconds: 360 };
      await stage.book('marked', report, { ...report, id: 'marked-2', seconds: 60 });
      await stage.book('marked', { ...report, id: 'marked-3', seconds: 120 });
      const kinds = (await stage.server.operator('GET', '/v1/notices')).body.notices
        .filter((notice: { tenant: string }) => notice.tenant === 'marked')
        .map((notice: { kind: string; period: string }) => `${notice.kind} ${notice.period}`);
      assert.deepEqual(kinds.sort(), ['balance-low 1 2.00', 'balance-low 1 5.00']);
      assert.equal((await walletOf('marked')).balanceMicros, 1_000_000);
      await stage.server.ctx.store
        .updateTable('callOwners')
        .set({ confirmed: 0 })
        .where('callId', '=', 'marked-1')
        .execute();
      await dismissCall(stage.server.ctx, { ...tenant, walletOn: 1 }, 'marked-1', {
        actor: 'operator',
        requestId: 'r',
      });
      assert.equal(await checkSums('marked'), 7_000_000);
    });

    it('pays back what was paid, never a gift', async () => {
      await open('gift', perMinute, 500);
      await mustBe(201, fill('gift', 300, { kind: 'grant', expiresAt: '2026-12-20T00:00:00Z' }));
      const refund = { kind: 'refund', note: 'Leaves us', reference: 'refund' };
      assert.equal(codeOf(await fill('gift', 501, refund)), 'conflict');
      await mustBe(201, fill('gift', 500, refund));
      assert.deepEqual(
        (await walletOf('gift')).grants.map(({ leftMicros }) => leftMicros),
        [3_000_000],
      );
    });

    it('charges nothing again for a call that an invoice billed while it was off', async () => {
      await open('was-off', perMinute, 1000);
      const call = { id: 'was-off-1', at: '2026-11-03T10:00:00Z', seconds: 120 };
      await mustBe(200, operator('PUT', 'was-off/wallet', { on: false }));
      await stage.book('was-off', call);
      const invoice = (await mustBe(200, stage.bill('was-off', '2026-11'))).body as InvoiceView;
      assert.equal(invoice.document.totalCents, 200);
      const before = (await walletOf('was-off')).balanceMicros;
      await mustBe(200, operator('PUT', 'was-off/wallet', { on: true }));
      stage.server.clock.now += 1000;
      await stage.book('was-off', { ...call, seconds: 126 });
      assert.equal((await walletOf('was-off')).balanceMicros, before);
      await checkSums('was-off');
    });

    it('holds for a call that rings at midnight what it costs on the day after', async () => {
      const { ctx, clock } = stage.server;
      const tenant = await open('midnight', perMinute, 5000);
      const dearer = {
        ...perMinute,
        rates: [{ channels, price: { ...perMinute.rates[0]?.price, perMinuteMicros: 3_000_000 } }],
      };
      await mustBe(200, operator('PUT', 'midnight/plan', { plan: dearer, from: '2026-12-03' }));
      const before = clock.now;
      clock.now = Date.parse('2026-12-02T23:59:50Z');
      const at = new Date(clock.now).toISOString();
      const rings = eventOf(
        { id: 'midnight-1', at, seconds: 0, costMicros: null, type: 'inboundPhoneCall' },
        clock.now,
      );
      const live = { ...rings, kind: 'status', status: 'ringing', startedAt: null, endedAt: null } as const;
      await ingestCallEvent(ctx, { ...tenant, phoneCalls: 'limit', walletOn: 1 }, live);
      assert.equal((await walletOf('midnight')).heldMicros, 30_000_000);
      clock.now = before;
    });

    it('gives a call that no document has billed back once, also while it is off', async () => {
      const { ctx, clock } = stage.server;
      const tenant = { ...(await open('unbilled', withMinutes, 10_000)), walletOn: 1 };
      const by = { actor: 'operator', requestId: 'r' };
      const dismiss = (id: string, walletOn: number) => dismissCall(ctx, { ...tenant, walletOn }, id, by);
      for (const id of ['unbilled-1', 'unbilled-2']) {
        const event = eventOf({ id, at: '2026-11-03T10:00:00Z', seconds: 720 }, clock.now);
        const asOf = Date.parse('2026-11-03T10:13:00Z');
        await ingestCallEvent(ctx, tenant, { ...event, source: 'webhook', asOf });
      }
      // As when Vapi cannot be asked first. 20.00 are paid; 1.00 and 6.00 wait for Vapi, which knows neither call.
      const draft = await draftInvoice(ctx, tenant, '2026-11', by);
      await finalizeInvoice(ctx, tenant, draft?.row.id ?? '', by);
      assert.equal(await checkSums('unbilled'), 73_000_000);
      await dismiss('unbilled-1', 0);
      await giveUpGone(ctx, tenant, ['unbilled-2']);
      assert.equal(await checkSums('unbilled'), 80_000_000);
      await dismiss('unbilled-2', 1);
      assert.equal(await checkSums('unbilled'), 80_000_000);
    });

    it('holds nothing for a call that is another client’s, or whose price it never learns', async () => {
      const { ctx, clock } = stage.server;
      const tenant = await open('loses', perMinute, 1000);
      const winner = await stage.addTenant('wins', perMinute, '2026-11-01');
      const began = async (id: string) => {
        const jti = newSessionId();
        const { id: tenantId, generation, assistantId } = tenant;
        const claims = { jti, tenant: 'loses', tenantId, generation, origin: '', network: jti, site: null };
        const current = { ...tenant, walletOn: 1 };
        await reserve(ctx, current, { ...claims, assistant: null }, { consentVersion: null, kind: 'call' });
        const at = new Date(clock.now).toISOString();
        const event = eventOf({ id, at, seconds: 0, costMicros: null }, clock.now);
        const live = { ...event, kind: 'status', status: 'in-progress', endedAt: null } as const;
        const report = { ...live, assistantId, sessionId: jti, source: 'webhook' } as const;
        await ingestCallEvent(ctx, current, report);
        assert.notEqual((await walletOf('loses')).heldMicros, 0);
        return { ...report, source: 'poll' } as const;
      };
      await ingestCallEvent(ctx, winner, await began('lost-1'));
      assert.equal((await walletOf('loses')).heldMicros, 0);
      await began('unknown-1');
      await mustBe(200, operator('PUT', 'loses/wallet', { on: false }));
      await giveUpPolling(ctx, tenant, 'unknown-1');
      assert.equal((await walletOf('loses')).heldMicros, 0);
    });
  });
}
