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
  await visit.go('#/tenants/sons/results', 'Father & Sons: Results');
  const results = part('results-form');
  await results.form.getByLabel('Keep the summary').check();
  await results.form.getByLabel('Delete content after days').fill('90');
  await results.form.getByRole('button', { name: 'Keep a structured output' }).click();
  await results.form.getByLabel('Label').fill('Booked');
  await results.form.getByLabel('Where Vapi has it').fill('appointment.confirmed');
  await results.save();
  await results.form.getByText('Required').waitFor();
  await results.form.getByLabel('Short name').fill('booked');
  await results.save();
  await results.saved();
  const { results: kept, contentRetentionDays } = await portal.tenant('sons');
  const output = {
    name: 'booked',
    path: 'appointment.confirmed',
    type: 'boolean',
    label: 'Booked',
    shown: true,
  };
  assert.deepEqual([kept, contentRetentionDays], [{ summary: true, outputs: [output] }, 90]);
  const outcome = part('outcome-form');
  await outcome.form.getByLabel('What is counted').fill('Appointments');
  await outcome.form.getByRole('button', { name: 'Add a condition' }).click();
  const second = outcome.form.getByRole('group', { name: 'Condition 2' });
  await second.getByLabel('What').selectOption('Lasts at least (seconds)');
  await second.getByLabel('Value').fill('soon');
  await outcome.form.getByRole('button', { name: 'Try on the latest 200 calls' }).click();
  await outcome.form.getByRole('alert').waitFor();
  await second.getByLabel('Value').fill('60');
  await outcome.form.getByRole('button', { name: 'Try on the latest 200 calls' }).click();
  await outcome.form.getByText('0 of the latest 0 calls would count.').waitFor();
  assert.equal((await server.operator('GET', '/v1/tenants/sons/outcome')).body.current, null);
  await outcome.save();
  await outcome.form.getByText('Appointments, if “Booked” is yes and lasts at least 60 s').waitFor();
  await outcome.form.getByRole('button', { name: 'Stop counting' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop counting' }).click();
  await outcome.form.getByText('nothing is counted').waitFor();
  const { versions } = (await server.operator('GET', '/v1/tenants/sons/outcome')).body;
  assert.deepEqual(versions[1].rule, {
    match: 'all',
    conditions: [
      { kind: 'output', name: 'booked', is: true },
      { kind: 'seconds', least: 60 },
    ],
  });
  await visit.leave(/status of 400/);
});

