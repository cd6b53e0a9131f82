/** What the operator hides from a client is not in its portal: no empty boxes, no dead links, no failed requests. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ClientsPortal, startClientsPortal } from './support/clients-portal.ts';
import { checkLooks, openPortal } from './support/portal.ts';

let portal: ClientsPortal;
let server: ClientsPortal['server'];
before(async () => {
  portal = await startClientsPortal();
  ({ server } = portal);
});
after(() => portal?.close());

test('the agency hides something from every client, and shows it to one', async () => {
  const visit = await openPortal(portal.browser, server, null);
  const { page } = visit;
  await visit.go('#/settings', 'Settings');
  await page.getByLabel('Downloads as CSV').uncheck();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Applied.').waitFor();
  await checkLooks(page, 'the agency’s settings');
  await visit.go('#/tenants/acme/settings', 'Acme Bakery: Settings');
  const form = page.locator('access-form');
  assert.equal(
    await form.getByLabel('Downloads as CSV').locator('option').first().innerText(),
    'Your default (hidden)',
  );
  await form.getByLabel('invoices').selectOption('off');
  await form.getByLabel('A caller’s data').selectOption('on');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.').waitFor();
  await checkLooks(page, 'a client’s settings');
  assert.deepEqual((await portal.tenant()).clientAccess, { invoices: false, privacy: true });
  await visit.leave();
});

test('the client’s pages leave out what is off', async () => {
  const visit = await openPortal(portal.browser, server, 'acme', { role: 'admin' });
  const { page } = visit;
  await page.getByRole('heading', { name: 'By day' }).waitFor();
  const links = page.getByRole('navigation', { name: 'Portal' }).getByRole('link');
  assert.deepEqual(await links.allInnerTexts(), ['Overview', 'Conversations', 'Settings']);
  for (const gone of ['Bill so far', 'Breakdown', 'Plan'])
    assert.equal(await page.getByText(gone).count(), 0);
  await visit.go('#/calls', 'Conversations');
  assert.equal(await page.getByRole('button', { name: 'Download CSV' }).count(), 0);
  await visit.go('#/invoices', 'Page not found');
  await visit.go('#/sessions', 'Your sessions');
  await visit.leave();
});

test('an operator finds a caller’s calls, and sees how long what was said is kept', async () => {
  const visit = await openPortal(portal.browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/acme/privacy', 'Acme Bakery: Privacy');
  await page.getByLabel('Phone number').fill('nonsense');
  await page.getByRole('button', { name: 'Find calls' }).click();
  await page.getByText('use a phone number with its country code').waitFor();
  await page.getByLabel('Phone number').fill('+49 30 1234567');
  await page.getByRole('button', { name: 'Find calls' }).click();
  await page.getByText('0 calls found.').waitFor();
  await visit.leave(/status of 400/);
});
