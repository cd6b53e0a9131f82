/** Invoices and credit notes as files: EN 16931's, read back with a parser and held against its rules, and the PDF. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { extractText, getDocumentProxy } from 'unpdf';
import { monthPeriod } from '../../../server/billing/plan/period.ts';
import type { InvoiceDocument, InvoiceView, PlanInput, TaxCategory } from '../../../server/contract.ts';
import { brokenRules, type ReadInvoice, readInvoice } from '../../support/en16931.ts';
import { type BillingStage, channels, mustBe, seller, simplePlan, startBillingStage } from './stage.ts';

let stage: BillingStage;
before(async () => {
  stage = await startBillingStage();
  await mustBe(200, stage.server.operator('PUT', '/v1/billing/seller', complete));
});
after(() => stage?.close());
const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/tenants/${path}`, body);

const complete = {
  ...seller,
  country: 'ie',
  registration: '<IE> & 4711',
  email: 'books@voice.example',
  footer: 'IBAN\nIE00',
};
const buyer = {
  name: 'Kunde “&” GmbH',
  address: ['Weg 1', '28195 Bremen'],
  country: 'DE',
  taxId: 'DE 123.456.789',
};
const vat = { label: 'VAT', bps: 1900 };

async function setAccount(slug: string, tax: object | null): Promise<void> {
  await mustBe(200, operator('PUT', `${slug}/billing`, { buyer, tax, dueDays: 10 }));
}

/** In both syntaxes, which must say the same. */
async function eInvoice(slug: string, id: string): Promise<ReadInvoice> {
  const path = `${slug}/invoices/${id}/e-invoice`;
  const ubl = readInvoice((await mustBe(200, operator('GET', path))).text);
  const cii = readInvoice((await mustBe(200, operator('GET', `${path}?format=cii`))).text);
  // A schema of UBL has no such summary: how many amounts are written is a matter of syntax.
  assert.deepEqual({ ...cii, amounts: [] }, { ...ubl, amounts: [] });
  assert.deepEqual([...brokenRules(ubl), ...brokenRules(cii)], []);
  return ubl;
}

/** What the e-invoice says is what the frozen document says. */
function assertSame(read: ReadInvoice, { kind, number, document, sha256 }: InvoiceView): void {
  const sign = kind === 'credit-note' ? -1 : 1;
  const unit = document.currency === 'jpy' ? 100 : 1;
  const cents = (amount: number) => amount * sign * unit || 0;
  assert.equal(read.type, kind === 'credit-note' ? '381' : '380');
  assert.equal(read.number, number);
  assert.equal(read.corrects, document.corrects?.number ?? null);
  assert.ok(read.notes.some((note) => note.endsWith(String(sha256))));
  const { linesCents, tax, totalCents, creditCents, dueCents } = document;
  assert.deepEqual(read.sums, {
    lines: cents(linesCents),
    net: cents(linesCents),
    tax: cents(tax?.amountCents ?? 0),
    gross: cents(totalCents),
    paid: cents(creditCents),
    due: cents(dueCents),
  });
  assert.deepEqual(
    read.lines.map(({ id, name, net, quantity, price }) => [id, name, net, quantity * price || 0]),
    document.lines.map(({ no, description, amountCents }) => {
      return [String(no), description, cents(amountCents), cents(amountCents)];
    }),
  );
}

