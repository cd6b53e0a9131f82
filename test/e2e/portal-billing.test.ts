/** What the operator does with money in the portal: closes months, acts on invoices, sets plans. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { raiseNotice } from '../../server/access/notices/notices.ts';
import type { PlanInput } from '../../server/contract.ts';
import { moment } from '../../server/portal/pure/format.ts';
import { findTenant } from '../../server/store/tenants.ts';
import { type BillingStage, mustBe, seller, startBillingStage } from '../server/billing/stage.ts';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { type StripeStandIn, startStripeStandIn } from '../support/stripe-stand-in/stand-in.ts';
import { farMs } from '../support/time-limit.ts';
import {
  checkLooks,
  figure,
  openPortal,
  type PortalVisit,
  rows,
  type VisitOptions,
} from './support/portal.ts';

const secretKey = 'sk_test_onlyForThisTest';
const channels: PlanInput['rates'][number]['channels'] = ['web', 'inbound', 'outbound', 'chat'];
/** 10.00 a month, 1.00 a minute. */
const plan: PlanInput = {
  name: 'Simple',
  currency: 'usd',
  monthlyFeeCents: 1000,
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 1_000_000 } }],
};

let stage: BillingStage;
let stripe: StripeStandIn;
let browser: Browser;
before(async () => {
  stripe = await startStripeStandIn({ secretKey, now: () => stage.server.clock.now });
  stage = await startBillingStage({
    now: Date.parse('2026-12-16T12:00:00Z'),
    config: { publicUrl: 'http://localhost', stripeApiUrl: stripe.url },
    secrets: { stripe: { secretKey, webhookSecret: null } },
  });
  const { server } = stage;
  server.ctx.config.publicUrl = server.url;
  await server.operator('PUT', '/v1/billing/seller', { ...seller, accentColor: '#ffd400' });
  // October is billed. Acme talked 3 minutes: 13.00. Bravo is paid through Stripe.
  for (const [slug, name, timeZone] of [
    ['acme', 'Acme Bakery', 'Europe/Berlin'],
    ['bravo', 'Bravo', 'UTC'],
    ['coda', 'Coda', 'UTC'],
  ] as const) {
    await stage.addTenant(slug, plan, '2026-10-01', { name, timeZone });
    await mustBe(200, server.operator('PUT', `/v1/tenants/${slug}/plan`, { plan: null, from: '2026-11-01' }));
    if (slug === 'acme') await stage.book(slug, { id: 'a-1', at: '2026-10-10T09:00:00Z', seconds: 180 });
    if (slug === 'bravo') await collectByStripe(slug, 'send');
    const { id } = (await mustBe(200, stage.bill(slug, '2026-10'))).body;
    if (slug === 'bravo') {
      await mustBe(200, server.operator('POST', `/v1/tenants/bravo/invoices/${id}/push`));
    }
  }
  // November is not: 13.00, 10.00 through Stripe, and 10.00 beside a call whose cost is not yet known.
  await stage.addTenant('xray', plan, '2026-11-01', { name: 'Xray' });
  await stage.book('xray', { id: 'x-1', at: '2026-11-10T09:00:00Z', seconds: 180 });
  await stage.addTenant('yankee', plan, '2026-11-01', { name: 'Yankee' });
  await collectByStripe('yankee', 'send');
  const atCost: PlanInput = { ...plan, rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }] };
  await stage.addTenant('zulu', atCost, '2026-11-01', { name: 'Zulu' });
  await stage.book('zulu', { id: 'z-1', at: '2026-11-11T09:00:00Z', seconds: 60, costMicros: null });
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});
after(async () => {
  await browser?.close();
  await stage?.close();
  await stripe?.close();
});

async function collectByStripe(slug: string, collection: 'send' | 'charge'): Promise<void> {
  const body = { buyer: { name: slug, email: `${slug}@example.com` }, collection };
  await mustBe(200, stage.server.operator('PUT', `/v1/tenants/${slug}/billing`, body));
}
const signIn = (tenant: string | null, options?: VisitOptions): Promise<PortalVisit> =>
  openPortal(browser, stage.server, tenant, options);
