/** The portal in a real browser, on the real server, with figures calculated by hand. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import type { PlanInput } from '../../server/contract.ts';
import { type BillingStage, seller, startBillingStage } from '../server/billing/stage.ts';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { farMs } from '../support/time-limit.ts';
import { until } from '../support/until.ts';
import { moveClock } from './support/page-clock.ts';
import {
  checkLooks,
  figure,
  openPortal,
  type PortalVisit,
  rows,
  type VisitOptions,
} from './support/portal.ts';

/** 20.00 a month with 2 minutes, then 0.60 a minute by the second; a tax of 10 %. */
const plan: PlanInput = {
  name: 'Small retainer',
  currency: 'usd',
  monthlyFeeCents: 2000,
  rates: [
    {
      channels: ['web', 'inbound', 'outbound', 'chat'],
      price: { kind: 'included', includedMinutes: 2, perMinuteMicros: 600_000 },
    },
  ],
};

let stage: BillingStage;
let browser: Browser;
before(async () => {
  // Noon of the 16th: half of December and 12 hours are over in UTC, and an hour more in Berlin.
  stage = await startBillingStage({
    now: Date.parse('2026-12-16T12:00:00Z'),
    config: { publicUrl: 'http://localhost' },
  });
  const { server } = stage;
  server.ctx.config.publicUrl = server.url;
  await server.operator('PUT', '/v1/billing/seller', { ...seller, accentColor: '#ffd400' });
  await stage.addTenant('acme', plan, '2026-11-01', { name: 'Acme Bakery', timeZone: 'Europe/Berlin' });
  await server.operator('PUT', '/v1/tenants/acme/billing', {
    buyer: { name: 'Acme Bakery Ltd' },
    tax: { label: 'VAT', bps: 1000 },
  });
  await stage.addTenant('rival', plan, '2026-11-01', { name: 'Rival' });
  await stage.book(
    'acme',
    // 180 s, of which 120 are included: 0.60.
    { id: 'nov-1', at: '2026-11-10T09:00:00Z', seconds: 120, costMicros: 123_456 },
    { id: 'nov-2', at: '2026-11-11T09:00:00Z', seconds: 60, costMicros: 200_000 },
    // In UTC it is still November; in Berlin it is the first of December.
    { id: 'dec-1', at: '2026-11-30T23:30:00Z', seconds: 100, costMicros: 400_001 },
    // 20 s are left of the included time; 10 s are paid: 0.10.
    { id: 'dec-2', at: '2026-12-15T09:00:00Z', seconds: 30, costMicros: 54_320 },
  );
  await stage.book(
    'rival',
    // 120 s are included, 30 s are paid: 0.30.
    { id: 'rnov-1', at: '2026-11-20T09:00:00Z', seconds: 150, costMicros: 111_222 },
    { id: 'rdec-1', at: '2026-12-01T09:00:00Z', seconds: 60, costMicros: 987_654 },
  );
  await stage.addTenant('third', plan, '2026-12-01', { name: 'Third' });
  assert.equal((await stage.bill('acme', '2026-11')).body.number, 'INV-000001');
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

const signIn = (tenant: string | null, options?: VisitOptions) =>
  openPortal(browser, stage.server, tenant, options);

test('a client sees its month: calls, time, price, pace, in its own time zone', async () => {
  const visit = await signIn('acme');
  const { page } = visit;
  await visit.go('#/', 'Overview');
  assert.equal(await figure(page, 'Calls'), '2');
  assert.equal(await figure(page, 'Time'), '2 min 10 s');
  // (20.00 + 0.10) and 10 % tax.
  assert.equal(await figure(page, 'Bill so far'), '$22.11');
  // 15 days and 13 hours of 31 are over, 373 of 744 hours: 130 s become 259 s, 139 of them paid: 1.39. (20 + 1.39) × 1.1 = 23.529.
  assert.equal(await figure(page, 'Projected'), '$23.53');
  assert.equal(await page.getByText('Your cost').count(), 0);
  await visit.go('#/calls', 'Conversations');
  await page.getByText('Time zone: Europe/Berlin.').waitFor();
  assert.deepEqual(await rows(page, 'Calls in December 2026'), [
    ['15 Dec 2026, 10:00', 'Web call', 'Caller hung up', '30 s', '$0.10'],
    ['1 Dec 2026, 00:30', 'Web call', 'Caller hung up', '1 min 40 s', 'included'],
  ]);
  await page.getByLabel('Month').selectOption('2026-11');
  await page.getByRole('table', { name: 'Calls in November 2026' }).waitFor();
  const november = await until(async () => {
    const listed = await rows(page, 'Calls in November 2026');
    return listed.some(([when]) => when?.includes('Dec')) ? null : listed;
  }, 'the calls of November');
  assert.deepEqual(
    november.map(([when, , , length, price]) => [when, length, price]),
    [
      ['11 Nov 2026, 10:00', '1 min', '$0.60'],
      ['10 Nov 2026, 10:00', '2 min', 'included'],
    ],
  );
  await page.getByLabel('Ended as').selectOption('Voicemail');
  await page.getByText('No calls in November 2026 match.').waitFor();
  assert.match(page.url(), /#\/calls\?month=2026-11&endedClass=voicemail$/);
  await page.goBack();
  await page.getByRole('table', { name: 'Calls in November 2026' }).waitFor();
  assert.equal(await page.getByLabel('Ended as').inputValue(), '');
  await visit.go('#/calls?month=2026-11&minSeconds=61', 'Conversations');
  await page.getByText('1 call shown').waitFor();
  assert.equal(await page.getByLabel('Seconds from').inputValue(), '61');
  await visit.leave();
});

test('the operator sees every client’s margin', async () => {
  const visit = await signIn(null);
  await visit.go('#/clients', 'Clients');
  await visit.page.getByRole('table', { name: 'Clients' }).waitFor();
  const shown = await rows(visit.page, 'Clients, with this month’s figures');
  // Acme: cost 0.400001 + 0.054320 = 0.454321; price 20.10. Rival: cost 0.987654; 20.00 and no paid minute.
  assert.deepEqual(
    shown.filter(([name]) => name !== 'Third'),
    [
      ['Acme Bakery', 'active', '2', '2 min 10 s', '$0.45', '$20.10', '$19.65'],
      ['Rival', 'active', '1', '1 min', '$0.99', '$20.00', '$19.01'],
    ],
  );
  await visit.leave();
});

test('the operator finalizes an invoice after a question; the client then sees it, call by call', async () => {
  const operator = await signIn(null);
  const { page } = operator;
  const title = (what: string) =>
    page.getByRole('heading', { level: 1, name: `Rival: Invoice ${what}` }).waitFor();
  await operator.go('#/tenants/rival/invoices', 'Rival: Invoices');
  await page.getByRole('button', { name: 'Create draft' }).click();
  await title('(draft)');
  assert.equal(await figure(page, 'Total'), '$20.30');
  const finalize = page.getByRole('button', { name: 'Finalize' });
  await finalize.click();
  await page.getByRole('dialog', { name: 'Finalize this invoice?' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  const [draft] = (await stage.server.operator('GET', '/v1/tenants/rival/invoices')).body.invoices;
  assert.equal(draft.status, 'draft', 'no was no');
  await page.route('**/finalize', async (route) => {
    const answer = await route.fetch();
    const notCompared = 'Vapi refuses the private key';
    await route.fulfill({ response: answer, json: { ...(await answer.json()), notCompared } });
  });
  await finalize.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Finalize' }).click();
  await title('INV-000002');
  await page.getByText('It was not compared with Vapi’s records: Vapi refuses the private key.').waitFor();
  await operator.leave();

  const client = await signIn('rival');
  await client.go('#/invoices', 'Billing');
  await client.page.getByRole('link', { name: 'INV-000002' }).click();
  await client.page.getByRole('button', { name: /^1 call on line/ }).click();
  await client.page.getByRole('table', { name: 'Calls on this line' }).waitFor();
  assert.deepEqual(await rows(client.page, 'Calls on this line'), [
    ['rnov-1…', '2 min 30 s', '2 min 30 s', '$0.3000'],
  ]);
  const [document] = await Promise.all([
    client.page.waitForEvent('popup'),
    client.page.getByRole('link', { name: 'Printable version' }).click(),
  ]);
  await document.getByRole('heading', { name: 'Invoice INV-000002' }).waitFor();
  await client.leave();
});

test('what calls led to is on the overview, in the list and on the call, for the client without its cost', async () => {
  const { server } = stage;
  const conditions = [{ kind: 'seconds', least: 60 }];
  const set = { name: 'Long calls', match: 'all', conditions };
  assert.equal((await server.operator('PUT', '/v1/tenants/third/outcome', set)).status, 200);
  await server.operator('PATCH', '/v1/tenants/third', { clientAccess: { results: true } });
  const at = (second: number) => new Date(server.clock.now + second * 1000).toISOString();
  await stage.book(
    'third',
    { id: 'long', at: at(1), seconds: 60, costMicros: 150_000 },
    { id: 'short', at: at(2), seconds: 59, costMicros: 50_000 },
  );
  const operator = await signIn(null);
  await operator.go('#/tenants/third', 'Third: Overview');
  assert.equal(await figure(operator.page, 'Long calls'), '1 of 2');
  assert.equal(await figure(operator.page, 'Your cost per outcome'), '$0.20');
  await operator.go('#/calls?tenant=third&outcome=yes', 'Calls');
  await operator.page.getByText('1 call, 1 min').waitFor();
  await operator.leave();
  const client = await signIn('third');
  await client.go('#/', 'Overview');
  assert.equal(await figure(client.page, 'Long calls'), '1 of 2');
  assert.equal(await client.page.getByText('cost').count(), 0);
  await client.go('#/calls', 'Conversations');
  await client.page.getByLabel('Outcome').selectOption('Yes');
  await client.page.getByText('1 call shown').waitFor();
  await client.page.getByRole('link', { name: '16 Dec 2026' }).click();
  assert.equal(await figure(client.page, 'Long calls'), 'Counts');
  await client.leave();
  const billing = await signIn('third', { role: 'billing' });
  await billing.go('#/', 'Overview');
  assert.equal(await figure(billing.page, 'Calls'), '2');
  assert.equal(await billing.page.getByText('Long calls').count(), 0);
  await billing.leave();
});

test('a client is never sent a cost, a margin or another client, in no view', async () => {
  const visit = await signIn('acme');
  await visit.go('#/', 'Overview');
  await visit.go('#/calls', 'Conversations');
  await visit.go('#/calls/dec-1', 'Call, 1 Dec 2026, 00:30');
  await visit.go('#/invoices', 'Billing');
  await visit.page.getByRole('link', { name: 'INV-000001' }).click();
  await visit.page.getByRole('heading', { level: 1, name: 'Invoice INV-000001' }).waitFor();
  for (const address of ['#/tenants/rival', '#/tenants/acme', '#/attention']) {
    await visit.go(address, 'Page not found');
  }
  const all = await visit.traffic.received();
  assert.ok(!all.some(({ from }) => from.includes('operator-views')), 'nor what only the operator can do');
  const received = all.filter(({ from }) => !from.includes('/assets/'));
  assert.ok(received.length > 20);
  for (const { from, text } of received) {
    // The costs of single calls, their sums, and the name of the other client.
    const told = /\b(123456|200000|323456|400001|54320|454321|987654|111222|rival)\b|marginCents/i.exec(text);
    assert.equal(told, null, `${from}: ${told}`);
    assert.doesNotMatch(text, /"cost(Micros|Cents)":\s*\d/, from);
  }
  await visit.leave();
});

test('a client is paused after a question, and gets a link that works', async () => {
  const visit = await signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/third', 'Third: Overview');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog', { name: 'Pause Third?' }).getByRole('button', { name: 'Pause' }).click();
  await page.getByText('paused', { exact: true }).waitFor();
  assert.equal((await stage.server.operator('GET', '/v1/tenants/third')).body.status, 'paused');
  await page.getByRole('button', { name: 'Create sign-in link' }).click();
  const url = await page.getByLabel('Sign-in link').inputValue();
  assert.equal((await fetch(url)).status, 200);
  await visit.leave();
});

test('signed out, and with a link that was used, it says what to do', async () => {
  const visit = await signIn('acme');
  const { page } = visit;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'This link does not work' }).waitFor();
  await page.context().close();
});

test('the operator sees what differs from Vapi’s books, and for which tenants Vapi did not answer', async () => {
  const visit = await signIn(null, { width: 375 });
  const { page } = visit;
  await visit.go('#/attention', 'Needs attention');
  await page.getByText('No month has been closed yet.').waitFor();
  const books = (calls: number, costMicros: number) => ({ calls, costMicros });
  await page.route('**/v1/reconcile', (route) =>
    route.fulfill({
      json: {
        from: '2026-12-09',
        to: '2026-12-16',
        tenants: [
          {
            tenant: 'acme',
            vapi: books(3, 500_000),
            ledgerBefore: books(2, 454_321),
            ledgerAfter: books(3, 500_000),
            differenceMicros: 0,
            added: 1,
            changed: 0,
            missing: 101,
            missingIds: ['call-a', 'call-b'],
            callsWithoutCost: 0,
          },
        ],
        unassigned: [],
        failures: [{ tenants: ['rival'], reason: 'Vapi refuses the private key.' }],
        requests: 2,
      },
    }),
  );
  await page.getByRole('button', { name: 'Compare the last 7 days' }).click();
  await page.getByRole('alert').getByText('rival: Vapi refuses the private key.').waitFor();
  assert.deepEqual(await rows(page, 'Vapi’s list of calls compared with the calls recorded here'), [
    ['acme', '3', '1', '$0.0000'],
  ]);
  await page.getByText('acme: 101 recorded calls not in Vapi’s list').click();
  const missing = page.getByRole('link', { name: 'call-b' });
  assert.equal(await missing.getAttribute('href'), '#/tenants/acme/calls/call-b');
  await page.getByText('Showing the first 2 by ID.').waitFor();
  await checkLooks(page, 'a comparison', ['color-contrast', 'scrollable-region-focusable']);
  await visit.leave();
});

test('what cannot be loaded says so, and can be tried again', async () => {
  const visit = await signIn('acme');
  const { page } = visit;
  await visit.go('#/', 'Overview');
  await page.route('**/v1/tenants/acme/invoices', (route) => route.fulfill({ status: 500, body: '{}' }));
  await page.evaluate(() => {
    location.hash = '#/invoices';
  });
  await page.getByRole('alert').getByText('The server answered 500.').waitFor();
  await page.unroute('**/v1/tenants/acme/invoices');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'INV-000001' }).waitFor();
  await page.context().close();
});