test('an invoice and its credit note are downloaded as UBL and CII, and say what the frozen documents say', async () => {
  await stage.addTenant('read', simplePlan, '2026-11-01', { timeZone: 'Asia/Tokyo' });
  await setAccount('read', vat);
  await stage.book('read', { id: 'read-1', at: '2026-11-05T10:00:00Z', seconds: 90 });
  stage.server.clock.now = Date.parse('2026-12-02T20:00:00Z');
  const invoice = (await mustBe(200, stage.bill('read', '2026-11'))).body as InvoiceView;
  assert.deepEqual(invoice.eInvoiceMissing, []);
  const read = await eInvoice('read', invoice.id);
  assertSame(read, invoice);
  // Days of the client's time zone, in which 20:00 UTC is tomorrow; the last day of the period is part of it.
  assert.deepEqual([read.issued, read.due], ['2026-12-03', '2026-12-13']);
  assert.deepEqual(read.period, ['2026-11-01', '2026-11-30']);
  assert.deepEqual(read.seller, {
    name: 'Voice Agency Ltd',
    country: 'IE',
    vatId: 'IE0987654X',
    taxNumber: null,
    registration: '<IE> & 4711',
  });
  assert.deepEqual([read.buyer.name, read.buyer.vatId], ['Kunde “&” GmbH', 'DE123456789']);
  assert.ok(read.notes.includes('IBAN\nIE00'));
  const request = { reason: 'Goodwill', lines: [{ line: 1, amountCents: 333 }] };
  const note = (await mustBe(201, operator('POST', `read/invoices/${invoice.id}/credit-notes`, request)))
    .body as InvoiceView;
  assertSame(await eInvoice('read', note.id), note);
  // Whatever changes later, the document is the one that was issued.
  const path = `/v1/tenants/read/invoices/${invoice.id}/e-invoice`;
  const before = (await stage.server.operator('GET', path)).text;
  await mustBe(200, stage.server.operator('PUT', '/v1/billing/seller', { ...complete, name: 'Sold Ltd' }));
  await mustBe(200, operator('PATCH', 'read', { timeZone: 'America/Lima' }));
  const client = await stage.clientKey('read');
  const got = await mustBe(200, client('GET', path));
  assert.equal(got.text, before);
  assert.match(got.headers.get('content-type') ?? '', /^application\/xml/);
  assert.equal(got.headers.get('content-disposition'), `attachment; filename="${invoice.number}-ubl.xml"`);
  assert.equal((await client('GET', `${path}?format=pdf`)).status, 400);
  await mustBe(200, stage.server.operator('PUT', '/v1/billing/seller', complete));
});

