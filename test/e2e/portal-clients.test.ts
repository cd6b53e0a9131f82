/** How an operator begins in the portal, adds a client, and changes its settings. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { type Emulator, startEmulator } from '../../demo/vapi-emulator/emulator.ts';
import type { TenantView } from '../../server/contract.ts';
import { checkNextWiring } from '../../server/metering/wiring-watch.ts';
import { moment } from '../../server/portal/pure/format.ts';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { farMs } from '../support/time-limit.ts';
import { until } from '../support/until.ts';
import { checkLooks, openPortal, rows } from './support/portal.ts';

const privateKey = `private-${randomUUID()}`;
const assistantId = randomUUID();

let emulator: Emulator;
let server: TestServer;
let browser: Browser;
before(async () => {
  emulator = await startEmulator({
    port: 0,
    orgs: [
      {
        orgId: randomUUID(),
        privateKeys: [privateKey],
        publicKeys: [],
        assistants: [{ id: assistantId, name: 'Acme' }],
      },
    ],
  });
  server = await startServer();
  const acme = { slug: 'acme', name: 'Acme Bakery', privateKey, assistantId };
  const allowedOrigins = ['https://www.acme.example'];
  assert.equal((await server.operator('POST', '/v1/tenants', { ...acme, allowedOrigins })).status, 201);
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});
after(async () => {
  await browser?.close();
  await server?.close();
  await emulator?.close();
});

async function startServer(): Promise<TestServer> {
  const started = await startTestServer({
    ...{ vapiBaseUrl: emulator.url, config: { publicUrl: 'http://localhost' } },
  });
  started.ctx.config.publicUrl = started.url;
  started.secrets.add('private key', privateKey);
  return started;
}
const tenant = async (slug = 'acme'): Promise<TenantView> =>
  (await server.operator('GET', `/v1/tenants/${slug}`)).body;

test('an empty portal shows the first steps, up to a client with a checked key and its snippet', async (context) => {
  const empty = await startServer();
  context.after(() => empty.close());
  const visit = await openPortal(browser, empty, null);
  const { page } = visit;
  await visit.go('#/', 'Clients');
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await page.getByRole('link', { name: 'Enter your business details' }).click();
  await page.getByLabel('Legal name').fill('Harbour Voice');
  await page.getByLabel('Colour').fill('teal');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('use #rrggbb').waitFor();
  await page.getByLabel('Colour').fill('#0f766e');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await page.getByRole('banner').getByText('Harbour Voice').waitFor();

  await visit.go('#/', 'Clients');
  await page.getByText('Done:').waitFor();
  await page.getByRole('link', { name: 'New client' }).click();
  const focused = () =>
    page
      .locator('new-client-view')
      .evaluate((view) => (view.shadowRoot?.activeElement as HTMLInputElement | null)?.name);
  const carryOn = page.getByRole('button', { name: 'Continue' });
  await page.getByLabel('Private key').fill('private-of-nobody');
  await carryOn.click();
  await page
    .getByText('Vapi does not accept it; is it the private key rather than the public one?')
    .waitFor();
  assert.equal(await page.getByLabel('Private key').getAttribute('aria-invalid'), 'true');
  assert.equal(await focused(), 'privateKey');
  await page.getByLabel('Private key').fill(privateKey);
  await carryOn.click();
  await page.getByText('Vapi has accepted the key.').waitFor();
  assert.equal(await focused(), 'name');
  assert.equal(await page.getByLabel('Private key').count(), 0, 'the key is no longer in the page');
  assert.deepEqual(await page.getByLabel('Assistant').locator('option').allInnerTexts(), ['Acme']);
  // All that is wrong is said at once, also where it is folded away.
  await page.getByText('More settings').click();
  await page.getByLabel('Handle').fill('Acme!');
  await page.getByLabel('Time zone').fill('Mars');
  await page.getByText('More settings').click();
  await page.getByLabel('Website').fill('https://www.acme.example\nhttp://acme.example');
  const add = page.getByRole('button', { name: 'Add client' });
  await add.click();
  await page.getByText('"http://acme.example": http is allowed only for localhost: use https').waitFor();
  await page.getByText('Required').waitFor();
  await page.getByText('use lower-case letters, digits and inner hyphens').waitFor();
  await page.getByText('use a time zone name such as Europe/Berlin').waitFor();
  assert.equal(await focused(), 'name');
  await page.getByLabel('Name', { exact: true }).fill('Acme Bakery');
  await page.getByLabel('Handle').fill('');
  await page.getByLabel('Time zone').fill('Europe/Berlin');
  await page.getByLabel('Website').fill('acme.example');
  await add.click();
  await page.getByRole('heading', { level: 1, name: 'Acme Bakery added' }).waitFor();
  await page.getByText('Vapi has confirmed the key and the assistant.').waitFor();
  assert.match(await page.getByLabel('Snippet').inputValue(), /<vapi-agent tenant="acme-bakery"/);
  await page.getByLabel('Website built with').selectOption('WordPress');
  await page
    .getByText(/plugin/i)
    .first()
    .waitFor();
  // What the server generates is shown once; the key never.
  assert.match(await page.getByLabel('Webhook secret').inputValue(), /^[\w-]{32}$/);
  await checkLooks(page, 'a client that was just made');
  await page.getByText(`Acme: would report to ${empty.url}/v1/webhooks/vapi/acme-bakery`).waitFor();
  await page.getByRole('button', { name: 'Apply changes' }).click();
  await page.getByText('Done: Vapi now reports to this server.').waitFor();
  // What is left stays on the client's page, until it has happened.
  await page.getByRole('link', { name: 'Open the client’s page' }).click();
  const steps = page.locator('setup-steps').getByRole('listitem');
  const left = async () => (await steps.allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
  await steps.first().waitFor();
  assert.deepEqual(
    (await left()).map((text) => /To do: (.*?)( to |; | on |$)/.exec(text)?.[1]),
    [
      'Add the snippet',
      'Make the first call',
      'Let Vapi report calls here',
      'Set a plan',
      'Create a sign-in link and send it',
    ],
  );
  await page.getByRole('button', { name: 'Create sign-in link' }).click();
  await steps.getByText('Invited on').waitFor();
  const made = (await empty.operator('GET', '/v1/tenants/acme-bakery')).body;
  assert.deepEqual(made.allowedOrigins, ['https://acme.example', 'https://www.acme.example']);
  assert.deepEqual([made.timeZone, made.assistantId], ['Europe/Berlin', assistantId]);
  await visit.leave(/status of 400/);
});

test('an assistant that was changed at Vapi is shown, wired again with one press, and given back', async () => {
  assert.equal((await server.operator('POST', '/v1/tenants/acme/wire', {})).status, 200);
  const atVapi = async (body?: object) => {
    const answer = await fetch(`${emulator.url}/assistant/${assistantId}`, {
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      ...(body ? { method: 'PATCH', body: JSON.stringify(body) } : {}),
    });
    return ((await answer.json()) as { server: { url: string } | null }).server?.url;
  };
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  const box = page.locator('wire-box');
  await visit.go('#/tenants/acme/settings', 'Acme Bakery: Settings');
  await box.getByText('Acme: reports here at Vapi; connected once a call was reported.').waitFor();
  await atVapi({ server: { url: 'https://elsewhere.example/' } });
  server.clock.now += 20 * 60_000;
  while (await checkNextWiring(server.ctx));
  await page.reload();
  await box.getByText('calls are not reported. Its server at Vapi is not this one').waitFor();
  await checkLooks(page, 'an assistant that does not report');
  await box.getByRole('button', { name: 'Wire again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Wire again' }).click();
  await box.getByText('Done: Vapi now reports to this server.').waitFor();
  assert.equal(await atVapi(), `${server.url}/v1/webhooks/vapi/acme`);
  await box.getByRole('button', { name: 'Stop reporting here' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop reporting' }).click();
  await box.getByText('Acme: reports to https://elsewhere.example/ again').waitFor();
  assert.equal(await atVapi(), 'https://elsewhere.example/');
  await box
    .getByText('Acme: not connected')
    .or(box.getByText(`${assistantId}: not connected`))
    .waitFor();
  await visit.leave();
});

test('a key for browsers is made, replaced and revoked with a press each, or every click at Vapi is named', async () => {
  const countAtVapi = async () => {
    const headers = { authorization: `Bearer ${privateKey}` };
    const keys = (await (await fetch(`${emulator.url}/token`, { headers })).json()) as { tag: string }[];
    return keys.filter(({ tag }) => tag === 'public').length;
  };
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  const box = page.locator('key-box');
  const press = (name: string) => box.getByRole('button', { name }).click();
  await visit.go('#/tenants/acme/settings', 'Acme Bakery: Settings');
  await box.getByText('There is none.').waitFor();
  emulator.setSwitch('refuseTokensWith', 403);
  await press('Make a key at Vapi');
  await box.getByRole('listitem').filter({ hasText: 'https://www.acme.example' }).waitFor();
  await checkLooks(page, 'a key to be made by hand');
  emulator.setSwitch('refuseTokensWith', 0);
  await press('Make a key at Vapi');
  const first = `${(await waitForKey()).publicKey}, made here, not in use.`;
  await box.getByText(first).waitFor();
  await page.locator('vapi-form').getByLabel('How browsers join calls').selectOption('public-key');
  await page.locator('vapi-form').getByRole('button', { name: 'Save' }).click();
  await box.getByText('made here, in use.').waitFor();
  await press('Replace the key');
  await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
  await box.getByText('Done: the key is restricted').waitFor();
  assert.equal(await countAtVapi(), 1);
  await press('Revoke the key');
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await box.getByText('Calls now start through this server').waitFor();
  await box.getByText('There is none.').waitFor();
  assert.equal(await countAtVapi(), 0);
  assert.equal(await page.locator('vapi-form').getByLabel('How browsers join calls').inputValue(), 'proxy');
  await visit.leave();

  async function waitForKey(): Promise<TenantView> {
    await box.getByText('Done: the key is restricted').waitFor();
    return tenant();
  }
});

test('a page that was refused is let in with one press', async () => {
  const ask = (origin: string) =>
    server.request('POST', '/v1/sessions', { headers: { origin }, body: { tenant: 'acme' } });
  for (const origin of ['https://shop.acme.example', 'http://shop.acme.example', 'null']) {
    assert.equal((await ask(origin)).status, 403);
  }
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/acme/site', 'Acme Bakery: Website');
  const pages = async () => (await rows(page, 'Refused websites')).map(([origin]) => origin).sort();
  assert.deepEqual(await pages(), [
    'http://shop.acme.example',
    'https://shop.acme.example',
    'requests with an invalid address',
  ]);
  await page.getByRole('button', { name: 'Allow http://shop.acme.example' }).click();
  await page.getByRole('alert').getByText('http is allowed only for localhost').waitFor();
  await page.getByRole('button', { name: 'Allow https://shop.acme.example' }).click();
  await page.getByText('https://shop.acme.example is now allowed.').waitFor();
  assert.deepEqual(await pages(), ['http://shop.acme.example', 'requests with an invalid address']);
  assert.equal(
    await page.getByLabel('Addresses').inputValue(),
    'https://www.acme.example\nhttps://shop.acme.example',
  );
  assert.equal((await ask('https://shop.acme.example')).status, 201);
  await page.getByLabel('Addresses').fill('');
  await page.locator('origins-form').getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  assert.deepEqual((await tenant()).allowedOrigins, []);
  await visit.leave(/status of 400/);
});

test('without a host for calls there is no button for them, and the page names the setting', async () => {
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/acme/site', 'Acme Bakery: Website');
  await page.getByText('give the server a second host name with the setting TALK_URL').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Talk to it now' }).count(), 0);
  const { headers } = await fetch(`${server.url}/portal/`);
  assert.match(headers.get('content-security-policy') ?? '', /frame-src 'none'$/);
  await visit.leave();
});

test('the connection is checked in words and signs, and a test call is made only after its cost was agreed to', async () => {
  const own = { privateKey: `private-${randomUUID()}`, assistantId: randomUUID() };
  emulator.addOrg({
    ...{ orgId: randomUUID(), privateKeys: [own.privateKey], publicKeys: [] },
    assistants: [{ id: own.assistantId, name: 'Checked' }],
  });
  await server.operator('POST', '/v1/tenants', { slug: 'checked', name: 'Checked', ...own });
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go('#/tenants/checked', 'Checked: This month');
  await page.getByRole('link', { name: 'Connection' }).click();
  await page.getByRole('button', { name: 'Check the connection' }).click();
  await page.getByText(/^Checked: \d+ failed\.$/).waitFor();
  const found = await rows(page, 'This client');
  const row = (name: string) => found.find(([title]) => title === name) ?? [];
  assert.equal(row('Private key')[1], '✓ Passed');
  assert.equal(row('Call reports')[1], '✗ Failed');
  assert.match(row('Call reports')[2] ?? '', /What to do:/);
  assert.equal(row('Web call')[1], '– Skipped');
  await checkLooks(page, 'the checked connection');
  await page.getByRole('button', { name: 'Make a test call' }).click();
  const question = page.getByRole('dialog');
  await question.getByText(/It may cost up to \S*0\.50/).waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByText(/^Checked: \d+ failed\.$/).waitFor();
  assert.deepEqual(emulator.calls(), []);
  await visit.leave();
});

test('a call that Vapi never had is dismissed on its page, after a question', async () => {
  const own = { privateKey: `private-${randomUUID()}`, assistantId: randomUUID() };
  const webhookSecret = `webhook-${randomUUID()}`;
  emulator.addOrg({
    ...{ orgId: randomUUID(), privateKeys: [own.privateKey], publicKeys: [] },
    assistants: [{ id: own.assistantId, name: 'Forged' }],
  });
  await server.operator('POST', '/v1/tenants', { slug: 'forged', name: 'Forged', webhookSecret, ...own });
  const id = randomUUID();
  const at = (ms: number) => new Date(server.clock.now + ms).toISOString();
  const message = {
    ...{ type: 'end-of-call-report', cost: 5, startedAt: at(-60_000), endedAt: at(0) },
    call: { id, type: 'webCall', assistantId: own.assistantId, createdAt: at(-60_000) },
  };
  const headers = { 'x-vapi-agent-token': webhookSecret };
  await server.request('POST', '/v1/webhooks/vapi/forged', { headers, body: { message } });
  const visit = await openPortal(browser, server, null);
  const { page } = visit;
  await visit.go(`#/tenants/forged/calls/${id}`, `Forged: Call, ${moment(at(-60_000), 'UTC')}`);
  await page.locator('dismiss-box').getByRole('button', { name: 'Dismiss' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click();
  await page.getByText('Dismissed on').waitFor();
  const { total } = (await server.operator('GET', '/v1/tenants/forged/usage')).body;
  assert.deepEqual([total.calls, total.costMicros], [0, 0]);
  await visit.leave();
});

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
  assert.equal((await tenant('sons')).limits.monthlyBudgetMicros, 100_000_000, 'all of it or nothing');
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

  const now = await tenant('sons');
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
  assert.equal((await tenant('sons')).limits.hours, null);
  assert.equal((await tenant('sons')).consent, null);
  await visit.leave(/status of 400/);
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
  const { assistantId: main, assistantIds, accessMode, privateKey: shown } = await tenant('moving');
  assert.deepEqual([main, assistantIds, accessMode], [second, [first], 'scoped-key']);
  assert.deepEqual((await tenant('moving')).siteAssistantIds, [first]);
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
    await visit.go('#/agency', 'Your agency');
    await checkLooks(page, 'the agency', rules);
    await visit.go('#/tenants/acme/site', 'Acme Bakery: Website');
    await checkLooks(page, 'a client’s website', rules);
    await visit.go('#/tenants/acme/settings', 'Acme Bakery: Settings');
    await page.locator('hours-form').getByRole('button', { name: 'Set opening hours' }).click();
    await checkLooks(page, 'a client’s settings', rules);
    await visit.leave(/status of 400/);
  });
}
