/** What an operator changes about a client in the portal, up to deleting it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { assistantId, type ClientsPortal, privateKey, startClientsPortal } from './support/clients-portal.ts';
import { checkLooks, openPortal } from './support/portal.ts';

let portal: ClientsPortal;
let emulator: ClientsPortal['emulator'];
let server: ClientsPortal['server'];
let browser: ClientsPortal['browser'];
before(async () => {
  portal = await startClientsPortal();
  ({ emulator, server, browser } = portal);
});
after(() => portal?.close());

test('what is set for a client is changed part by part, and the server’s messages are shown at the field', async () => {
  // In its own organization, so that all calls there may be this client's.
  const own = { privateKey: `private-${randomUUID()}`, assistantId: randomUUID() };
  emulator.addOrg({
    ...{ orgId: randomUUID(), privateKeys: [own.privateKey], publicKeys: [] },
    assistants: [{ id: own.assistantId, name: 'Sons' }],
  });
  await server.operator('POST', '/v1/tenants', { slug: 'sons', name: 'Sons', ...own });
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/sons/settings', 'Sons: Settings');
  const part = (name: string) => {
    const form = page.locator(name);
    return {
      form,
      save: () => form.getByRole('button', { name: 'Save' }).click(),
      saved: () => form.getByText('Saved.').waitFor(),
    };
  };
  const limits = part('limits-form');
  await limits.form.getByLabel('Monthly budget').fill('250');
  await limits.form.getByLabel('Maximum call length').fill('5');
  await limits.save();
  await limits.form.getByText('expected number to be >=10').waitFor();
  assert.equal((await portal.tenant('sons')).limits.monthlyBudgetMicros, 100_000_000, 'all of it or nothing');
  await limits.form.getByLabel('Maximum call length').fill('300');
  await limits.form.getByLabel('How to handle them').selectOption('keep');
  await limits.save();
  await limits.saved();
  await page.getByRole('button', { name: 'Use these limits for new clients' }).click();
  await page.getByText('New clients get this; those that exist keep what they have.').waitFor();
  const { limits: ofNewClients } = (await server.operator('GET', '/v1/client-defaults')).body;
  assert.deepEqual([ofNewClients.monthlyBudgetMicros, ofNewClients.hours], [250_000_000, undefined]);

  const hours = part('hours-form');
  await hours.form.getByText('Always open.').waitFor();
  await hours.form.getByRole('button', { name: 'Set opening hours' }).click();
  await hours.form.getByLabel('Sat').check();
  await hours.form.getByRole('button', { name: 'Add interval' }).click();
  await hours.form.getByRole('group', { name: 'Interval 2' }).getByLabel('From').fill('18:00');
  await hours.form.getByRole('group', { name: 'Interval 2' }).getByLabel('To').fill('19:30');
  await hours.save();
  await hours.saved();

  const looks = part('looks-form');
  await looks.form.getByLabel('Colour').fill('#9a3412');
  await looks.form.getByLabel('Theme').selectOption('dark');
  await looks.save();
  await looks.saved();

  const texts = part('texts-form');
  await texts.form.getByLabel('Button text').fill('Ask the bakery');
  await texts.form.getByLabel('Other text').fill('mute');
  await texts.form.getByRole('button', { name: 'Add' }).click();
  await texts.form.getByLabel('mute', { exact: true }).fill('Be quiet');
  await texts.save();
  await texts.saved();

  const consent = part('consent-form');
  await consent.form.getByLabel('Ask visitors to agree').check();
  await consent.save();
  await consent.form.getByText('Required').first().waitFor();
  await consent.form.getByLabel('Consent text').fill('We record this call.');
  await consent.form.getByLabel('Version').fill('1');
  await consent.save();
  await consent.saved();

  const name = part('name-form');
  await name.form.getByLabel('Name').fill('Father & Sons');
  await name.form.getByLabel('All calls in its Vapi organization').check();
  await name.save();
  await page.getByRole('heading', { level: 1, name: 'Father & Sons: Settings' }).waitFor();

  const now = await portal.tenant('sons');
  assert.deepEqual([now.name, now.wholeOrg], ['Father & Sons', true]);
  assert.deepEqual([now.limits.monthlyBudgetMicros, now.limits.maxCallSeconds], [250_000_000, 300]);
  assert.equal(now.webCallsWithoutGrant, 'keep');
  assert.deepEqual(now.limits.hours, [
    { days: [1, 2, 3, 4, 5, 6], from: '09:00', to: '17:00' },
    { days: [1, 2, 3, 4, 5], from: '18:00', to: '19:30' },
  ]);
  assert.deepEqual(now.appearance, { accentColor: '#9a3412', theme: 'dark' });
  assert.deepEqual(now.texts, { launcher: 'Ask the bakery', mute: 'Be quiet' });
  assert.deepEqual(now.consent, { text: 'We record this call.', version: '1' });
  await hours.form.getByRole('button', { name: 'Remove interval 1' }).click();
  await hours.form.getByRole('button', { name: 'Remove interval 1' }).click();
  await hours.save();
  await hours.saved();
  await consent.form.getByLabel('Ask visitors to agree').uncheck();
  await consent.save();
  await consent.saved();
  assert.equal((await portal.tenant('sons')).limits.hours, null);
  assert.equal((await portal.tenant('sons')).consent, null);
  await visit.leave(/status of 400/);
});

test('the key for signed identities is made, shown once, replaced, and removed after a question', async () => {
  await server.operator('POST', '/v1/tenants', {
    ...{ slug: 'signed', name: 'Signed', privateKey, assistantId },
  });
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/signed/settings', 'Signed: Settings');
  const box = page.locator('identity-box');
  await box.getByText('There is no key.').waitFor();
  await box.getByRole('button', { name: 'Make an identity key' }).click();
  const field = box.getByLabel('New key');
  await field.waitFor();
  const first = await field.inputValue();
  await box.getByText(`…${first.slice(-4)}, made`).waitFor();
  await box.getByRole('button', { name: 'Replace the identity key' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
  await box.getByText('The key before is accepted until').waitFor();
  assert.notEqual(await field.inputValue(), first);
  await page.reload();
  await box.getByText('The key before is accepted until').waitFor();
  assert.equal(await field.count(), 0, 'shown once');
  await box.getByRole('button', { name: 'Remove the identity key' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await box.getByText('There is no key.').waitFor();
  assert.equal((await server.operator('GET', '/v1/tenants/signed/identity-key')).body.key, null);
  await visit.leave();
});

test('key, assistants and access mode are changed by name, and a client is deleted after a question', async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  const [oldKey, newKey] = [`private-${randomUUID()}`, `private-${randomUUID()}`];
  emulator.addOrg({
    ...{ orgId: randomUUID(), privateKeys: [oldKey, newKey], publicKeys: [] },
    assistants: [
      { id: first, name: 'Reception' },
      { id: second, name: 'Bookings' },
    ],
    squads: [{ id: randomUUID(), name: 'Team', members: [{ assistantId: first }, { assistantId: second }] }],
  });
  await server.operator('POST', '/v1/tenants', {
    ...{ slug: 'moving', name: 'Moving', privateKey: oldKey, assistantId: first },
  });
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/moving/settings', 'Moving: Settings');
  const form = page.locator('vapi-form');
  const save = () => form.getByRole('button', { name: 'Save' }).click();
  const choice = form.getByLabel('Assistant', { exact: true });
  await choice.selectOption('Bookings');
  assert.deepEqual(await choice.locator('option').allInnerTexts(), [
    'Bookings',
    'Reception',
    'Team (squad of 2)',
  ]);
  const further = form.getByRole('group', { name: 'Further assistants' });
  await further.getByRole('checkbox', { name: 'Reception' }).check();
  await further.getByRole('checkbox', { name: 'Bookings' }).check();
  await form
    .getByRole('group', { name: 'Those of them that the website may use, too' })
    .getByRole('checkbox', { name: 'Reception' })
    .check();
  await form.getByLabel('How browsers join calls').selectOption('public-key');
  await form.getByLabel('New private key').fill(newKey);
  await save();
  await form.getByText('is required for the access mode').waitFor();
  await form.getByLabel('How browsers join calls').selectOption('scoped-key');
  await save();
  await form.getByText('Saved.').waitFor();
  const { assistantId: main, assistantIds, accessMode, privateKey: shown } = await portal.tenant('moving');
  assert.deepEqual([main, assistantIds, accessMode], [second, [first], 'scoped-key']);
  assert.deepEqual((await portal.tenant('moving')).siteAssistantIds, [first]);
  await visit.go('#/tenants/moving/site', 'Moving: Website');
  await page.locator('snippet-box').getByLabel('Assistant').selectOption('Reception');
  const pasted = () => page.locator('snippet-box').getByLabel('Snippet').inputValue();
  await until(async () => (await pasted()).includes(`assistant="${first}"`), 'its snippet');
  await visit.go('#/tenants/moving/settings', 'Moving: Settings');
  assert.equal(shown, `…${newKey.slice(-4)}`);
  await page.locator('delete-box').getByRole('button', { name: 'Delete client' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
  assert.equal((await server.operator('GET', '/v1/tenants/moving')).status, 404);
  assert.equal(await page.getByRole('link', { name: 'Moving' }).count(), 0);
  await visit.leave(/status of 400/);
});

test('the books of a deleted client can still be read', async () => {
  await server.operator('POST', '/v1/tenants', {
    ...{ slug: 'gone', name: 'Gone', privateKey, assistantId, timeZone: 'Asia/Tokyo' },
  });
  await server.operator('DELETE', '/v1/tenants/gone');
  const { tenants } = (await server.operator('GET', '/v1/billing/deleted-tenants')).body;
  const { id } = tenants.find(({ slug }: { slug: string }) => slug === 'gone');
  const visit = await openPortal(browser, server, null);
  await visit.go(`#/tenants/${id}/calls`, 'Gone: Calls');
  await visit.page.getByText('Its calls and invoices remain.').waitFor();
  await visit.page.getByText('Time zone: Asia/Tokyo.').waitFor();
  assert.equal(await visit.page.getByRole('button', { name: 'Pause' }).count(), 0);
  await visit.leave();
});

// The second time only what depends on the looks.
for (const { width, dark, rules } of [
  { width: 1280, dark: false, rules: undefined },
  { width: 375, dark: true, rules: ['color-contrast', 'scrollable-region-focusable'] },
]) {
  test(`${width} pixels, ${dark ? 'dark' : 'light'}: no form about a client has a fault known to axe`, async () => {
    const visit = await openPortal(browser, server, null, { width, dark });
    const { page } = visit;
    await visit.go('#/new-client', 'New client');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').waitFor();
    await checkLooks(page, 'a key that is missing', rules);
    await page.getByLabel('Private key').fill(privateKey);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('More settings').click();
    await page.getByRole('button', { name: 'Add client' }).click();
    await page.getByRole('alert').waitFor();
    await checkLooks(page, 'a new client with mistakes', rules);
    await visit.go('#/settings', 'Settings');
    await checkLooks(page, 'the agency', rules);
    await visit.go('#/tenants/acme/site', 'Acme Bakery: Website');
    await checkLooks(page, 'a client’s website', rules);
    await visit.go('#/tenants/acme/settings', 'Acme Bakery: Settings');
    await page.locator('hours-form').getByRole('button', { name: 'Set opening hours' }).click();
    await checkLooks(page, 'a client’s settings', rules);
    await visit.leave(/status of 400/);
  });
}