test('a client’s phone number is assigned, calls by phone are limited before they cost, and a caller is blocked', async () => {
  const own = { privateKey: `private-${randomUUID()}`, assistantId: randomUUID() };
  emulator.addOrg({
    ...{ orgId: randomUUID(), privateKeys: [own.privateKey], publicKeys: [] },
    assistants: [{ id: own.assistantId, name: 'Receptionist' }],
    phoneNumbers: [{ id: randomUUID(), provider: 'vapi', number: '+14155550142' }],
  });
  await server.operator('POST', '/v1/tenants', { slug: 'hotel', name: 'Hotel', ...own });
  const visit = await openPortal(browser, server, null, { width: 390 });
  const { page } = visit;
  await visit.go('#/tenants/hotel/phone', 'Hotel: Phone');
  const settings = page.locator('phone-form');
  await settings.getByLabel('How to handle them').selectOption('ask');
  await settings.getByLabel('What a refused caller hears').fill('Please call again tomorrow.');
  await settings.getByRole('button', { name: 'Save' }).click();
  await settings.getByText('Saved.').waitFor();
  const number = page.locator('number-form');
  await number.getByText('Not assigned').waitFor();
  await number.getByLabel('Number to call when this server is away').fill('5550199');
  await number.getByRole('button', { name: 'Assign' }).click();
  await number.getByText('use a phone number with its country code').waitFor();
  await number.getByLabel('Number to call when this server is away').fill('+14155550199');
  await number.getByLabel('Name').fill('Reception');
  await number.getByRole('button', { name: 'Assign' }).click();
  await number.getByText('Asks this server', { exact: true }).waitFor();
  await page.getByLabel('Phone number with country code').fill('+1 415 555 0177');
  await page.getByLabel('Why').fill('Fax machine');
  await page.getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByRole('cell', { name: 'Fax machine' }).waitFor();
  await checkLooks(page, 'the page of phone numbers');
  const { body } = await server.operator('GET', '/v1/tenants/hotel/phone-numbers');
  const [{ mode, name, fallback, problem }] = body.numbers;
  assert.deepEqual([mode, name, fallback, problem], ['ask', 'Reception', '+14155550199', null]);
  await page.getByRole('button', { name: 'Unblock …0177' }).click();
  await page.getByText('No one is blocked.').waitFor();
  await number.getByRole('button', { name: 'Release +14155550142' }).click();
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await number.getByText('Not assigned').waitFor();
  await visit.leave(/400/);
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

test('leads are turned on, worked on by operator and client, and deleted after a question', async () => {
  await server.operator('POST', '/v1/tenants', {
    ...{ slug: 'lead', name: 'Lead', privateKey, assistantId, allowedOrigins: ['https://lead.example'] },
  });
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/lead/leads', 'Lead: Leads');
  await page.getByText('No leads yet.').waitFor();
  await page.getByRole('link', { name: 'Turn it on in the settings.' }).click();
  await page.getByRole('heading', { level: 1, name: 'Lead: Settings' }).waitFor();
  const form = page.locator('leads-form');
  await form.getByLabel('Let visitors leave a message').check();
  await form.getByLabel('Send them to this address').fill('nowhere');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Nothing saved').waitFor();
  await form.getByLabel('Send them to this address').fill('');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.').waitFor();
  const { leads, clientAccess } = await portal.tenant('lead');
  assert.deepEqual([leads?.consent.version, leads?.email, clientAccess], ['1', null, { leads: true }]);
  for (const name of ['Ada Lovelace', 'Bob'])
    await server.request('POST', '/v1/leads', {
      headers: { origin: 'https://lead.example', 'content-type': 'text/plain' },
      body: {
        ...{ tenant: 'lead', id: randomUUID(), name, phone: '+49 30 1234567', message: `I am ${name}.` },
        ...{ consent: '1', reason: 'outside-hours' },
      },
    });
  await visit.go('#/tenants/lead/leads', 'Lead: Leads');
  await page.getByText('2 leads shown; end of list.').waitFor();
  await page.getByLabel('State of Ada Lovelace').selectOption('Contacted');
  await page.getByText('Changed.').waitFor();
  await page.getByRole('button', { name: 'Note on Ada Lovelace' }).click();
  await page.getByRole('textbox', { name: 'Note on Ada Lovelace' }).fill('Calls back on Monday');
  await page.getByRole('button', { name: 'Save note' }).click();
  await page.getByText('Note: Calls back on Monday').waitFor();
  await checkLooks(page, 'leads');
  await page.getByRole('button', { name: 'Delete Bob' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('1 lead shown; end of list.').waitFor();
  await visit.leave(/status of 400/);

  const client = await openPortal(browser, server, 'lead', { width: 375 });
  await client.go('#/leads', 'Leads');
  await client.page.getByText('Note: Calls back on Monday').waitFor();
  assert.equal(await client.page.getByRole('button', { name: 'Delete Ada Lovelace' }).count(), 0);
  await checkLooks(client.page, 'leads of a client on a phone');
  await client.leave();
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
    await page.locator('hours-form').getByRole('button', { name: 'Discard' }).click();
    await visit.go('#/tenants/acme/results', 'Acme Bakery: Results');
    await page.getByRole('button', { name: 'Keep a structured output' }).click();
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await checkLooks(page, 'what a client’s calls achieve', rules);
    await visit.leave(/status of 400/);
  });
}
