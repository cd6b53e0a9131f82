/** The team and a client's people in the portal: inviting, seeing it as a client, sessions, the audit log. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { type ClientsPortal, startClientsPortal } from './support/clients-portal.ts';
import { checkLooks, openPortal, rows } from './support/portal.ts';

let portal: ClientsPortal;
let server: ClientsPortal['server'];
before(async () => {
  portal = await startClientsPortal();
  ({ server } = portal);
});
after(() => portal?.close());

test('someone is invited, joins, sees where it is signed in, and is removed', async () => {
  const visit = await openPortal(portal.browser, server, null);
  const { page } = visit;
  await visit.go('#/team', 'Team');
  await page.getByText('No one has joined yet.').waitFor();
  await page.getByLabel('E-mail address').fill('no address');
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByText('Nothing saved').waitFor();
  await page.getByLabel('E-mail address').fill('Jo@agency.example');
  await page.getByLabel('Role').selectOption('manager');
  await page.getByRole('button', { name: 'Invite' }).click();
  // Without a mail server the link is handed over.
  const url = await page.getByLabel('Link for jo@agency.example').inputValue();
  await checkLooks(page, 'the team with an invitation');

  const guest = await portal.browser.newContext({ viewport: { width: 375, height: 800 } });
  const theirs = await guest.newPage();
  await theirs.goto(url);
  await theirs.getByRole('button', { name: 'Accept and sign in' }).click();
  await theirs.getByRole('button', { name: 'Sign out' }).waitFor();
  await theirs.evaluate(() => {
    location.hash = '#/sessions';
  });
  await theirs.getByText('This one').waitFor();
  const tab = await theirs.getByRole('link', { name: 'Your sessions' }).boundingBox();
  assert.ok(tab && tab.x >= 0 && tab.x + tab.width <= 375, 'the current tab is in view');
  await checkLooks(theirs, 'the sessions on a phone');

  await page.reload();
  await page.getByRole('button', { name: 'Remove jo@agency.example' }).waitFor();
  await checkLooks(page, 'the team');
  await page.getByRole('button', { name: 'Remove jo@agency.example' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Removed.').waitFor();
  await theirs.reload();
  await theirs.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await theirs.getByRole('button', { name: 'E-mail me a link' }).waitFor();
  await checkLooks(theirs, 'signed out');
  await guest.close();

  await visit.go('#/audit', 'Audit log');
  await page.getByLabel('Action').fill('user.remove');
  await page.getByRole('button', { name: 'Filter' }).click();
  const found = await until(async () => {
    const all = await rows(page, 'Changes, newest first');
    // While they are loaded there are none; just before that, all are still there.
    return all.length > 0 && all.every(([action]) => action?.startsWith('user.remove')) ? all : null;
  }, 'the filtered list');
  assert.equal(found.length, 1);
  await checkLooks(page, 'the audit log');
  // Its own mistake: the address that was refused.
  await visit.leave(/400/);
});

test('the portal is seen as a client sees it, with a banner, until it is stopped', async () => {
  const visit = await openPortal(portal.browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/acme/people', 'Acme Bakery: People');
  await page.getByText('No one has joined yet.').waitFor();
  // An invitation that is only begun does not hold it up: the browser would ask.
  page.on('dialog', (dialog) => dialog.dismiss());
  await page.getByLabel('E-mail address').fill('mo@');
  await page.getByText('Unsaved changes', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'View as client' }).click();
  const banner = page.getByRole('complementary', { name: 'Seen as the client' });
  await banner.getByText('You see this portal as Acme Bakery does').waitFor();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Clients' }).count(), 0);
  await checkLooks(page, 'seen as a client');
  await visit.go('#/people', 'People');
  assert.equal(await page.getByRole('button', { name: 'Invite' }).count(), 0);
  await visit.go('#/sessions', 'Your sessions');
  assert.equal(await page.getByRole('heading', { name: 'Passkeys' }).count(), 0);
  await banner.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('link', { name: 'All clients' }).waitFor();
  assert.equal(await banner.count(), 0);
  await visit.leave();
});
