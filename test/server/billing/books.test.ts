/** What the operator reads about all its clients at once: their invoices, and the runs that made them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BookedInvoice, CloseReport } from '../../../server/contract.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, mustBe, simplePlan as plan, startBillingStage } from './stage.ts';

let stage: BillingStage;
before(async () => {
  stage = await startBillingStage();
  await stage.addTenant('acme', plan, '2026-10-01', { name: 'Acme, "Bakery"', timeZone: 'Europe/Berlin' });
  await stage.addTenant('yen', { ...plan, currency: 'jpy' }, '2026-11-01', { name: '=Yen' });
  await stage.addTenant('gone', plan, '2026-11-01', { name: 'Gone' });
  for (const [slug, month] of [
    ['acme', '2026-10'],
    ['acme', '2026-11'],
    ['yen', '2026-11'],
    ['gone', '2026-11'],
  ] as const) {
    stage.server.clock.now += 1000;
    await mustBe(200, stage.bill(slug, month));
  }
  stage.server.clock.now += 1000;
  await mustBe(204, operator('DELETE', 'tenants/gone'));
});
after(() => stage?.close());

const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/${path}`, body);
const books = async (query = ''): Promise<BookedInvoice[]> =>
  (await mustBe(200, operator('GET', `billing/invoices${query}`))).body.invoices;
const numbers = (invoices: BookedInvoice[]) => invoices.map(({ number }) => number);

test('the invoices of all clients are one list, newest first, each with its client, even a deleted one', async () => {
  const all = await books();
  assert.deepEqual(
    all.map(({ number, tenantName, timeZone, month }) => [number, tenantName, timeZone, month]),
    [
      ['INV-000004', 'Gone', 'UTC', '2026-11'],
      ['INV-000003', '=Yen', 'UTC', '2026-11'],
      ['INV-000002', 'Acme, "Bakery"', 'Europe/Berlin', '2026-11'],
      ['INV-000001', 'Acme, "Bakery"', 'Europe/Berlin', '2026-10'],
    ],
  );
  assert.equal(all[1]?.tenant, 'yen');
  assert.match(String(all[0]?.tenant), /^ten_/, 'its slug may be another’s now');
});

test('it is read in pages, and by month and state', async () => {
  const first = (await operator('GET', 'billing/invoices?limit=3')).body;
  assert.equal(first.invoices.length, 3);
  const rest = (await operator('GET', `billing/invoices?limit=3&cursor=${first.nextCursor}`)).body;
  assert.deepEqual([...numbers(rest.invoices), rest.nextCursor], ['INV-000001', null]);
  assert.deepEqual(numbers(await books('?month=2026-10')), ['INV-000001']);
  assert.deepEqual(numbers(await books('?status=paid')), []);
  assert.deepEqual(numbers(await books('?status=finalized&month=2026-11')), [
    'INV-000004',
    'INV-000003',
    'INV-000002',
  ]);
  assert.equal(codeOf(await operator('GET', 'billing/invoices?month=11')), 'invalid_request');
});

test('as CSV amounts have their currency’s decimals, and names never become formulas', async () => {
  const { server } = stage;
  const headers = { authorization: `Bearer ${server.operatorKey}`, accept: 'text/csv' };
  const answer = await server.request('GET', '/v1/billing/invoices?month=2026-11', { headers });
  assert.match(String(answer.headers.get('content-type')), /^text\/csv/);
  const lines = answer.text.trim().split('\r\n');
  assert.equal(
    lines[0]?.replace('\uFEFF', ''),
    'number,kind,status,tenant,name,month,issuedAt,dueAt,paidAt,currency,total,due,stripeId,id,state,left',
  );
  assert.match(String(lines[2]), /^INV-000003,invoice,finalized,yen,'=Yen,2026-11,\S+,jpy,1000,1000,,/);
  assert.match(
    String(lines[3]),
    /^INV-000002,invoice,finalized,acme,"Acme, ""Bakery""",2026-11,\S+,usd,10\.00,10\.00,,/,
  );
  assert.equal(lines.length, 4);
});

test('a client has no such list', async () => {
  const client = await stage.clientKey('acme');
  assert.equal(codeOf(await client('GET', '/v1/billing/invoices')), 'not_found');
});

test('a run is found behind any number of dry runs', async () => {
  const close = (body: object) => mustBe(200, operator('POST', 'billing/close?wait=true', body));
  await stage.addTenant('late', { ...plan, name: '"dryRun":true' }, '2026-11-01');
  stage.server.clock.now = Date.parse('2026-12-03T00:00:00Z');
  const { id } = (await close({ tenant: 'late' })).body as CloseReport;
  await stage.addTenant('later', plan, '2026-11-01');
  for (let look = 0; look < 50; look += 1) {
    stage.server.clock.now += 1000;
    await close({ tenant: 'later', dryRun: true });
  }
  const idsOf = async (query: string) =>
    (await mustBe(200, operator('GET', `billing/runs${query}`))).body.runs.map((run: CloseReport) => run.id);
  assert.ok(!(await idsOf('')).includes(id));
  assert.deepEqual(await idsOf('?dry-runs=false'), [id]);
});

test('why an invoice was voided is in the audit log', async () => {
  const [newest] = await books('?month=2026-11&status=finalized');
  const path = `tenants/${newest?.tenant}/invoices/${newest?.id}/void`;
  assert.equal(codeOf(await operator('POST', path, { reason: ' ' })), 'invalid_request');
  await mustBe(200, operator('POST', path, { reason: 'Billed to the wrong company' }));
  const [entry] = (await operator('GET', 'audit?limit=1')).body.entries;
  assert.deepEqual(
    [entry.action, entry.before.number, entry.after],
    ['invoice.void', newest?.number, { reason: 'Billed to the wrong company' }],
  );
});

test('it is searched by number and client, without case and accents, and sums what matches by currency', async () => {
  const list = async (query: string) =>
    (await mustBe(200, operator('GET', `billing/invoices?${query}`))).body;
  const { invoices, totals } = await list('search=ÁCME');
  assert.deepEqual(
    invoices.map(({ tenant }: BookedInvoice) => tenant),
    ['acme', 'acme'],
  );
  assert.deepEqual(totals, {
    documents: 2,
    amounts: [{ currency: 'usd', documents: 2, totalCents: 2000, leftToPayCents: 2000 }],
    complete: true,
  });
  assert.deepEqual(numbers(await books('?search=inv-000003')), ['INV-000003']);
  assert.deepEqual(numbers(await books('?search=000002')), ['INV-000002']);
  assert.deepEqual(numbers(await books('?search=acme&month=2026-10')), ['INV-000001']);
  assert.deepEqual(numbers(await books('?search=%25')), [], 'a wildcard is a letter like any other');
  assert.equal((await list('search=_')).totals.documents, 0);
  assert.deepEqual(
    (await list('')).totals.amounts.map(({ currency }: { currency: string }) => currency),
    ['jpy', 'usd'],
  );
  // One of them is void by now: it is counted, and adds nothing.
  const [sum] = (await list('state=void')).totals.amounts;
  assert.deepEqual([sum.documents, sum.totalCents, sum.leftToPayCents], [1, 0, 0]);
});

test('it is sorted by total and due date in pages, and a cursor belongs to its order', async () => {
  for (const sort of ['time', 'total', 'due'])
    for (const order of ['asc', 'desc']) {
      const whole = await books(`?sort=${sort}&order=${order}`);
      const paged: BookedInvoice[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const next = cursor === '' ? '' : `&cursor=${cursor}`;
        const page: { invoices: BookedInvoice[]; nextCursor: string | null } = (
          await mustBe(200, operator('GET', `billing/invoices?limit=1&sort=${sort}&order=${order}${next}`))
        ).body;
        paged.push(...page.invoices);
        cursor = page.nextCursor;
      }
      assert.deepEqual(paged, whole);
      const keys = whole.map((one) => (sort === 'total' ? one.totalCents : Date.parse(one.dueAt ?? '')));
      const sorted = [...keys].sort((a, b) => (order === 'asc' ? a - b : b - a));
      if (sort !== 'time') assert.deepEqual(keys, sorted);
    }
  const { nextCursor } = (await operator('GET', 'billing/invoices?limit=1&sort=total')).body;
  assert.equal(codeOf(await operator('GET', `billing/invoices?cursor=${nextCursor}`)), 'invalid_request');
});

test('as CSV it has what is searched for', async () => {
  const headers = { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/csv' };
  const { text } = await stage.server.request('GET', '/v1/billing/invoices?search=yen&sort=due', { headers });
  assert.deepEqual(
    text
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.slice(0, 10)),
    ['INV-000003'],
  );
});
