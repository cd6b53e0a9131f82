/** The palette: from anywhere to a page or a client, with the keyboard alone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ClientsPortal, startClientsPortal } from './support/clients-portal.ts';
import { checkLooks, openPortal } from './support/portal.ts';

let portal: ClientsPortal;
before(async () => {
  portal = await startClientsPortal();
});
after(() => portal?.close());

test('the keyboard alone finds a page and a client, and Escape leads back', async () => {
  const visit = await openPortal(portal.browser, portal.server, null);
  const { page } = visit;
  await visit.go('#/', 'Overview');
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: 'Search pages, clients, invoices, calls' });
  await box.waitFor();
  const options = page.getByRole('option');
  await checkLooks(page, 'the palette');
  await page.keyboard.type('bak');
  await options.filter({ hasText: 'Acme Bakery' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Acme Bakery: Overview' }).waitFor();

  await page.keyboard.press('Control+k');
  await box.waitFor();
  assert.equal(await box.inputValue(), '');
  await page.keyboard.press('ArrowDown');
  assert.equal(await options.and(page.locator('[aria-selected=true]')).innerText(), 'Clients');
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Search' }).click();
  await box.fill('no such thing');
  await page.getByText('Nothing found.').waitFor();
  await visit.leave();
});

test('Enter opens what is marked, also after clients have joined the pages', async () => {
  const visit = await openPortal(portal.browser, portal.server, null);
  const { page } = visit;
  await visit.go('#/', 'Overview');
  const open = async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search pages' }).waitFor();
  };
  await open();
  const options = page.getByRole('option');
  const marked = options.and(page.locator('[aria-selected=true]'));
  // Two pages, “Clients” and “Calls”, and then a client that was found.
  await page.keyboard.type('c');
  await page.keyboard.press('ArrowDown');
  await options.filter({ hasText: 'Acme Bakery' }).waitFor();
  const [first, second] = await options.locator('span:not(.detail)').allInnerTexts();
  assert.deepEqual([first, second], ['Clients', 'Calls']);
  assert.equal((await marked.innerText()).trim(), 'Calls');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
  await open();
  await page.keyboard.type('c');
  await options.filter({ hasText: 'Acme Bakery' }).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Acme Bakery: Overview' }).waitFor();
  await visit.leave();
});

test('a client has no palette', async () => {
  const visit = await openPortal(portal.browser, portal.server, 'acme');
  await visit.go('#/', 'Overview');
  await visit.page.keyboard.press('Control+k');
  assert.equal(await visit.page.locator('portal-palette').count(), 0);
  assert.equal(await visit.page.getByRole('button', { name: 'Search' }).count(), 0);
  await visit.leave();
});
