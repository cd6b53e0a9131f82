/** What a person's role permits can be done in the portal, and what it does not is neither offered nor requested. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Role } from '../../server/contract.ts';
import { signInPerson } from '../support/client-person.ts';
import { type ClientsPortal, startClientsPortal } from './support/clients-portal.ts';
import { checkLooks } from './support/portal.ts';

let portal: ClientsPortal;
before(async () => {
  portal = await startClientsPortal();
  const shown = { clientAccess: { privacy: true } };
  assert.equal((await portal.server.operator('PATCH', '/v1/tenants/acme', shown)).status, 200);
});
after(() => portal?.close());

/** Goes from view to view, by the part of the address behind the hash and the view's heading. */
type Go = (hash: string, heading: string) => Promise<void>;

/** Fails on any console message: the browser reports refused requests there. @param expected those that the test means */
async function asRole(
  slug: string | null,
  role: Role,
  visit: (page: Page, go: Go) => Promise<void>,
  expected?: RegExp,
): Promise<void> {
  const { headers } = await signInPerson(portal.server, slug, role);
  const [name = '', value = ''] = (headers.cookie ?? '').split('=');
  const context = await portal.browser.newContext();
  await context.addCookies([{ name, value, url: portal.server.url }]);
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(`${portal.server.url}/portal/`);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await visit(page, async (hash, heading) => {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    await page.locator('.waiting').first().waitFor({ state: 'detached' });
  });
  await context.close();
  assert.deepEqual(
    said.filter((text) => !expected?.test(text)),
    [],
  );
}

test('the admin of a client finds a caller’s calls', () =>
  asRole('acme', 'admin', async (page, go) => {
    await go('#/privacy', 'Privacy');
    await page.getByText('No one has read or heard a call.').waitFor();
    await checkLooks(page, 'privacy');
    await page.getByLabel('Phone number').fill('+49 30 1234567');
    await page.getByRole('button', { name: 'Find calls' }).click();
    await page.getByText('0 calls found.').waitFor();
  }));

test('the operator’s billing role changes plans and business details, and is offered nothing that is refused', () =>
  asRole(null, 'billing', async (page, go) => {
    await go('#/attention', 'Needs attention');
    await page.getByText('Nothing needs you.').waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Notices' }).count(), 0);
    await go('#/tenants/acme/billing', 'Acme Bakery: Billing');
    await page.getByRole('button', { name: 'Set this plan' }).waitFor();
    const tabs = page.getByRole('navigation', { name: 'Acme Bakery' }).getByRole('link');
    assert.deepEqual(await tabs.allInnerTexts(), [
      ...['Overview', 'Calls', 'Invoices'],
      ...['Billing', 'Results', 'Settings', 'Phone', 'Connection'],
    ]);
    await go('#/settings', 'Settings');
    await page.getByLabel('Legal name').fill('Harbour Voice');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.', { exact: true }).waitFor();
    await go('#/close', 'Month-end');
    await page.getByRole('button', { name: 'See what would be issued' }).waitFor();
  }));

test('a role that could not be changed is shown as it still is', () =>
  asRole(
    null,
    'owner',
    async (page, go) => {
      await go('#/team', 'Team');
      const role = page.getByLabel(/^Role of owner/);
      await role.selectOption('viewer');
      await page.getByRole('alert').waitFor();
      assert.equal(await role.inputValue(), 'owner');
    },
    /status of 409/,
  ));
