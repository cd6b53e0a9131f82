/** No month is skipped: what must be billed is billed in order, or found later. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { CloseEntry, CloseReport, InvoiceView, PlanInput } from '../../../server/contract.ts';
import { releaseInvoiceCalls } from '../../../server/store/invoice-calls.ts';
import { releaseInvoiceLines } from '../../../server/store/invoice-lines.ts';
import { advanceInvoice } from '../../../server/store/invoices.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, channels, mustBe, startBillingStage } from './stage.ts';

/** 1.00 a minute and nothing else. */
const perMinute: PlanInput = {
  name: 'Per minute',
  currency: 'usd',
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 1_000_000 } }],
};
const withFee: PlanInput = { ...perMinute, monthlyFeeCents: 1000 };

let stage: BillingStage;
before(async () => {
  stage = await startBillingStage({ now: Date.parse('2026-12-02T12:00:00Z') });
});
after(() => stage?.close());

const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/${path}`, body);
async function close(tenant: string, request: object = {}): Promise<unknown[]> {
  const { body } = await mustBe(200, operator('POST', 'billing/close?wait=true', { tenant, ...request }));
  return (body as CloseReport).entries.map(({ month, outcome, totalCents }) => [month, outcome, totalCents]);
}
async function bill(slug: string, month: string): Promise<InvoiceView> {
  return (await mustBe(200, stage.bill(slug, month))).body;
}
const voided = (slug: string, { id }: InvoiceView) => operator('POST', `tenants/${slug}/invoices/${id}/void`);

it('a month is refused while an earlier one with a fee or a call is not billed', async () => {
  await stage.addTenant('skip', perMinute, '2026-10-01');
  await stage.book(
    'skip',
    { id: 'skip-1', at: '2026-10-10T10:00:00Z', seconds: 6000 },
    { id: 'skip-2', at: '2026-11-10T10:00:00Z', seconds: 60 },
  );
  const refused = await stage.bill('skip', '2026-11');
  assert.equal(codeOf(refused), 'conflict');
  assert.equal(refused.body.detail, '2026-10 is not billed yet: bill it first.');
  assert.deepEqual(await close('skip'), [
    ['2026-10', 'finalized', 10_000],
    ['2026-11', 'finalized', 100],
  ]);
});

it('an empty month is skipped, and is billed once one of its calls is reported', async () => {
  await stage.addTenant('quiet', perMinute, '2026-09-01');
  await stage.book('quiet', { id: 'quiet-1', at: '2026-09-10T10:00:00Z', seconds: 60 });
  await stage.book('quiet', { id: 'quiet-3', at: '2026-11-10T10:00:00Z', seconds: 60 });
  const september = await bill('quiet', '2026-09');
  const november = await bill('quiet', '2026-11');
  stage.server.clock.now += 3 * 3_600_000;
  // A correction of September's call is billed with the next billed month, whichever that is.
  await stage.book(
    'quiet',
    { id: 'quiet-2', at: '2026-10-10T10:00:00Z', seconds: 180 },
    { id: 'quiet-1', at: '2026-09-10T10:00:00Z', seconds: 120 },
    { id: 'quiet-3', at: '2026-11-10T10:00:00Z', seconds: 240 },
  );
  assert.deepEqual(await close('quiet'), [['2026-10', 'finalized', 400]]);
  const { invoices } = (await operator('GET', 'tenants/quiet/invoices')).body;
  const october = invoices.find(({ month }: InvoiceView) => month === '2026-10');
  // Voided in the reverse of the order in which they were billed.
  assert.match((await voided('quiet', november)).body.detail, /^2026-10 was billed after this invoice/);
  assert.match((await voided('quiet', september)).body.detail, /was billed after this invoice/);
  await mustBe(200, voided('quiet', october));
  await mustBe(200, voided('quiet', november));
  await bill('quiet', '2026-10');
  // All of it, including the three minutes that November's first document could not know about.
  assert.equal((await bill('quiet', '2026-11')).totalCents, 400);
});

it('what changed in a later month while an earlier one was billed is not lost', async () => {
  await stage.addTenant('between', perMinute, '2026-10-01');
  await stage.book('between', { id: 'between-2', at: '2026-11-10T10:00:00Z', seconds: 60 });
  await bill('between', '2026-11');
  stage.server.clock.now += 2 * 3_600_000;
  await stage.book('between', { id: 'between-2', at: '2026-11-10T10:00:00Z', seconds: 120 });
  await stage.book('between', { id: 'between-1', at: '2026-10-10T10:00:00Z', seconds: 60 });
  stage.server.clock.now += 2 * 3_600_000;
  assert.equal((await bill('between', '2026-10')).totalCents, 100);
  const now = stage.server.clock.now;
  stage.server.clock.now = Date.parse('2027-01-03T00:00:00Z');
  assert.deepEqual(await close('between'), [['2026-12', 'finalized', 100]]);
  stage.server.clock.now = now;
});

it('a month that an older version has skipped is billed once requested', async () => {
  await stage.addTenant('hole', withFee, '2026-10-01');
  const october = await bill('hole', '2026-10');
  const november = await bill('hole', '2026-11');
  const { store } = stage.server.ctx;
  await advanceInvoice(store, october.id, ['finalized'], { status: 'void', voidedAt: 0 });
  await releaseInvoiceCalls(store, october.id);
  await releaseInvoiceLines(store, october.id);
  stage.server.clock.now += 1;
  assert.deepEqual(await close('hole', { month: '2026-10' }), [['2026-10', 'finalized', 1000]]);
  assert.deepEqual(await close('hole'), []);
  assert.equal(codeOf(await voided('hole', november)), 'conflict');
});

it('what arrived late after the last plan is one document, and a dry run counts it once', async () => {
  stage.server.clock.now = Date.parse('2026-09-02T12:00:00Z');
  await stage.addTenant('ended', withFee, '2026-08-01');
  await mustBe(200, operator('PUT', 'tenants/ended/plan', { plan: null, from: '2026-09-01' }));
  await bill('ended', '2026-08');
  stage.server.clock.now = Date.parse('2026-12-03T12:00:00Z');
  await stage.book('ended', { id: 'ended-1', at: '2026-08-11T10:00:00Z', seconds: 60 });
  assert.deepEqual(await close('ended', { dryRun: true }), [['2026-11', 'would-finalize', 100]]);
  assert.deepEqual(await close('ended'), [['2026-11', 'finalized', 100]]);
  assert.deepEqual(await close('ended'), []);

  await stage.addTenant('behind', withFee, '2026-09-01');
  await bill('behind', '2026-09');
  stage.server.clock.now += 1;
  await stage.book('behind', { id: 'behind-1', at: '2026-09-11T10:00:00Z', seconds: 60 });
  const dry = [
    ['2026-10', 'would-finalize', 1100],
    ['2026-11', 'would-finalize', 1000],
  ];
  assert.deepEqual(await close('behind', { dryRun: true }), dry);
  assert.deepEqual(await close('behind'), [
    ['2026-10', 'finalized', 1100],
    ['2026-11', 'finalized', 1000],
  ]);
});

it('a month whose invoice a person has voided is billed again only when a person requests it', async () => {
  stage.server.clock.now = Date.parse('2026-12-03T12:00:00Z');
  await stage.addTenant('again', withFee, '2026-10-01');
  await bill('again', '2026-10');
  const november = await bill('again', '2026-11');
  await mustBe(200, voided('again', november));
  stage.server.clock.now = Date.parse('2027-01-03T12:00:00Z');
  // Neither it nor what comes after it, however often months are closed.
  const { body: report } = await mustBe(
    200,
    operator('POST', 'billing/close?wait=true', { tenant: 'again' }),
  );
  assert.deepEqual(
    report.entries.map(({ month, outcome, number, problem }: CloseEntry) => [
      month,
      outcome,
      number,
      problem,
    ]),
    [
      [
        '2026-11',
        'voided',
        november.number,
        'The invoice is void. The month is billed again only when a person drafts it or closes it by name.',
      ],
    ],
  );
  assert.equal(report.needsPerson, 1);
  assert.deepEqual(await close('again', { month: '2026-12' }), [['2026-11', 'voided', null]]);
  assert.deepEqual(await close('again', { month: '2026-11' }), [['2026-11', 'finalized', 1000]]);
  assert.deepEqual(await close('again'), [['2026-12', 'finalized', 1000]]);

  const { invoices } = (await operator('GET', 'tenants/again/invoices')).body;
  const december = invoices.find(({ month }: InvoiceView) => month === '2026-12');
  await mustBe(200, voided('again', december));
  assert.deepEqual(await close('again'), [['2026-12', 'voided', null]]);
  await mustBe(201, operator('POST', 'tenants/again/invoices', { period: '2026-12' }));
  assert.deepEqual(await close('again'), [['2026-12', 'finalized', 1000]]);
});

it('what arrived late after the last plan is not billed again either, when its document is void', async () => {
  stage.server.clock.now = Date.parse('2026-12-03T12:00:00Z');
  await stage.addTenant('gone', withFee, '2026-10-01');
  await mustBe(200, operator('PUT', 'tenants/gone/plan', { plan: null, from: '2026-11-01' }));
  await bill('gone', '2026-10');
  stage.server.clock.now += 1;
  await stage.book('gone', { id: 'gone-1', at: '2026-10-11T10:00:00Z', seconds: 60 });
  assert.deepEqual(await close('gone'), [['2026-11', 'finalized', 100]]);
  const { invoices } = (await operator('GET', 'tenants/gone/invoices')).body;
  await mustBe(
    200,
    voided(
      'gone',
      invoices.find(({ month }: InvoiceView) => month === '2026-11'),
    ),
  );
  stage.server.clock.now = Date.parse('2027-02-03T12:00:00Z');
  assert.deepEqual(await close('gone'), [['2026-11', 'voided', null]]);
  assert.deepEqual(await close('gone', { month: '2026-11' }), [['2026-11', 'finalized', 100]]);
});

it('a month with neither an amount nor a call has no document, and is closed', async () => {
  stage.server.clock.now = Date.parse('2026-12-03T12:00:00Z');
  const free: PlanInput = { ...perMinute, rates: [{ channels, price: { kind: 'free' } }] };
  await stage.addTenant('idle', free, '2026-09-01');
  await stage.book('idle', { id: 'idle-1', at: '2026-10-11T10:00:00Z', seconds: 60 });
  // A call that costs nothing is on an invoice of 0.00.
  assert.deepEqual(await close('idle'), [['2026-10', 'finalized', 0]]);
  const refused = await mustBe(409, operator('POST', 'tenants/idle/invoices', { period: '2026-11' }));
  assert.equal(refused.body.detail, 'There is nothing to bill in 2026-11.');
  // A draft may become zero afterwards.
  const costly: PlanInput = {
    ...perMinute,
    rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }],
  };
  await stage.addTenant('vanished', costly, '2026-10-01');
  const call = { id: 'vanished-1', at: '2026-11-11T10:00:00Z', seconds: 60 };
  await stage.book('vanished', call);
  const draft = await mustBe(201, operator('POST', 'tenants/vanished/invoices', { period: '2026-11' }));
  stage.server.clock.now += 1;
  await stage.book('vanished', { ...call, at: '2026-12-01T10:00:00Z' });
  await mustBe(409, operator('POST', `tenants/vanished/invoices/${draft.body.id}/finalize`));
  assert.deepEqual(await close('vanished'), []);
});