const invoicesOf = async (slug: string) =>
  (await stage.server.operator('GET', `/v1/tenants/${slug}/invoices`)).body.invoices;
const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
/** Presses a button, then the one in the question that follows. */
async function act(page: Page, button: string, question: string, yes: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('dialog', { name: question }).getByRole('button', { name: yes }).click();
}

test('a month is closed: first what would be issued, then the question, then the report, and nothing twice', async () => {
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/close', 'Month-end');
  await page.getByText('No month has been closed yet.').waitFor();
  assert.equal(await page.getByLabel('Up to').inputValue(), '2026-11', 'the last month that is due');
  await page.getByRole('button', { name: 'See what would be issued' }).dblclick();
  await page.getByRole('table', { name: 'What would be issued' }).waitFor();
  assert.deepEqual(await rows(page, 'What would be issued'), [
    ['Xray', 'November 2026', '$13.00'],
    ['Yankee', 'November 2026', '$10.00'],
    [
      'Zulu\n1 call without a known duration or cost: on an invoice once it is known.',
      'November 2026',
      '$10.00',
    ],
  ]);
  const issue = page.getByRole('button', { name: 'Issue 3 invoices' });
  await issue.press('Enter');
  await page.getByRole('dialog').getByText('3 invoices: $33.00.').waitFor();
  await page.keyboard.press('Escape');
  assert.deepEqual(await invoicesOf('xray'), [], 'no was no');
  await issue.click();
  await page
    .getByRole('dialog', { name: 'Issue 3 invoices?' })
    .getByRole('button', { name: 'Issue' })
    .click();
  await page.getByText('3 invoices: $33.00. One needs attention.').waitFor();
  assert.deepEqual(
    (await rows(page, 'What was issued')).map(([client, , invoice, total]) => [
      client?.split('\n')[0],
      invoice?.replace(/\d+/, '…'),
      total,
    ]),
    [
      ['Xray', 'INV-…', '$13.00'],
      ['Yankee', 'INV-…, in Stripe', '$10.00'],
      ['Zulu', 'INV-…', '$10.00'],
    ],
  );
  const focused = await page.evaluate(() => {
    let inner = document.activeElement;
    while (inner?.shadowRoot?.activeElement) inner = inner.shadowRoot.activeElement;
    return inner?.textContent;
  });
  assert.equal(focused, 'Issued');
  const asked = visit.traffic.sent().filter(({ from }) => from.endsWith('/v1/billing/close'));
  assert.equal(asked.length, 2, 'one dry run, one run');
  assert.equal((await invoicesOf('yankee')).length, 1);

  // Idle runs, as the server makes them every hour when it closes months automatically, hide nothing.
  stage.server.clock.now += 1000;
  await mustBe(200, stage.server.operator('POST', '/v1/billing/close', {}));
  await visit.go('#/attention', 'Needs attention');
  await page.getByText('Last run 16 Dec 2026, 12:00 UTC').waitFor();
  await page.getByRole('link', { name: 'zulu' }).waitFor();
  await visit.go('#/close', 'Month-end');
  await page.getByText('16 Dec 2026, 12:00 UTC: 3 invoices: $33.00').click();
  await page.getByRole('table', { name: 'What was issued' }).getByText('Yankee').waitFor();
  await visit.leave();
});

