/** Input that cannot be meant is refused with a reason, wherever it is. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, it } from 'node:test';
import type { InvoiceView, PlanInput } from '../../../server/contract.ts';
import { csvLines } from '../../../server/routes/csv.ts';
import { takeLease } from '../../../server/store/leases.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';

const plan: PlanInput = {
  name: 'Plan',
  currency: 'usd',
  monthlyFeeCents: 4900,
  rates: [
    {
      channels: ['web', 'inbound', 'outbound', 'chat'],
      price: { kind: 'per-minute', perMinuteMicros: 600_000 },
    },
  ],
};
let stage: BillingStage;
let invoice: InvoiceView;
const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/${path}`, body);
before(async () => {
  stage = await startBillingStage();
  await stage.addTenant('acme', plan, '2026-11-01');
  for (const [id, at] of [
    ['call-c', '2026-11-05T10:00:00Z'],
    ['call-a', '2026-11-06T10:00:00Z'],
    ['call-b', '2026-11-07T10:00:00Z'],
  ] as const) {
    await stage.book('acme', { id, at, seconds: 100 });
  }
  invoice = (await mustBe(200, stage.bill('acme', '2026-11'))).body;
});
after(() => stage.close());

for (const path of [
  'tenants/acme/preview?period=0000-01',
  'tenants/acme/preview?period=9999-12',
  'tenants/acme/margin?month=9999-12',
  'tenants/acme/usage?from=0000-01-01',
  'tenants/acme/calls?to=9999-12-31',
  'billing/invoices?month=0000-01',
  'billing/invoices?limit=1e2',
  'tenants/acme/invoices?limit=0x10',
  'tenants/acme/invoices?cursor=none',
  'billing/margin?month=2026-11&cursor=ten_0000000000000000',
]) {
  it(`is refused: ${path}`, async () => {
    const { body } = await mustBe(400, operator('GET', path));
    assert.equal(body.code, 'invalid_request');
    assert.equal(body.errors.length, 1);
  });
}

it('a cursor that is not a call of the line is refused', async () => {
  await mustBe(400, operator('GET', `tenants/acme/invoices/${invoice.id}/lines/2/calls?cursor=nobody`));
});

it('months that have not ended or begun, old currencies and control characters in names are refused', async () => {
  const closed = await mustBe(400, operator('POST', 'billing/close?wait=true', { month: '2026-12' }));
  assert.match(closed.body.errors[0].message, /^2026-12 has not ended yet/);
  await mustBe(400, operator('POST', 'tenants/acme/invoices', { period: '2027-01' }));
  for (const currency of ['dem', 'hrk', 'kwd', 'huf']) {
    const body = { plan: { ...plan, currency }, from: '2026-12-01' };
    const refused = await mustBe(400, operator('PUT', 'tenants/acme/plan', body));
    assert.match(refused.body.errors[0].message, /bhd, jod, kwd, omr, tnd, huf, isk, twd, ugx/);
  }
  for (const name of ['A\u0007B', 'A\nB', 'A\u2028B', 'A\u001b[2J']) {
    await mustBe(400, operator('POST', 'keys', { name }));
    await mustBe(400, operator('PATCH', 'tenants/acme', { name }));
    await mustBe(400, operator('PUT', 'billing/seller', { name }));
    await mustBe(400, operator('PUT', 'tenants/acme/billing', { buyer: { name } }));
  }
});

it('an invoice is found by its number as by its id', async () => {
  const { body } = await mustBe(200, operator('GET', `tenants/acme/invoices/${invoice.number}`));
  assert.equal(body.id, invoice.id);
  await mustBe(200, operator('GET', `tenants/acme/invoices/${invoice.number}/lines/2/calls`));
});

it('an invoice’s number works like its id everywhere, for its own tenant only', async () => {
  await stage.addTenant('numbered', plan, '2026-11-01');
  const { id, number } = (await mustBe(200, stage.bill('numbered', '2026-11'))).body;
  const path = `tenants/numbered/invoices/${number}`;
  await mustBe(404, operator('GET', `tenants/acme/invoices/${number}`));
  assert.equal((await mustBe(200, operator('GET', `${path}/payment-page`))).body.url, null);
  // Found, and refused: it is finalized, and not collected by Stripe.
  for (const verb of ['finalize', 'push']) await mustBe(409, operator('POST', `${path}/${verb}`));
  const credit = { reason: 'Outage', lines: [{ line: 1, amountCents: 1 }] };
  const note = (await mustBe(201, operator('POST', `${path}/credit-notes`, credit))).body;
  assert.equal(note.document.corrects.invoice, id);
  await mustBe(200, operator('POST', `tenants/numbered/invoices/${note.number}/void`));
  assert.equal((await mustBe(200, operator('POST', `${path}/paid`))).body.status, 'paid');
});

it('the hash of a line’s calls follows from the API, the CSV or the print alone, wherever the calls are now', async () => {
  await stage.book('acme', { id: 'call-a', at: '2026-11-01T10:00:00Z', seconds: 100 });
  const path = `tenants/acme/invoices/${invoice.id}`;
  const asked = async (of: string, accept: string) => {
    const headers = { authorization: `Bearer ${stage.server.operatorKey}`, accept };
    return stage.server.request('GET', `/v1/${of}`, { headers });
  };
  const hashOf = (rows: unknown[][]) =>
    createHash('sha256')
      .update(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
      .digest('hex');
  const wanted = invoice.document.lines[1]?.callsSha256;
  const { calls } = (await mustBe(200, operator('GET', `${path}/lines/2/calls`))).body;
  assert.equal(
    hashOf(
      calls.map((call: Record<string, unknown>) =>
        ['callId', 'correction', 'seconds', 'billedSeconds', 'priceMicros'].map((name) => call[name]),
      ),
    ),
    wanted,
  );
  const read = ([id, ...figures]: (string | undefined)[]) => [
    id,
    ...figures.slice(0, 4).map((figure) => (figure === '' ? null : Number(figure))),
  ];
  const csv = (await asked(`${path}/lines/2/calls`, 'text/csv')).text.trim().split('\r\n').slice(1);
  assert.equal(hashOf(csv.map((line) => read(line.split(',')))), wanted);
  const { text } = await asked(`${path}?calls=yes`, 'text/html');
  assert.ok(text.includes(`calls: SHA-256 ${wanted}`));
  const annex = text.slice(text.indexOf('Calls of line 2'));
  const rows = [...annex.matchAll(/<tr>(<td>.*?)<\/tr>/g)].map(([, row = '']) =>
    read([...row.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell)),
  );
  assert.equal(hashOf(rows), wanted);
});

it('a dry run says that it did not ask Vapi, calls in progress are listed, and a held close says until when', async () => {
  await stage.addTenant('busy', plan, '2026-11-01');
  await stage.book('busy', { id: 'busy-1', at: '2026-11-30T23:50:00Z', seconds: 100 });
  await stage.server.ctx.store
    .updateTable('calls')
    .set({ status: 'in-progress', usageDay: null })
    .where('id', '=', 'busy-1')
    .execute();
  const { entries } = (
    await mustBe(200, operator('POST', 'billing/close?wait=true', { tenant: 'busy', dryRun: true }))
  ).body;
  assert.match(entries[0].notCompared, /does not ask Vapi/);
  assert.deepEqual(entries[0].callsInProgress, ['busy-1']);
  const now = stage.server.clock.now;
  await takeLease(
    stage.server.ctx.store,
    { name: 'month-close', owner: 'killed', expiresAt: now + 60_000 },
    now,
  );
  const { body } = await mustBe(409, operator('POST', 'billing/close?wait=true', {}));
  assert.ok(body.detail.includes(new Date(now + 60_000).toISOString()));
});

it('no cell of a CSV begins a formula, wherever a spreadsheet splits it', () => {
  const cell = (value: string) => csvLines([{ name: 'a', value: () => value }], [0]).replace(/\r\n$/, '');
  assert.equal(cell('a;=1'), `"a;'=1"`);
  assert.equal(cell('a\t@x'), `"a\t'@x"`);
  assert.equal(cell('a\n+1'), `"a\n'+1"`);
  assert.equal(cell('a; "=1'), `"a;' ""=1"`);
  assert.equal(cell(' =1'), "' =1");
  assert.equal(cell('a - b'), 'a - b');
});

it('a fully credited invoice is printed with nothing to pay', async () => {
  const path = `tenants/acme/invoices/${invoice.id}`;
  await mustBe(201, operator('POST', `${path}/credit-notes`, { reason: 'Wrong' }));
  const headers = { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/html' };
  const { text } = await stage.server.request('GET', `/v1/${path}`, { headers });
  assert.match(text, /Credited: to pay<\/td>.*>0\.00 USD</);
  assert.doesNotMatch(text, />To pay</);
});