test('a sign-in that ended elsewhere no longer shows anything', async () => {
  const visit = await signIn('third');
  await visit.go('#/', 'Overview');
  await stage.server.operator('POST', '/v1/sign-out', { tenant: 'third' });
  // By its address: a request of the page may have found out already, and then there is no link.
  await visit.page.evaluate(() => location.assign('#/calls'));
  await visit.page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await visit.page.getByRole('table').first().waitFor({ state: 'detached' });
  await visit.page.context().close();
});

test('the focus follows to the new view, which is named in the tab and read out', async () => {
  const visit = await signIn('acme');
  const { page } = visit;
  await page.getByRole('link', { name: 'Conversations' }).click();
  await page.getByRole('heading', { level: 1, name: 'Conversations' }).waitFor();
  await page.waitForFunction(() => document.title === 'Conversations – Voice Agency Ltd');
  const focused = () =>
    page.evaluate(() => document.querySelector('portal-app')?.shadowRoot?.activeElement?.id);
  assert.equal(await focused(), 'main');
  assert.equal(await page.locator('portal-app p.unseen[role=status]').innerText(), 'Conversations');
  await visit.leave();
});

// The second time only what depends on the looks.
for (const { width, dark, rules } of [
  { width: 1280, dark: false, rules: undefined },
  { width: 375, dark: true, rules: ['color-contrast', 'scrollable-region-focusable'] },
]) {
  test(`${width} pixels, ${dark ? 'dark' : 'light'}: no view has a fault known to axe, nor anything too wide`, async () => {
    const check = ({ page }: PortalVisit, what: string) => checkLooks(page, what, rules);
    const operator = await signIn(null, { width, dark });
    for (const [hash, heading] of [
      ['#/', 'Overview'],
      ['#/clients', 'Clients'],
      ['#/attention', 'Needs attention'],
      ['#/tenants/acme', 'Acme Bakery: Overview'],
      ['#/tenants/acme/calls', 'Acme Bakery: Calls'],
      ['#/tenants/acme/calls/dec-1', 'Acme Bakery: Call, 1 Dec 2026, 00:30'],
      ['#/tenants/acme/invoices', 'Acme Bakery: Invoices'],
    ] as const) {
      await operator.go(hash, heading);
      await check(operator, heading);
    }
    await operator.page.getByRole('link', { name: 'INV-000001' }).click();
    await operator.page.getByRole('button', { name: /^2 calls on line/ }).click();
    await operator.page.getByRole('table', { name: 'Calls on this line' }).waitFor();
    await operator.page.getByRole('button', { name: 'Create sign-in link' }).click();
    await operator.page.getByLabel('Sign-in link').waitFor();
    await check(operator, 'an invoice with its calls, and a link');
    await operator.page.getByRole('button', { name: 'Void' }).click();
    await operator.page.getByRole('dialog').waitFor();
    await check(operator, 'the question');
    await operator.leave();

    const client = await signIn('acme', { width, dark });
    await client.go('#/', 'Overview');
    await check(client, 'the client’s month');
    await client.page.getByRole('button', { name: 'Sign out' }).click();
    await client.page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await check(client, 'signed out');
    await client.leave();

    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme: dark ? 'dark' : 'light',
    });
    await moveClock(context);
    const page = await context.newPage();
    const { url } = (await stage.server.operator('POST', '/v1/sign-in-links', {})).body;
    for (const [address, heading] of [
      [url, 'Sign in to Voice Agency Ltd'],
      [`${stage.server.url}/portal/sign-in`, 'This link does not work'],
    ]) {
      await page.goto(address);
      await page.getByRole('heading', { name: heading }).waitFor();
      await checkLooks(page, heading, rules);
    }
    await context.close();
  });
}
