/** Credit notes never credit more than was charged, whatever is corrected before and after. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { InvoiceView, PlanInput } from '../../../server/contract.ts';
import type { Answer } from '../../support/test-server.ts';
import { type BillingStage, channels, mustBe, startBillingStage } from './stage.ts';

/** The provider's charge. */
const atCost: PlanInput = {
  name: 'At cost',
  currency: 'usd',
  rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }],
};
const vat = (bps: number) => ({ buyer: { name: 'Buyer' }, tax: { label: 'VAT', bps } });

let stage: BillingStage;
before(async () => {
  stage = await startBillingStage();
});
after(() => stage?.close());

const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/tenants/${path}`, body);
const on = (day: string) => {
  stage.server.clock.now = Date.parse(`${day}T12:00:00Z`);
};
async function bill(slug: string, month: string): Promise<InvoiceView> {
  return (await mustBe(200, stage.bill(slug, month))).body;
}
const credit = (slug: string, { id }: InvoiceView, lines?: { line: number; amountCents: number }[]) =>
  operator('POST', `${slug}/invoices/${id}/credit-notes`, { reason: 'Wrong', ...(lines ? { lines } : {}) });
async function note(answer: Promise<Answer>): Promise<InvoiceView> {
  return (await mustBe(201, answer)).body;
}
const refusal = async (answer: Promise<Answer>) => (await mustBe(400, answer)).body.errors[0].message;
const amounts = ({ document }: InvoiceView) =>
  document.lines.map(({ kind, amountCents }) => [kind, amountCents]);
/** A call on 10 October that costs this many dollars. */
const costs = (slug: string, id: string, dollars: number) =>
  stage.book(slug, { id, at: '2026-10-10T10:00:00Z', seconds: 60, costMicros: dollars * 1_000_000 });

it('an invoice with a correction is credited in full for its total, and in parts for no more', async () => {
  on('2026-11-02');
  await stage.addTenant('whole', { ...atCost, monthlyFeeCents: 10_000 }, '2026-10-01');
  await costs('whole', 'whole-1', 80);
  await bill('whole', '2026-10');
  on('2026-12-02');
  await costs('whole', 'whole-1', 20);
  const invoice = await bill('whole', '2026-11');
  assert.deepEqual(amounts(invoice), [
    ['fee', 10_000],
    ['correction', -6000],
  ]);
  const tooMuch = credit('whole', invoice, [{ line: 1, amountCents: 4001 }]);
  assert.equal(await refusal(tooMuch), 'the invoice has 4000 left to credit');
  const part = await note(credit('whole', invoice, [{ line: 1, amountCents: 1000 }]));
  assert.equal(part.totalCents, -1000);
  const rest = await note(credit('whole', invoice));
  assert.deepEqual(amounts(rest), [
    ['credit', -9000],
    ['credit', 6000],
  ]);
  assert.equal(rest.totalCents, -3000);
  assert.equal(await refusal(credit('whole', invoice)), 'nothing is left to credit');
});

it('what a later document has already credited is not credited again', async () => {
  on('2026-11-02');
  await stage.addTenant('given', atCost, '2026-10-01');
  await costs('given', 'given-1', 80);
  const october = await bill('given', '2026-10');
  on('2026-12-02');
  await costs('given', 'given-1', 20);
  assert.equal((await bill('given', '2026-11')).totalCents, -6000);
  const tooMuch = credit('given', october, [{ line: 1, amountCents: 2001 }]);
  assert.equal(await refusal(tooMuch), 'line 1 has 2000 left to credit');
  assert.equal((await note(credit('given', october))).totalCents, -2000);
});

it('the tax of all parts together is the invoice’s tax, however it is divided', async () => {
  on('2026-12-02');
  const each = (what: typeof channels) => ({
    channels: what,
    price: { kind: 'per-call' as const, perCallMicros: 30_000 },
  });
  const plan: PlanInput = {
    ...atCost,
    monthlyFeeCents: 10_000,
    rates: [each(['web']), each(['inbound']), each(['outbound', 'chat'])],
  };
  await stage.addTenant('tax', plan, '2026-11-01');
  await mustBe(200, operator('PUT', 'tax/billing', vat(1900)));
  await stage.book(
    'tax',
    { id: 'tax-1', at: '2026-11-10T10:00:00Z', seconds: 6 },
    { id: 'tax-2', at: '2026-11-10T10:00:00Z', seconds: 6, type: 'inboundPhoneCall' },
    { id: 'tax-3', at: '2026-11-10T10:00:00Z', seconds: 6, type: 'outboundPhoneCall' },
  );
  const invoice = await bill('tax', '2026-11');
  // 100.09 × 19 % = 19.0171
  assert.equal(invoice.document.tax?.amountCents, 1902);
  const taxes: (number | undefined)[] = [];
  for (const line of [2, 3, 4]) {
    const part = await note(credit('tax', invoice, [{ line, amountCents: 3 }]));
    taxes.push(part.document.tax?.amountCents);
  }
  // 0.57, 1.14 and 1.71 cents in all: 1, 1 and 2, less what the earlier notes gave back
  assert.deepEqual(taxes, [-1, 0, -1]);
  for (let part = 0; part < 20; part += 1) await note(credit('tax', invoice, [{ line: 1, amountCents: 3 }]));
  await note(credit('tax', invoice));
  const { invoices } = (await operator('GET', 'tax/invoices?limit=100')).body;
  const back = invoices
    .filter(({ kind }: InvoiceView) => kind === 'credit-note')
    .reduce((sum: number, { totalCents }: InvoiceView) => sum + totalCents, 0);
  assert.equal(back, -invoice.totalCents);
});

it('a tax rate may have a tenth of a basis point, and a credit has the invoice’s rate', async () => {
  on('2026-12-02');
  await stage.addTenant('fine', { ...atCost, monthlyFeeCents: 10_020 }, '2026-11-01');
  const account = (bps: number) => operator('PUT', 'fine/billing', vat(bps));
  await mustBe(400, account(887.55));
  await mustBe(200, account(887.5));
  const invoice = await bill('fine', '2026-11');
  // 100.20 × 8.875 % = 8.89275
  assert.deepEqual(invoice.document.tax, { label: 'VAT', bps: 887.5, amountCents: 889 });
  const printed = await stage.server.request('GET', `/v1/tenants/fine/invoices/${invoice.id}`, {
    headers: { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/html' },
  });
  assert.match(printed.text, /VAT 8\.875 %/);
  await mustBe(200, account(1000));
  const whole = await note(credit('fine', invoice));
  assert.deepEqual(whole.document.tax, { label: 'VAT', bps: 887.5, amountCents: -889 });
});

it('after a change of the rate, what a credit note credited of an old month is refunded at the old rate, once', async () => {
  on('2026-11-02');
  await stage.addTenant('rates', atCost, '2026-10-01');
  await mustBe(200, operator('PUT', 'rates/billing', vat(1900)));
  await costs('rates', 'rates-1', 50);
  const october = await bill('rates', '2026-10');
  await mustBe(200, operator('PUT', 'rates/billing', vat(1600)));
  const back = await note(credit('rates', october, [{ line: 1, amountCents: 1000 }]));
  assert.deepEqual(back.document.tax, { label: 'VAT', bps: 1900, amountCents: -190 });
  on('2026-12-02');
  await costs('rates', 'rates-1', 35);
  const november = await bill('rates', '2026-11');
  assert.deepEqual(amounts(november), [
    ['correction', -1500],
    ['credited-before', 1000],
  ]);
  // What no earlier note gave back is taxed as this document is.
  assert.deepEqual(november.document.tax, { label: 'VAT', bps: 1600, amountCents: -80 });
});

it('a call that was credited and is then corrected is refunded once', async () => {
  on('2026-11-02');
  await stage.addTenant('twice', atCost, '2026-10-01');
  await costs('twice', 'twice-1', 50);
  await costs('twice', 'twice-2', 10);
  const october = await bill('twice', '2026-10');
  await note(credit('twice', october, [{ line: 1, amountCents: 5000 }]));
  on('2026-12-02');
  await costs('twice', 'twice-1', 0);
  await costs('twice', 'twice-2', 12);
  const november = await bill('twice', '2026-11');
  // 50.00 less and 2.00 more; the 50.00 went back with the credit note.
  assert.deepEqual(amounts(november), [
    ['correction', -4800],
    ['credited-before', 5000],
  ]);
  assert.match(november.document.lines[1]?.description ?? '', /^Credited before: web calls.* of 2026-10$/);
  const { body } = await mustBe(200, operator('GET', `twice/invoices/${november.id}/lines/2/calls`));
  assert.deepEqual(body.calls, []);
  // The credit is used up: the next correction is given back.
  on('2027-01-02');
  await costs('twice', 'twice-2', 4);
  assert.deepEqual(amounts(await bill('twice', '2026-12')), [['correction', -800]]);
});

it('a credit note is not voided while a correction relies on it, and then its money is returned once', async () => {
  on('2026-11-02');
  await stage.addTenant('relied', atCost, '2026-10-01');
  await costs('relied', 'relied-1', 50);
  const october = await bill('relied', '2026-10');
  const gives = (amountCents: number) => note(credit('relied', october, [{ line: 1, amountCents }]));
  const [first, second] = [await gives(3000), await gives(2000)];
  const voids = ({ id }: InvoiceView) => operator('POST', `relied/invoices/${id}/void`);
  on('2026-12-02');
  await costs('relied', 'relied-1', 20);
  const november = await bill('relied', '2026-11');
  assert.deepEqual(amounts(november), [
    ['correction', -3000],
    ['credited-before', 3000],
  ]);
  const refused = await mustBe(409, voids(first));
  assert.equal(
    refused.body.detail,
    `${november.number} relies on this credit note in a correction: void that first.`,
  );
  // The correction needs no more than the first.
  await mustBe(200, voids(second));
  await mustBe(409, voids(first));
  await mustBe(200, voids(november));
  await mustBe(200, voids(first));
  assert.deepEqual(amounts(await bill('relied', '2026-11')), [['correction', -3000]]);
});

it('a minimum that was credited is not credited again when late calls reach it', async () => {
  on('2026-11-02');
  await stage.addTenant('least', { ...atCost, minimumCents: 5000 }, '2026-10-01');
  await costs('least', 'least-1', 20);
  const october = await bill('least', '2026-10');
  assert.deepEqual(amounts(october), [
    ['usage', 2000],
    ['minimum', 3000],
  ]);
  // Half of the top-up is waived.
  await note(credit('least', october, [{ line: 2, amountCents: 1500 }]));
  on('2026-12-02');
  await costs('least', 'least-2', 20);
  assert.deepEqual(amounts(await bill('least', '2026-11')), [
    ['minimum', 5000],
    ['late-usage', 2000],
    ['minimum-change', -2000],
    ['credited-before', 1500],
  ]);
});

it('credit notes have their own prefix, or their numbers would be those of invoices', async () => {
  const path = '/v1/billing/seller';
  const same = { name: 'S', invoicePrefix: 'A', creditNotePrefix: 'A' };
  const refused = await mustBe(400, stage.server.operator('PUT', path, same));
  assert.deepEqual(refused.body.errors, [
    { path: 'creditNotePrefix', message: 'must differ from invoicePrefix: each begins with 000001' },
  ]);
  await mustBe(400, stage.server.operator('PUT', path, { name: 'S', invoicePrefix: 'CN' }));
  await mustBe(200, stage.server.operator('PUT', path, { ...same, creditNotePrefix: 'B' }));
});

it('a prefix that one series of numbers has had is refused for the other, so that no number is used twice', async () => {
  const put = (invoicePrefix: string, creditNotePrefix: string) =>
    stage.server.operator('PUT', '/v1/billing/seller', { name: 'S', invoicePrefix, creditNotePrefix });
  on('2026-12-02');
  await mustBe(200, put('P', 'P-Q'));
  await stage.addTenant('prefixes', { ...atCost, monthlyFeeCents: 10_000 }, '2026-11-01');
  const invoice = await bill('prefixes', '2026-11');
  const part = [{ line: 1, amountCents: 100 }];
  await note(credit('prefixes', invoice, part));
  const refused = await mustBe(409, put('P-Q', 'P'));
  assert.equal(refused.body.detail, 'Credit notes have used the prefix P-Q: choose another.');
  assert.match((await mustBe(409, put('NEW', 'P'))).body.detail, /^Invoices have used the prefix P:/);
  await mustBe(200, put('NEW', 'P-Q'));
  await mustBe(200, put('P', 'P-Q'));
  const next = await note(credit('prefixes', invoice, part));
  assert.match(next.number ?? '', /^P-Q-\d{6}$/);
});

it('a number that is already taken is refused with what to do, not with an error', async () => {
  on('2026-12-02');
  const { store } = stage.server.ctx;
  await stage.addTenant('given-out', { ...atCost, monthlyFeeCents: 10_000 }, '2026-11-01');
  const invoice = await bill('given-out', '2026-11');
  const { last } = await store
    .selectFrom('invoiceNumbers')
    .select('last')
    .where('series', '=', 'credit-note')
    .executeTakeFirstOrThrow();
  // As an older version may have left it.
  const number = `P-Q-${String(last + 1).padStart(6, '0')}`;
  const { id, ...row } = await store
    .selectFrom('invoices')
    .selectAll()
    .where('id', '=', invoice.id)
    .executeTakeFirstOrThrow();
  await store
    .insertInto('invoices')
    .values({ ...row, id: `${id}-old`, number, month: '2020-01' })
    .execute();
  const refused = await mustBe(409, credit('given-out', invoice));
  assert.match(refused.body.detail, new RegExp(`^${number} is already taken: choose another prefix`));
});