test('a run that takes longer than its request shows how far it is, and its report', async () => {
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/close', 'Month-end');
  const entry = (tenant: string, number: string | null) => ({
    ...{ tenant, month: '2026-11', number, totalCents: 1000, currency: 'usd', openCalls: 0 },
    outcome: number ? 'finalized' : 'would-finalize',
  });
  const report = (finishedAt: string | null, entries: object[]) => ({
    ...{ id: 'run_new', month: '2026-11', dryRun: false, startedAt: '2026-12-16T12:00:00Z', finishedAt },
    ...{ entries, needsPerson: 0 },
  });
  const done = [entry('acme', 'INV-000008'), entry('bravo', 'INV-000009')];
  let looks = 0;
  await page.route('**/v1/billing/runs?*', (route) => {
    looks += 1;
    const run = looks < 4 ? report(null, done.slice(0, 1)) : report('2026-12-16T12:02:00Z', done);
    return route.fulfill({ json: { runs: looks === 1 ? [] : [run] } });
  });
  await page.route('**/v1/billing/close', async (route) => {
    const { dryRun } = route.request().postDataJSON();
    if (dryRun) {
      await route.fulfill({
        json: { ...report('2026-12-16T12:00:00Z', [entry('acme', null), entry('bravo', null)]), dryRun },
      });
      return;
    }
    // The answer of a proxy that has waited for a minute.
    await page.getByText('Issuing: 1 of 2 invoices').waitFor();
    await route.fulfill({ status: 504, body: 'Gateway Timeout' });
  });
  await page.getByRole('button', { name: 'See what would be issued' }).click();
  await act(page, 'Issue 2 invoices', 'Issue 2 invoices?', 'Issue');
  await page.getByRole('heading', { level: 2, name: 'Issued', exact: true }).waitFor();
  assert.equal((await rows(page, 'What was issued')).at(-1)?.[2], 'INV-000009');
  await visit.leave(/status of 504/);
});

test('the invoices of all clients are filtered by month and state, and saved as CSV', async () => {
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/invoices', 'Invoices');
  const list = async (label: string, option: string) => {
    await page.getByLabel(label).selectOption(option);
    await page.locator('.waiting').first().waitFor({ state: 'detached' });
  };
  await list('Month', '2026-10');
  // All of one run are equally new.
  const shown = async () => (await rows(page, 'Invoices of all clients')).sort().reverse();
  assert.deepEqual(await shown(), [
    ['INV-000003', 'Coda', 'October 2026', 'issued', '30 Dec 2026', '$10.00'],
    ['INV-000002', 'Bravo', 'October 2026', 'sent', '30 Dec 2026', '$10.00'],
    ['INV-000001', 'Acme Bakery', 'October 2026', 'issued', '30 Dec 2026', '$13.00'],
  ]);
  await list('State', 'sent');
  assert.deepEqual(
    (await shown()).map(([number]) => number),
    ['INV-000002'],
  );
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  assert.match(String(lines[1]), /^INV-000002,invoice,pushed,bravo,Bravo,2026-10,\S+,usd,10\.00,/);
  assert.equal(lines.length, 2);
  await list('Month', '2026-09');
  await page.getByText('No invoices match.').waitFor();
  await visit.leave();
});