test('its PDF says all that the printed page says, tagged, with its own fonts, and always in the same bytes', async () => {
  await stage.addTenant('pdf', simplePlan, '2026-11-01');
  await setAccount('pdf', vat);
  await stage.book('pdf', { id: 'pdf-1', at: '2026-11-05T10:00:00Z', seconds: 90 });
  const { id, number } = (await mustBe(200, stage.bill('pdf', '2026-11'))).body as InvoiceView;
  const headers = { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/html' };
  const path = `/v1/tenants/pdf/invoices/${id}`;
  const page = (await stage.server.request('GET', path, { headers })).text;
  const read = async () => {
    const answer = await fetch(`${stage.server.url}${path}/pdf`, { headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${number}.pdf"`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const bytes = await read();
  const raw = Buffer.from(bytes).toString('latin1');
  // A copy, because the reader takes what it is given.
  const pdf = await getDocumentProxy(bytes.slice());
  const { text } = await extractText(pdf, { mergePages: true });
  const joined = text.replace(/\s/g, '');
  const [, body = ''] = page.split('<body>');
  const words = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .split(/\s+/)
    .filter(Boolean);
  assert.ok(words.length > 60);
  assert.deepEqual(
    words.filter((word) => !joined.includes(word)),
    [],
  );
  assert.match(raw, /\/Marked true/);
  assert.match(raw, /\/Lang \(en\)/);
  assert.equal(raw.match(/\/FontFile2 /g)?.length, 2);
  const tree = JSON.stringify(await (await pdf.getPage(1)).getStructTree());
  for (const role of ['Document', 'H1', 'P', 'Table', 'TR', 'TH', 'TD']) {
    assert.ok(tree.includes(`"role":"${role}"`), role);
  }
  // The credit note changes what is left to pay, but not what was issued.
  await mustBe(201, operator('POST', `pdf/invoices/${id}/credit-notes`, { reason: 'All of it' }));
  assert.ok(Buffer.from(await read()).equals(Buffer.from(bytes)));

  await stage.addTenant('kanji', simplePlan, '2026-11-01');
  const kanji = { buyer: { ...buyer, name: '株式会社' }, tax: vat };
  await mustBe(200, operator('PUT', 'kanji/billing', kanji));
  const other = (await mustBe(200, stage.bill('kanji', '2026-11'))).body;
  const refused = await mustBe(409, operator('GET', `kanji/invoices/${other.id}/pdf`));
  assert.match(refused.body.detail, /no “株”: use the printable version/);
});

test('a long name of the tax in the PDF does not run into the total', async () => {
  await stage.addTenant('label', simplePlan, '2026-11-01');
  await setAccount('label', { ...vat, label: 'UMSATZSTEUER NACH § 12 ABS. 2 NR. 10 UST' });
  await mustBe(201, operator('POST', 'label/credits', { amountCents: 100 }));
  const { id } = (await mustBe(200, stage.bill('label', '2026-11'))).body as InvoiceView;
  const answer = await fetch(`${stage.server.url}/v1/tenants/label/invoices/${id}/pdf`, {
    headers: { authorization: `Bearer ${stage.server.operatorKey}` },
  });
  const pdf = await getDocumentProxy(new Uint8Array(await answer.arrayBuffer()));
  const { items } = await (await pdf.getPage(1)).getTextContent();
  const heights = items.flatMap((item) => ('str' in item && item.str.trim() ? [item.transform[5]] : []));
  const lines = [...new Set(heights)].sort((a, b) => a - b);
  const gaps = lines.slice(1).map((height, index) => height - (lines[index] ?? 0));
  assert.ok(Math.min(...gaps) > 5, String(gaps));
});

const reasons: [TaxCategory, string, string | null][] = [
  ['reverse-charge', 'AE', 'VATEX-EU-AE'],
  ['intra-eu', 'K', 'VATEX-EU-IC'],
  ['export', 'G', 'VATEX-EU-G'],
  ['exempt', 'E', null],
  ['zero', 'Z', null],
  ['outside-scope', 'O', 'VATEX-EU-O'],
];
test('an invoice without VAT says why, in print and in its category', async () => {
  for (const [category, code, reasonCode] of reasons) {
    const slug = `no-vat-${code.toLowerCase()}`;
    await stage.addTenant(slug, simplePlan, '2026-11-01');
    await setAccount(slug, {
      ...{ label: 'VAT', bps: 0, category },
      ...(category === 'exempt' ? { reason: '§ 19 UStG' } : {}),
    });
    const invoice = (await mustBe(200, stage.bill(slug, '2026-11'))).body as InvoiceView;
    const [entry] = (await eInvoice(slug, invoice.id)).breakdown;
    assert.deepEqual([entry?.code, entry?.reasonCode, entry?.tax], [code, reasonCode, 0]);
    const reason = invoice.document.tax?.reason ?? null;
    assert.equal(entry?.reason, reason);
    assert.equal(reason === null, category === 'zero');
    const page = await stage.server.request('GET', `/v1/tenants/${slug}/invoices/${invoice.id}`, {
      headers: { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/html' },
    });
    if (reason) assert.match(page.text, new RegExp(`<p>${reason}</p>`));
  }
});

test('what is missing is named while it can be entered, and afterwards the document is refused with it', async () => {
  await stage.addTenant('lacks', simplePlan, '2026-11-01');
  await mustBe(200, stage.server.operator('PUT', '/v1/billing/seller', { name: 'Bare', taxId: 'DE12' }));
  const missing = ['seller.country', 'buyer.country', 'seller.taxId', 'tax.category', 'seller.registration'];
  const draft = await mustBe(201, operator('POST', 'lacks/invoices', { period: '2026-11' }));
  const paths = ({ body }: { body: InvoiceView }) => body.eInvoiceMissing.map(({ path }) => path);
  assert.deepEqual(paths(draft), missing);
  const path = `lacks/invoices/${draft.body.id}`;
  assert.equal((await operator('GET', `${path}/e-invoice`)).body.detail, 'Finalize the invoice first.');
  await mustBe(200, operator('POST', `${path}/finalize`));
  await mustBe(200, stage.server.operator('PUT', '/v1/billing/seller', complete));
  await setAccount('lacks', vat);
  const refused = await mustBe(409, operator('GET', `${path}/e-invoice`));
  assert.deepEqual(
    refused.body.errors.map((error: { path: string }) => error.path),
    missing,
  );
  await mustBe(200, operator('POST', `${path}/void`));
  assert.equal((await operator('GET', `${path}/e-invoice`)).body.detail, 'This invoice is void.');
  assert.deepEqual(paths(await mustBe(200, stage.bill('lacks', '2026-11'))), []);
});

test('a tax that contradicts itself is refused, and so are countries and VAT IDs of a wrong form', async () => {
  await stage.addTenant('wrong', simplePlan, '2026-11-01');
  const refusals: [object, object | null, string][] = [
    [{}, { ...vat, category: 'exempt', reason: 'x' }, 'tax.bps'],
    [{}, { ...vat, reason: 'x' }, 'tax.reason'],
    [{}, { label: 'VAT', bps: 0, category: 'exempt' }, 'tax.reason'],
    [{}, { label: 'VAT', bps: 0, category: 'zero', reason: 'x' }, 'tax.reason'],
    [{ country: 'ZZ' }, null, 'buyer.country'],
    [{ taxId: 'DE12345678' }, { label: 'VAT', bps: 0, category: 'intra-eu' }, 'buyer.taxId'],
    [{ taxId: '12/345/67890' }, { label: 'VAT', bps: 0, category: 'reverse-charge' }, 'buyer.taxId'],
  ];
  for (const [changes, tax, path] of refusals) {
    const body = { buyer: { ...buyer, ...changes }, tax };
    const { errors } = (await mustBe(400, operator('PUT', 'wrong/billing', body))).body;
    assert.deepEqual(
      errors.map((error: { path: string }) => error.path),
      [path],
    );
  }
});

test('a rule that an e-invoice breaks is found, by its number', async () => {
  await stage.addTenant('broken', simplePlan, '2026-11-01');
  await setAccount('broken', vat);
  const { id } = (await mustBe(200, stage.bill('broken', '2026-11'))).body;
  const { text } = await mustBe(200, operator('GET', `broken/invoices/${id}/e-invoice`));
  const edits: [string | RegExp, string, string[]][] = [
    [/<cbc:TaxInclusiveAmount (.*?)>11/, '<cbc:TaxInclusiveAmount $1>12', ['BR-CO-15', 'BR-CO-16']],
    [/(<cac:TaxSubtotal>[\s\S]*?<cbc:TaxAmount .*?>)1/, '$18', ['BR-CO-14', 'BR-CO-17']],
    [/<cbc:Percent>19/g, '<cbc:Percent>0', ['BR-CO-17', 'BR-S-05']],
    [/<cbc:DueDate>.*\n/, '', ['BR-CO-25']],
    [/<cbc:CompanyID>IE09/, '<cbc:CompanyID>09', ['BR-CO-09']],
    [/<cbc:PriceAmount (.*?)>1/, '<cbc:PriceAmount $1>-1', ['BR-27']],
    [/<cbc:EndDate>2026-11/, '<cbc:EndDate>2025-11', ['BR-29']],
    [/>10\.00</, '>10.001<', ['BR-DEC']],
  ];
  for (const [from, to, numbers] of edits) {
    const edited = text.replace(from, to);
    assert.notEqual(edited, text);
    assert.deepEqual(brokenRules(readInvoice(edited)), numbers);
  }
  assert.throws(() => readInvoice(text.replace('</cac:Party>', '')));
});

/** Fee, minimum, tiers and included minutes, so that later months have corrections of each kind. */
const plans: PlanInput['rates'][number]['price'][] = [
  { kind: 'cost-plus', markupBps: 3333 },
  { kind: 'included', includedMinutes: 2, perMinuteMicros: 700_001 },
  { kind: 'per-minute', perMinuteMicros: 190_000, incrementSeconds: 6 },
];
const history = fc.record({
  price: fc.constantFrom(...plans),
  currency: fc.constantFrom('eur', 'jpy'),
  minimumCents: fc.constantFrom(0, 3000),
  tax: fc.constantFrom<object>(
    { label: 'VAT', bps: 1900 },
    { label: 'VAT', bps: 887.5 },
    { label: 'VAT', bps: 0, category: 'reverse-charge' },
    { label: 'VAT', bps: 0, category: 'outside-scope' },
  ),
  prepaidCents: fc.integer({ min: 0, max: 4000 }),
  /** By the month in which it is reported; a call that is reported again is corrected. */
  reports: fc.array(
    fc.array(
      fc.record({
        call: fc.integer({ min: 0, max: 5 }),
        seconds: fc.integer({ min: 0, max: 400 }),
        costMicros: fc.integer({ min: 0, max: 5_000_000 }),
      }),
      { maxLength: 6 },
    ),
    { minLength: 3, maxLength: 3 },
  ),
  /** In thousandths of the first line. */
  credited: fc.array(fc.integer({ min: 1, max: 499 }), { maxLength: 2 }),
});
const months = ['2026-09', '2026-10', '2026-11'];

test('whatever is billed, corrected and credited, each document passes the rules and its totals are the document’s', async () => {
  let tenants = 0;
  await fc.assert(
    fc.asyncProperty(history, async ({ price, currency, minimumCents, tax, ...events }) => {
      tenants += 1;
      const slug = `any-${tenants}`;
      const rates: PlanInput['rates'] = [
        { channels, price: price.kind === 'cost-plus' ? { ...price } : price },
      ];
      const rate = price.kind === 'cost-plus' ? { usdRateMicros: 900_000 } : {};
      const plan: PlanInput = { name: 'Any', currency, monthlyFeeCents: 1000, minimumCents, rates, ...rate };
      stage.server.clock.now = Date.parse('2026-09-01T00:00:00Z');
      await stage.addTenant(slug, plan, '2026-09-01');
      await setAccount(slug, tax);
      if (events.prepaidCents > 0) {
        await mustBe(201, operator('POST', `${slug}/credits`, { amountCents: events.prepaidCents }));
      }
      const documents: InvoiceView[] = [];
      for (const [index, month] of months.entries()) {
        stage.server.clock.now = Date.parse(`${monthPeriod(month).to}T12:00:00Z`);
        for (const { call, ...figures } of events.reports[index] ?? []) {
          stage.server.clock.now += 1000;
          const at = `${months[Math.min(call % 3, index)]}-10T10:00:00Z`;
          await stage.book(slug, { id: `${slug}-${call}`, at, ...figures });
        }
        documents.push((await mustBe(200, stage.bill(slug, month))).body);
      }
      const [first] = documents as [InvoiceView];
      for (const thousandths of events.credited) {
        const [line] = (first.document as InvoiceDocument).lines;
        const amountCents = Math.max(1, Math.floor(((line?.amountCents ?? 0) * thousandths) / 1000));
        const request = { reason: 'Any', lines: [{ line: 1, amountCents }] };
        documents.push(
          (await mustBe(201, operator('POST', `${slug}/invoices/${first.id}/credit-notes`, request))).body,
        );
      }
      for (const document of documents) assertSame(await eInvoice(slug, document.id), document);
    }),
    { numRuns: 8 },
  );
});
