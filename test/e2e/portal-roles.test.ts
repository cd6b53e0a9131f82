/** What a person's role permits can be done in the portal, and what it does not is neither offered nor requested. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Role } from '../../server/contract.ts';
import { signInAgain, signInPerson } from '../support/client-person.ts';
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
/** Signs the same person in elsewhere. */
type Again = () => Promise<unknown>;

/** Fails on any console message: the browser reports refused requests there. @param expected those that the test means */
async function asRole(
  slug: string | null,
  role: Role,
  visit: (page: Page, go: Go, again: Again) => Promise<void>,
  expected?: RegExp,
): Promise<void> {
  const { id, headers } = await signInPerson(portal.server, slug, role);
  const [name = '', value = ''] = (headers.cookie ?? '').split('=');
  const context = await portal.browser.newContext();
  await context.addCookies([{ name, value, url: portal.server.url }]);
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(`${portal.server.url}/portal/`);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  const go: Go = async (hash, heading) => {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    await page.locator('.waiting').first().waitFor({ state: 'detached' });
  };
  await visit(page, go, () => signInAgain(portal.server.ctx, id, null));
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

test('the admin of a client changes its hours and texts, on a phone; of two at once, the second is told', () =>
  asRole(
    'acme',
    'admin',
    async (page, go) => {
      await page.setViewportSize({ width: 360, height: 740 });
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByRole('heading', { level: 1, name: 'Your agent' }).waitFor();
      const greeting = page.getByLabel('Greeting', { exact: true });
      const save = page.getByRole('button', { name: 'Save' });
      await page.getByText('Always open.').waitFor();
      assert.equal(await page.getByRole('heading', { name: 'Websites' }).count(), 0);
      await greeting.fill('Good morning!');
      // What is entered elsewhere survives an added interval.
      await page.getByRole('button', { name: 'Set opening hours' }).click();
      await page.getByText('Unsaved changes', { exact: true }).waitFor();
      await page.getByLabel('Sat').check();
      assert.equal(await greeting.inputValue(), 'Good morning!');
      await checkLooks(page, 'a client’s settings with changes');
      await page.getByLabel('To', { exact: true }).fill('');
      await save.click();
      await page.getByText('Nothing saved: fix the highlighted fields.').waitFor();
      await page.getByLabel('To', { exact: true }).fill('18:30');
      await save.click();
      await page.getByText('Saved.', { exact: true }).waitFor();
      const saved = await portal.tenant();
      const hours = [{ days: [1, 2, 3, 4, 5, 6], from: '09:00', to: '18:30' }];
      assert.deepEqual([saved.limits.hours, saved.texts], [hours, { greeting: 'Good morning!' }]);

      await portal.server.operator('PATCH', '/v1/tenants/acme', { texts: { greeting: 'The operator’s' } });
      await greeting.fill('Mine');
      await save.click();
      await page.getByRole('alert').getByText('Someone else has changed these settings').waitFor();
      assert.equal(await greeting.inputValue(), 'Mine');
      assert.equal((await portal.tenant()).texts.greeting, 'The operator’s');
      await page.getByRole('button', { name: 'Discard mine and load the current settings' }).click();
      await page.getByText('Unsaved changes', { exact: true }).waitFor({ state: 'detached' });
      await greeting.and(page.locator('[data-as]')).waitFor();
      assert.equal(await greeting.inputValue(), 'The operator’s');
      await page.getByRole('button', { name: 'Remove interval 1' }).click();
      await save.click();
      await page.getByText('Saved.', { exact: true }).waitFor();
      assert.equal((await portal.tenant()).limits.hours, null);

      // Nothing of it is there for a client whose operator keeps it.
      const closed = { hours: false, texts: false };
      await portal.server.operator('PATCH', '/v1/tenants/acme', { clientAccess: closed });
      await page.reload();
      await go('#/people', 'People');
      assert.equal(await page.getByRole('link', { name: 'Your agent' }).count(), 0);
    },
    /status of 409/,
  ));

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

test('who looks at a client’s portal sees its own sessions there, and ends none', () =>
  asRole(null, 'manager', async (page, go, again) => {
    await again();
    const end = page.getByRole('button', { name: /^End / });
    await go('#/sessions', 'Your sessions');
    await end.first().waitFor();
    await go('#/tenants/acme/people', 'Acme Bakery: People');
    await page.getByRole('button', { name: 'View as client' }).click();
    await page.getByRole('complementary', { name: 'Seen as the client' }).waitFor();
    await go('#/sessions', 'Your sessions');
    await page.getByText('This one').waitFor();
    assert.equal(await page.getByRole('table', { name: 'Sessions' }).locator('tbody tr').count(), 2);
    assert.equal(await end.count(), 0);
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