test('an invoice is credited by line, marked as paid, voided with a reason, or found at Stripe', async () => {
  const visit = await signIn(null);
  const { page } = visit;
  await stage.addTenant('india', plan, '2026-10-01', { name: 'India' });
  await stage.book('india', { id: 'i-1', at: '2026-10-10T09:00:00Z', seconds: 180 });
  const { number } = (await mustBe(200, stage.bill('india', '2026-10'))).body;
  await mustBe(
    200,
    stage.server.operator('PUT', '/v1/tenants/india/plan', { plan: null, from: '2026-11-01' }),
  );
  await visit.go('#/tenants/india/invoices', 'India: Invoices');
  await page.getByRole('link', { name: number }).click();
  await heading(page, `India: Invoice ${number}`);
  await page.getByRole('button', { name: 'Mark as paid' }).waitFor();
  // A client that the operator collects from directly has nothing to push.
  assert.equal(await page.getByRole('button', { name: 'Send to Stripe' }).count(), 0);
  await page.getByRole('button', { name: 'Credit note' }).click();
  await page.getByLabel('What to credit').selectOption('Selected lines');
  const issue = page.getByRole('button', { name: 'Issue credit note' });
  await page.getByLabel('Line 2:').fill('3,50');
  await issue.click();
  assert.equal(await page.getByLabel('Reason').getAttribute('aria-invalid'), 'true');
  await page.getByText('Enter an amount such as 1234.50').waitFor();
  await page.getByLabel('Reason').fill('A call that was none');
  await page.getByLabel('Line 2:').fill('99');
  await issue.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Issue' }).click();
  await page.getByRole('alert').getByText('line 2 has 300 left').waitFor();
  await page.getByLabel('Line 2:').fill('1.25');
  await issue.click();
  await page.getByRole('dialog').getByText('credits $1.25 before tax').waitFor();
  // The first answer is lost on the way; sending it again gives the same note.
  let answers = 0;
  await page.route('**/credit-notes', async (route) => {
    answers += 1;
    await route.fetch();
    return answers === 1 ? route.abort() : route.continue();
  });
  await page.getByRole('dialog').getByRole('button', { name: 'Issue' }).click();
  await page.getByText('cannot be reached').waitFor();
  await issue.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Issue' }).click();
  await heading(page, 'India: Credit note CN-000001');
  await page.getByText(`Corrects ${number}: A call that was none`).waitFor();
  assert.equal(await figure(page, 'Total'), '-$1.25');
  await page.getByRole('link', { name: number }).click();
  await heading(page, `India: Invoice ${number}`);
  const due = Number((await figure(page, 'Amount due')).slice(1));
  assert.equal(await figure(page, 'Due after credit notes'), `$${(due - 1.25).toFixed(2)}`);
  await act(page, 'Mark as paid', `Was ${number} paid?`, 'Mark as paid');
  await page.getByText('paid', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Void' }).count(), 0);

  await stage.addTenant('juliett', plan, '2026-10-01', { name: 'Juliett' });
  const other = (await mustBe(200, stage.bill('juliett', '2026-10'))).body;
  await mustBe(
    200,
    stage.server.operator('PUT', '/v1/tenants/juliett/plan', { plan: null, from: '2026-11-01' }),
  );
  await visit.go('#/tenants/juliett/invoices', 'Juliett: Invoices');
  await page.getByRole('link', { name: other.number }).click();
  await page.getByRole('button', { name: 'Void' }).click();
  const question = page.getByRole('dialog', { name: `Void ${other.number}?` });
  await question.getByRole('button', { name: 'Void' }).click();
  assert.equal((await invoicesOf('juliett'))[0].status, 'finalized', 'not without a reason');
  await question.getByLabel('Reason').fill('Not agreed yet');
  await question.getByRole('button', { name: 'Void' }).click();
  await page.getByText('void', { exact: true }).waitFor();
  const { entries } = (await stage.server.operator('GET', '/v1/audit')).body;
  assert.ok(
    entries.some(
      (entry: { action: string; after: object }) =>
        entry.action === 'invoice.void' && JSON.stringify(entry.after) === '{"reason":"Not agreed yet"}',
    ),
  );

  await visit.go('#/tenants/bravo/invoices', 'Bravo: Invoices');
  await page.getByRole('link', { name: 'INV-000002' }).click();
  const pay = page.getByRole('link', { name: 'Pay with Stripe' });
  assert.match(String(await pay.getAttribute('href')), /^https:\/\/invoice\.stripe\.test\//);
  await visit.leave(/status of 400|ERR_FAILED/);
});

test('an invoice goes to Stripe when the operator says so; its client sees it without buttons to change it', async () => {
  await stage.addTenant('echo', plan, '2026-10-01', { name: 'Echo' });
  await collectByStripe('echo', 'charge');
  await mustBe(200, stage.bill('echo', '2026-10'));
  await mustBe(
    200,
    stage.server.operator('PUT', '/v1/tenants/echo/plan', { plan: null, from: '2026-11-01' }),
  );
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/echo/invoices', 'Echo: Invoices');
  await page.locator('tbody a').click();
  await page.getByRole('button', { name: 'Send to Stripe' }).click();
  await page
    .getByRole('dialog')
    .getByText('Stripe charges the client’s payment method. The amount is $10.00.')
    .waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
  await page.getByText('sent', { exact: true }).waitFor();
  await visit.leave();
  const client = await signIn('echo');
  await client.go('#/invoices', 'Invoices');
  await client.page.locator('tbody a').click();
  await client.page.getByRole('link', { name: 'Pay with Stripe' }).waitFor();
  assert.deepEqual(await client.page.getByRole('main').getByRole('button').allInnerTexts(), []);
  await client.leave();
});

test('a plan is made from a preset with other numbers, described in words, tried on a past month, and set', async () => {
  await stage.addTenant('foxtrot', plan, '2026-12-01', { name: 'Foxtrot' });
  await stage.book('foxtrot', { id: 'f-1', at: '2026-12-10T09:00:00Z', seconds: 150 });
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/foxtrot/billing', 'Foxtrot: Billing');
  await page
    .getByText(
      'A minute of web calls, inbound calls, outbound calls and chat messages costs $1.00, billed by the second.',
    )
    .waitFor();
  await page.getByLabel('Start from').selectOption('retainer');
  await page.getByLabel('Monthly fee').fill('20');
  await page.getByLabel('Included minutes').fill('2');
  await page.getByLabel('Overage per minute').fill('0.6');
  for (const words of [
    'Foxtrot pays $20.00 a month.',
    '2 minutes of web calls, inbound calls and outbound calls are included; each additional minute costs $0.60, billed by the second.',
    'Chat messages cost nothing extra.',
  ]) {
    await page.getByText(words).waitFor();
  }
  await page.locator('plan-simulator').getByLabel('Month').selectOption('2026-12');
  await page.getByRole('button', { name: 'What would it have cost?' }).click();
  // 150 s, 120 of them included: 0.30.
  await page.getByText('December 2026 would have come to $20.30 instead of $12.50: $7.80 more.').waitFor();
  assert.deepEqual(
    (await rows(page, 'The month under this plan')).map(([, amount]) => amount),
    ['$20.00', '$0.30'],
  );
  await page.getByLabel('Name', { exact: true }).fill('');
  await page.getByLabel('Overage per minute').fill('cheap');
  await page.getByText('Some values above are not valid yet.').waitFor();
  const set = page.getByRole('button', { name: 'Set this plan' });
  await set.click();
  await page.getByText('Enter an amount such as 0.25').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Small retainer');
  await page.getByLabel('Overage per minute').fill('0.65');
  await set.click();
  await page.getByText('Saved.').waitFor();
  assert.deepEqual(await rows(page, 'Plans'), [
    ['1 Jan 2027', 'Small retainer'],
    ['1 Dec 2026', 'Simple Current'],
  ]);
  const { versions } = (await stage.server.operator('GET', '/v1/tenants/foxtrot/plan')).body;
  assert.deepEqual(versions.at(-1).plan.rates[0].price.perMinuteMicros, 650_000);

  // Experts write JSON, including values without a field; the server's own message is shown where the mistake is.
  await page.getByText('Edit as JSON').click();
  const json = page.getByLabel('Plan', { exact: true });
  await json.fill('{"rates": []}');
  await page.getByRole('button', { name: 'Apply to the form' }).click();
  await page.getByText('This is not a plan: it needs a list of “rates”.').waitFor();
  const price = {
    kind: 'cost-plus',
    markupBps: 3000,
    markupBpsByComponent: { llm: 1000 },
    initialSeconds: 4000,
  };
  await json.fill(JSON.stringify({ name: 'At cost', currency: 'usd', rates: [{ channels, price }] }));
  await page.getByRole('button', { name: 'Apply to the form' }).click();
  await page.getByText('cost what Vapi charges you plus 30% (llm: 10%).').waitFor();
  await set.click();
  const first = page.getByLabel('Minimum charge in seconds');
  await page.getByText('expected number to be <=3600').waitFor();
  assert.equal(await first.getAttribute('aria-invalid'), 'true');
  await first.fill('1');
  await set.click();
  await page.getByText('Saved.').waitFor();
  assert.equal((await rows(page, 'Plans'))[0]?.[1], 'At cost');

  // A typing error in the year would bill every month since, so it is confirmed.
  await page.getByLabel('Starts on').fill('2025-12-01');
  await set.click();
  const slip = page.getByRole('dialog', { name: 'Bill past months?' });
  await slip
    .getByText('The tenant’s first call is in 2026-12, but would be billed from 2025-12 on.')
    .waitFor();
  await slip.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await rows(page, 'Plans')).length, 3);
  await set.click();
  await slip.getByRole('button', { name: 'Set it anyway' }).click();
  await page.getByRole('row', { name: '1 Dec 2025 At cost' }).waitFor();
  await visit.leave(/status of 40[09]/);
});

