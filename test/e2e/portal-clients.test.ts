/** How an operator begins in the portal, adds a client, connects it, and looks at what went wrong. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { TenantView } from '../../server/contract.ts';
import { checkNextWiring } from '../../server/metering/wiring-watch.ts';
import { moment } from '../../server/portal/pure/format.ts';
import { until } from '../support/until.ts';
import { assistantId, type ClientsPortal, privateKey, startClientsPortal } from './support/clients-portal.ts';
import { checkLooks, openPortal, rows } from './support/portal.ts';

let portal: ClientsPortal;
let emulator: ClientsPortal['emulator'];
let server: ClientsPortal['server'];
let browser: ClientsPortal['browser'];
before(async () => {
  portal = await startClientsPortal();
  ({ emulator, server, browser } = portal);
});
after(() => portal?.close());

test('an empty portal shows the first steps, up to a client with a checked key and its snippet', async (context) => {
  const empty = await portal.startServer();
  context.after(() => empty.close());
  const visit = await openPortal(browser, empty, null);
  const { page } = visit;
  await visit.go('#/clients', 'Clients');
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

  await visit.go('#/clients', 'Clients');
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
  // The steps of the page before are there until this one is.
  const texts = await until(async () => {
    const found = await left();
    return found.length === 5 ? found : null;
  }, 'the steps that are left');
  assert.deepEqual(
    texts.map((text) => /To do: (.*?)( to |; | on |$)/.exec(text)?.[1]),
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
    return portal.tenant();
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
  assert.deepEqual((await portal.tenant()).allowedOrigins, []);
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
  await visit.go('#/tenants/checked', 'Checked: Overview');
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
