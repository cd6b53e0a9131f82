/** What a client sees of its plan, its month and its invoices, and what it does not. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { InvoiceView, PlanInput } from '../../../server/contract.ts';
import { type BillingStage, channels, mustBe, startBillingStage } from './stage.ts';

/** 10 cents a second. */
const perSecond: PlanInput = {
  name: 'Per second',
  currency: 'usd',
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 6_000_000 } }],
};
/** The cost doubled. */
const doubled: PlanInput = {
  name: 'Doubled',
  currency: 'eur',
  rates: [{ channels, price: { kind: 'cost-plus', markupBps: 10_000 } }],
};

describe('what a client sees of its money', () => {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage({ now: Date.parse('2026-11-16T00:00:00Z') });
    await stage.addTenant('acme', doubled, '2026-11-01');
    await stage.addTenant('other', perSecond, '2026-11-01');
    await stage.book('acme', {
      id: 'acme-1',
      at: '2026-11-05T10:00:00Z',
      seconds: 60,
      costMicros: 1_234_567,
    });
  });
  after(() => stage?.close());

  it('is the month’s sum so far, and at this pace', async () => {
    const client = await stage.clientKey('acme');
    const { body } = await client('GET', '/v1/tenants/acme/preview');
    assert.equal(body.soFar.totalCents, 247);
    // 15 of 30 days have gone.
    assert.equal(body.atThisPace.totalCents, 494);
  });

  it('is what the document says once the month is billed, whatever has arrived late since', async () => {
    stage.server.clock.now = Date.parse('2026-12-02T00:00:00Z');
    await stage.addTenant('settled', { ...doubled, minimumCents: 5000 }, '2026-11-01');
    const call = { id: 'settled-1', at: '2026-11-05T10:00:00Z', seconds: 60 };
    await stage.book('settled', call, { ...call, id: 'settled-2', costMicros: null });
    const client = await stage.clientKey('settled');
    const preview = async () =>
      (await mustBe(200, client('GET', '/v1/tenants/settled/preview?period=2026-11'))).body;
    const before = await preview();
    assert.deepEqual([before.billed, before.soFar.totalCents, before.openCalls], [false, 5000, 1]);
    const { body: invoice } = await mustBe(200, stage.bill('settled', '2026-11'));
    assert.deepEqual(await preview(), {
      ...before,
      billed: true,
      soFar: { ...before.soFar, lines: invoice.document.lines },
    });
    await stage.book('settled', { ...call, id: 'settled-3', costMicros: 90_000_000 });
    assert.equal((await preview()).atThisPace.totalCents, 5000);
    stage.server.clock.now = Date.parse('2026-11-16T00:00:00Z');
  });

  it('is never the provider’s cost or the markup, nor a draft', async () => {
    const client = await stage.clientKey('acme');
    const draft = await mustBe(
      201,
      stage.server.operator('POST', '/v1/tenants/acme/invoices', { period: '2026-11' }),
    );
    assert.equal((await client('GET', `/v1/tenants/acme/invoices/${draft.body.id}`)).status, 404);
    assert.deepEqual((await client('GET', '/v1/tenants/acme/invoices')).body.invoices, []);
    stage.server.clock.now = Date.parse('2026-12-02T00:00:00Z');
    const invoice = (await mustBe(200, stage.bill('acme', '2026-11'))).body as InvoiceView;
    const path = `/v1/tenants/acme/invoices/${invoice.id}`;
    const seen = [
      await client('GET', path),
      await client('GET', `${path}/lines/1/calls`),
      await client('GET', '/v1/tenants/acme/plan'),
      await client('GET', '/v1/tenants/acme/preview'),
    ];
    for (const { status, text } of seen) {
      assert.equal(status, 200);
      assert.doesNotMatch(text, /costMicros|markup|1234567|10000\b/);
    }
    assert.equal(seen[1]?.body.calls[0].priceMicros, 2_469_134);
    const own = await stage.server.operator('GET', `${path}/lines/1/calls`);
    assert.equal(own.body.calls[0].costMicros, 1_234_567);
  });

  it('is a price for each message of a chat, and said to be one', async () => {
    stage.server.clock.now = Date.parse('2026-12-02T00:00:00Z');
    const each: PlanInput = {
      ...perSecond,
      rates: [
        { channels: ['web', 'inbound', 'outbound'], price: { kind: 'per-call', perCallMicros: 1_500_000 } },
        { channels: ['chat'], price: { kind: 'per-call', perCallMicros: 20_000 } },
      ],
    };
    await stage.addTenant('chatty', each, '2026-11-01');
    const chat = { at: '2026-11-05T10:00:00Z', seconds: 0, type: 'chat' };
    await stage.book('chatty', { id: 'chatty-1', ...chat }, { id: 'chatty-2', ...chat });
    const { document } = (await mustBe(200, stage.bill('chatty', '2026-11'))).body as InvoiceView;
    assert.deepEqual(
      document.lines.map(({ description, amountCents }) => [description, amountCents]),
      [['Chat messages: 2 in all, 0.00 min', 4]],
    );
    assert.deepEqual(document.plans[0]?.terms, [
      'Web calls, inbound calls, outbound calls: 1.50 USD each',
      'Chat messages: 0.02 USD each',
    ]);
  });

  it('is never a markup, whichever preset its plan comes from, nor does a plan’s name reveal it', async () => {
    const { operator } = stage.server;
    stage.server.clock.now = Date.parse('2026-12-02T00:00:00Z');
    const { presets } = (await mustBe(200, operator('GET', '/v1/billing/presets'))).body;
    for (const [index, { plan }] of presets.entries()) {
      const slug = `preset-${index}`;
      await stage.addTenant(slug, plan, '2026-11-01');
      await stage.book(
        slug,
        { id: `${slug}-1`, at: '2026-11-05T10:00:00Z', seconds: 60, costMicros: 1_234_567 },
        { id: `${slug}-2`, at: '2026-11-05T10:00:00Z', seconds: 0, costMicros: 7_654_321, type: 'chat' },
      );
      const { body } = await mustBe(200, stage.bill(slug, '2026-11'));
      const client = await stage.clientKey(slug);
      for (const path of ['plan', 'preview?period=2026-11', `invoices/${body.id}`]) {
        const { text } = await mustBe(200, client('GET', `/v1/tenants/${slug}/${path}`));
        assert.doesNotMatch(
          text.replaceAll(/(pln|inv)_[\w-]+/g, ''),
          /markup|cost|%|1234567|7654321/i,
          `${slug}: ${path}`,
        );
      }
    }
    const named = { ...doubled, name: 'Cost + 100 %' };
    const refused = await mustBe(400, operator('PUT', '/v1/tenants/acme/plan', { plan: named }));
    assert.deepEqual(
      refused.body.errors.map(({ path }: { path: string }) => path),
      ['plan.name'],
    );
  });

  it('is only its own, and read-only', async () => {
    const client = await stage.clientKey('other');
    const { body } = await stage.server.operator('GET', '/v1/tenants/acme/invoices');
    for (const path of [
      'acme/invoices',
      `acme/invoices/${body.invoices[0].id}`,
      'acme/plan',
      'acme/preview',
    ]) {
      assert.equal((await client('GET', `/v1/tenants/${path}`)).status, 404);
    }
    assert.equal((await client('GET', '/v1/tenants/other/billing')).status, 404);
    assert.equal((await client('POST', '/v1/tenants/other/invoices')).status, 404);
    assert.equal((await client('PUT', '/v1/tenants/other/plan')).status, 404);
    assert.equal((await client('GET', '/v1/billing/seller')).status, 404);
  });

  it('is a list that a spreadsheet opens, page by page', async () => {
    const { operatorKey, request } = stage.server;
    const headers = { authorization: `Bearer ${operatorKey}`, accept: 'text/csv' };
    stage.server.clock.now = Date.parse('2026-12-02T00:00:00Z');
    await stage.addTenant('listed', { ...perSecond, monthlyFeeCents: 123_456 }, '2026-10-01');
    const first = (await mustBe(200, stage.bill('listed', '2026-10'))).body as InvoiceView;
    stage.server.clock.now += 1;
    const second = (await mustBe(200, stage.bill('listed', '2026-11'))).body as InvoiceView;
    const path = '/v1/tenants/listed/invoices?limit=1';
    const page = await request('GET', path, { headers });
    assert.match(page.headers.get('content-type') ?? '', /^text\/csv/);
    const columns = 'number,kind,status,month,issuedAt,dueAt,paidAt,currency,total,due,id,state,left';
    const row = ({ number, month, issuedAt, dueAt, id }: InvoiceView) =>
      `${number},invoice,finalized,${month},${issuedAt},${dueAt},,usd,1234.56,1234.56,${id},finalized,1234.56`;
    assert.equal(page.text, `${columns}\r\n${row(second)}\r\n`);
    const next = `${path}&cursor=${page.headers.get('x-next-cursor')}`;
    const rest = await request('GET', next, { headers });
    assert.equal(rest.text, `${columns}\r\n${row(first)}\r\n`);
    assert.equal(rest.headers.get('x-next-cursor'), null);
  });

  it('can be printed: one page that escapes what people wrote and loads nothing', async () => {
    await mustBe(
      200,
      stage.server.operator('PUT', '/v1/tenants/other/billing', {
        buyer: { name: '<script>alert(1)</script>', address: ['"Quoted" & Co'] },
      }),
    );
    await stage.book('other', { id: 'other-1', at: '2026-11-05T10:00:00Z', seconds: 60 });
    const invoice = (await mustBe(200, stage.bill('other', '2026-11'))).body as InvoiceView;
    const page = await stage.server.request('GET', `/v1/tenants/other/invoices/${invoice.id}`, {
      headers: { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/html' },
    });
    assert.match(page.headers.get('content-type') ?? '', /text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; style-src 'sha256-/);
    assert.doesNotMatch(page.text, /<script/);
    assert.match(page.text, /&#60;script&#62;alert/);
    assert.match(page.text, /To pay<\/td>.*6\.00 USD/s);
  });

  it('is printed with the days of its own time zone, as the portal shows them', async () => {
    const { server } = stage;
    server.clock.now = Date.parse('2026-12-02T23:30:00Z');
    await stage.addTenant('sydney', { ...perSecond, monthlyFeeCents: 1000 }, '2026-11-01', {
      timeZone: 'Australia/Sydney',
    });
    const invoice = (await mustBe(200, stage.bill('sydney', '2026-11'))).body as InvoiceView;
    assert.equal(invoice.document.issuedAt, '2026-12-02T23:30:00.000Z');
    const page = await server.request('GET', `/v1/tenants/sydney/invoices/${invoice.id}`, {
      headers: { authorization: `Bearer ${server.operatorKey}`, accept: 'text/html' },
    });
    assert.match(page.text, /<dt>Date<\/dt><dd>2026-12-03<\/dd>/);
    assert.match(page.text, /<dt>Due<\/dt><dd>2026-12-17<\/dd>/);
  });
});