test('a client’s account is set, and prepaid credit is booked once, after a question', async () => {
  await stage.addTenant('golf', plan, '2026-12-01', { name: 'Golf' });
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/golf/billing', 'Golf: Billing');
  const account = page.locator('account-form');
  await account.getByLabel('Legal name').fill('Golf GmbH');
  await account.getByLabel('Address').fill('Am Grün 1\n\n  Berlin ');
  await account.getByLabel('E-mail').fill('not an address');
  await account.getByLabel('Payment collection').selectOption('send');
  await account.getByLabel('Tax name').fill('VAT');
  await account.getByLabel('Tax rate').fill('19');
  await account.getByRole('button').click();
  await account.getByText('Invalid email address').waitFor();
  await account.getByLabel('E-mail').fill('billing@golf.example');
  await account.getByRole('button').click();
  await account.getByText('Saved.').waitFor();
  assert.deepEqual((await stage.server.operator('GET', '/v1/tenants/golf/billing')).body, {
    buyer: { name: 'Golf GmbH', address: ['Am Grün 1', 'Berlin'], email: 'billing@golf.example' },
    tax: { label: 'VAT', bps: 1900 },
    dueDays: 14,
    collection: 'send',
    pauseAfterOverdueDays: null,
  });

  const credit = page.locator('credit-section');
  await credit.getByLabel('Amount in USD').fill('250.5');
  await credit.getByLabel('Note').fill('Paid in advance');
  // The first answer is lost on the way; sending it again gives the same payment.
  let answers = 0;
  await page.route('**/v1/tenants/golf/credits', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    answers += 1;
    await route.fetch();
    return answers === 1 ? route.abort() : route.continue();
  });
  const book = async () => {
    await credit.getByRole('button', { name: 'Book' }).click();
    await page
      .getByRole('dialog', { name: 'Book $250.50 of credit?' })
      .getByRole('button', { name: 'Book' })
      .click();
  };
  await book();
  await credit.getByText('The server cannot be reached.').waitFor();
  await book();
  await credit.getByText('Booked.').waitFor();
  await credit.getByText('Balance $250.50.').waitFor();
  assert.deepEqual(await rows(page, 'Prepaid credit'), [
    ['16 Dec 2026', 'Top-up', 'Paid in advance', '$250.50'],
  ]);
  await credit.getByLabel('Type').selectOption('Reversal');
  await credit.getByLabel('Amount in USD').fill('50.50');
  await credit.getByRole('button', { name: 'Book' }).click();
  const back = page.getByRole('dialog', { name: 'Reverse $50.50 of credit?' });
  await back.getByRole('button', { name: 'Book' }).click();
  await credit.getByText('say why it is taken back').waitFor();
  await credit.getByLabel('Note').fill('Another client paid it');
  await credit.getByRole('button', { name: 'Book' }).click();
  await back.getByRole('button', { name: 'Book' }).click();
  await credit.getByText('Balance $200.00.').waitFor();
  await visit.leave(/status of 400|ERR_FAILED/);
  const client = await signIn('golf');
  await client.go('#/', 'This month');
  assert.equal(await figure(client.page, 'Credit left'), '$200.00');
  await client.leave();
});

