/** An operator with more clients than a page shows: finds, sorts and pages them, and shares the address. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { refreshPrices } from '../../server/billing/month/month-prices.ts';
import { insertTenant, newTenantId } from '../../server/store/tenants.ts';
import { type BillingStage, simplePlan, startBillingStage } from '../server/billing/stage.ts';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { farMs } from '../support/time-limit.ts';
import { checkLooks, openPortal, type PortalVisit, rows } from './support/portal.ts';

const caption = 'Clients, with this month’s figures';
let stage: BillingStage;
let browser: Browser;

before(async () => {
  stage = await startBillingStage({ config: { publicUrl: 'http://localhost' } });
  const { server } = stage;
  server.ctx.config.publicUrl = server.url;
  const first = await stage.addTenant('bakery', simplePlan, '2026-12-01', { name: 'Bäckerei Löwe' });
  for (let index = 10; index < 70; index += 1) {
    const [slug, name] = [`client-${index}`, `Client ${index}`];
    await insertTenant(server.ctx.store, { ...first, id: newTenantId(), slug, name });
  }
  await stage.book('client-42', { id: 'a', at: '2026-12-01T10:00:00Z', seconds: 60, costMicros: null });
  await stage.book('bakery', ...['b', 'c'].map((id) => ({ id, at: '2026-12-01T10:00:00Z', seconds: 60 })));
  while (await refreshPrices(server.ctx, 'test'));
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

const names = async ({ page }: PortalVisit) => (await rows(page, caption)).map(([name]) => name);
/** Until the status line under the search says so. */
const says = ({ page }: PortalVisit, text: string) =>
  page.locator('section').getByRole('status').filter({ hasText: text }).waitFor();

test('the operator pages through its clients, and the address names the page', async () => {
  const visit = await openPortal(browser, stage.server, null);
  const { page } = visit;
  await visit.go('#/clients', 'Clients');
  await says(visit, '61 clients: 3 calls');
  const first = await names(visit);
  assert.deepEqual([first.length, first[0], first[1]], [50, 'Bäckerei Löwe', 'Client 10']);
  await checkLooks(page, 'clients');
  await page.getByRole('link', { name: 'Next page' }).click();
  await page.getByRole('link', { name: 'First page' }).waitFor();
  const second = await names(visit);
  assert.deepEqual([second.length, second[0], second.at(-1)], [11, 'Client 59', 'Client 69']);
  await page.reload();
  await page.getByRole('link', { name: 'First page' }).waitFor();
  assert.deepEqual(await names(visit), second);
  await page.goBack();
  await page.getByRole('link', { name: 'Next page' }).waitFor();
  assert.deepEqual(await names(visit), first);
  await visit.leave();
});

test('a search, a filter and an order are in the address; the keyboard alone is enough', async () => {
  const visit = await openPortal(browser, stage.server, null);
  const { page } = visit;
  await visit.go('#/clients', 'Clients');
  await says(visit, '61 clients');
  const search = page.getByRole('searchbox', { name: 'Search' });
  await search.focus();
  await page.keyboard.type('LOWE');
  await page.keyboard.press('Enter');
  await says(visit, '1 client found: 2 calls');
  assert.deepEqual(await names(visit), ['Bäckerei Löwe']);
  assert.equal(new URL(page.url()).hash, '#/clients?search=LOWE');
  assert.ok(await search.evaluate((box) => (box.getRootNode() as ShadowRoot).activeElement === box));
  await search.fill('');
  await page.keyboard.press('Enter');
  await says(visit, '61 clients:');
  await page.getByRole('table').getByRole('link', { name: 'Calls' }).press('Enter');
  await page.locator('th[aria-sort=descending]').filter({ hasText: 'Calls' }).waitFor();
  await page.locator('tbody tr').first().getByText('Bäckerei').waitFor();
  assert.deepEqual((await names(visit)).slice(0, 2), ['Bäckerei Löwe', 'Client 42']);
  await page.getByRole('combobox', { name: 'Show' }).selectOption('attention');
  await says(visit, '1 client found: 1 call,');
  assert.deepEqual(await rows(page, caption), [
    ['Client 42', 'active calls without a cost', '1', '1 min', '$0.00', '$0.00', '$0.00'],
  ]);
  const address = page.url();
  await page.goto('about:blank');
  await page.goto(address);
  await says(visit, '1 client found');
  await visit.leave();
});

test('a search without a result leads back to all clients', async () => {
  const visit = await openPortal(browser, stage.server, null);
  const { page } = visit;
  await visit.go('#/clients?search=nothing', 'Clients');
  await says(visit, '0 clients found');
  await page.getByRole('link', { name: 'Show all clients' }).click();
  await says(visit, '61 clients:');
  await visit.leave();
});

test('Back shows the filter of the address, and the keyboard is at the list after each page', async () => {
  const visit = await openPortal(browser, stage.server, null);
  const { page } = visit;
  await visit.go('#/clients', 'Clients');
  await says(visit, '61 clients:');
  const filter = page.getByRole('combobox', { name: 'Show' });
  await filter.selectOption('attention');
  await says(visit, '1 client found');
  await filter.selectOption('All');
  await says(visit, '61 clients:');
  await page.goBack();
  await says(visit, '1 client found');
  assert.equal(await filter.inputValue(), 'attention');
  await filter.selectOption('All');
  await page.getByRole('link', { name: 'Next page' }).press('Enter');
  await page.getByRole('link', { name: 'First page' }).waitFor();
  await page.locator('h2:focus').filter({ hasText: 'so far' }).waitFor();
  await visit.leave();
});
