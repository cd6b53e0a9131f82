/** What was entered and not saved is not lost by leaving: the portal asks, wherever the reader goes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ClientsPortal, startClientsPortal } from './support/clients-portal.ts';
import { openPortal } from './support/portal.ts';

let portal: ClientsPortal;
before(async () => {
  portal = await startClientsPortal();
});
after(() => portal?.close());

test('leaving a form with unsaved changes asks; saved or discarded, it does not', async () => {
  const visit = await openPortal(portal.browser, portal.server, null);
  const { page } = visit;
  await visit.go('#/settings', 'Settings');
  const name = page.getByLabel('Legal name');
  const dialog = page.getByRole('dialog', { name: 'Discard unsaved changes?' });
  const leave = () => page.getByRole('link', { name: 'Clients' }).click();
  await name.fill('Harbour Voice');
  await page.getByText('Unsaved changes', { exact: true }).waitFor();
  await leave();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(new URL(page.url()).hash, '#/settings');
  assert.equal(await name.inputValue(), 'Harbour Voice');

  // Taken back, it is as it was.
  await name.fill('');
  await page.getByText('Unsaved changes', { exact: true }).waitFor({ state: 'hidden' });
  await name.fill('Harbour Voice');
  await page.getByRole('button', { name: 'Discard' }).click();
  assert.equal(await name.inputValue(), '');
  await name.fill('Harbour Voice');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.', { exact: true }).waitFor();
  await leave();
  await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();

  await visit.go('#/settings', 'Settings');
  await name.fill('Another Name');
  await page.goBack();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
  await visit.go('#/settings', 'Settings');
  assert.equal(await name.inputValue(), 'Harbour Voice');
  await visit.leave();
});

test('signing out with unsaved changes asks, and a no keeps both', async () => {
  const visit = await openPortal(portal.browser, portal.server, null);
  const { page } = visit;
  await visit.go('#/settings', 'Settings');
  const name = page.getByLabel('Legal name');
  await name.fill('Not saved yet');
  await page.getByText('Unsaved changes', { exact: true }).waitFor();
  const dialog = page.getByRole('dialog', { name: 'Discard unsaved changes?' });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await name.inputValue(), 'Not saved yet');
  assert.equal((await page.request.get(`${portal.server.url}/v1/me`)).status(), 200);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await visit.leave();
});

test('an operator’s address of an earlier version leads to where the view is now', async () => {
  const visit = await openPortal(portal.browser, portal.server, null);
  const { page } = visit;
  await visit.go('#/agency', 'Settings');
  assert.equal(new URL(page.url()).hash, '#/settings');
  await visit.go('#/?search=bakery', 'Clients');
  assert.equal(new URL(page.url()).hash, '#/clients?search=bakery');
  await visit.leave();
});