test('notices are read in words, newest first, twenty at a time', async () => {
  const { ctx, clock } = stage.server;
  const coda = await findTenant(ctx.store, 'coda');
  assert.ok(coda);
  for (let no = 1; no <= 21; no += 1) {
    const facts = { dueCents: no * 100, currency: 'usd' };
    await raiseNotice(
      ctx.store,
      coda,
      { kind: 'invoice-overdue', period: `INV-1000${no}`, data: facts },
      clock.now + no * 1000,
    );
  }
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/attention', 'Needs attention');
  const told = await rows(page, 'Notices, newest first');
  assert.equal(told.length, 20);
  assert.deepEqual(told[0], [
    'coda',
    'Invoice INV-100021 is overdue\n21.00 USD is left to pay.',
    moment(new Date(clock.now + 21_000).toISOString(), 'UTC'),
  ]);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('Invoice INV-10001 is overdue').waitFor();
  await page.getByRole('table', { name: 'Notices' }).getByRole('link', { name: 'coda' }).first().click();
  await heading(page, 'Coda: This month');
  await visit.leave();
});

// The second time only what depends on the looks.
for (const { width, dark, rules } of [
  { width: 1280, dark: false, rules: undefined },
  { width: 375, dark: true, rules: ['color-contrast', 'scrollable-region-focusable'] },
]) {
  test(`${width} pixels, ${dark ? 'dark' : 'light'}: no view of the operator’s billing has a fault known to axe`, async () => {
    const visit = await signIn(null, { width, dark });
    const { page } = visit;
    const entry = { tenant: 'acme', month: '2026-11', number: null, totalCents: 1000, currency: 'usd' };
    const report = {
      ...{
        id: 'run_1',
        month: '2026-11',
        startedAt: '2026-12-16T12:00:00Z',
        finishedAt: null,
        needsPerson: 2,
      },
      entries: [
        { ...entry, outcome: 'failed', totalCents: null, openCalls: 0, problem: 'No plan covers the month.' },
        { ...entry, outcome: 'would-finalize', openCalls: 2 },
      ],
    };
    await page.route('**/v1/billing/runs?*', (route) =>
      route.fulfill({ json: { runs: [{ ...report, dryRun: false }] } }),
    );
    await page.route('**/v1/billing/close', (route) => route.fulfill({ json: { ...report, dryRun: true } }));
    await visit.go('#/close', 'Month-end');
    await page.locator('summary').first().click();
    await page.getByRole('button', { name: 'See what would be issued' }).click();
    await page.getByRole('table', { name: 'What would be issued' }).waitFor();
    await checkLooks(page, 'month close', rules);
    await visit.go('#/attention', 'Needs attention');
    await page.getByRole('table', { name: 'Notices' }).waitFor();
    await checkLooks(page, 'what needs a person', rules);
    await visit.go('#/invoices', 'Invoices');
    await checkLooks(page, 'invoices of all clients', rules);
    await page.getByRole('link', { name: 'INV-000001' }).click();
    await page.getByRole('button', { name: 'Credit note' }).click();
    await page.getByLabel('What to credit').selectOption('lines');
    await page.getByRole('button', { name: 'Issue credit note' }).click();
    await page.getByRole('alert').waitFor();
    await checkLooks(page, 'a credit note with a mistake', rules);
    await page.getByRole('button', { name: 'Void' }).click();
    await page.getByRole('dialog').waitFor();
    await checkLooks(page, 'the question with a reason', rules);
    await page.keyboard.press('Escape');
    await visit.go('#/tenants/xray/billing', 'Xray: Billing');
    await page.getByLabel('Pricing model').selectOption('graduated');
    await page.getByText('Edit as JSON').click();
    await page.getByText('End billing', { exact: true }).first().click();
    await page.getByRole('button', { name: 'What would it have cost?' }).click();
    await page.getByRole('table', { name: 'The month under this plan' }).waitFor();
    await checkLooks(page, 'a client’s billing', rules);
    await visit.leave();
  });
}

test('an invoice that credit notes have taken back is credited in both lists, with nothing to pay', async () => {
  const visit = await signIn(null);
  const { page } = visit;
  await stage.addTenant('kilo', plan, '2026-10-01', { name: 'Kilo' });
  const { id, number } = (await mustBe(200, stage.bill('kilo', '2026-10'))).body;
  const note = `/v1/tenants/kilo/invoices/${id}/credit-notes`;
  await mustBe(201, stage.server.operator('POST', note, { reason: 'Outage' }));
  await visit.go('#/tenants/kilo/invoices', 'Kilo: Invoices');
  const of = (list: string[][]) => list.find(([first]) => first === number)?.map((cell) => cell.split('\n'));
  assert.deepEqual(of(await rows(page, 'Invoices'))?.slice(-3), [
    ['credited'],
    ['–'],
    ['$10.00', '$0.00 due'],
  ]);
  await visit.go('#/invoices', 'Invoices');
  await page.getByLabel('State').selectOption('credited');
  await page.locator('.waiting').first().waitFor({ state: 'detached' });
  const listed = (await rows(page, 'Invoices of all clients')).filter(([, client]) => client === 'Kilo');
  assert.deepEqual(
    listed.map(([first, , , state]) => [first, state]),
    [[number, 'credited']],
  );
  await visit.leave();
});
