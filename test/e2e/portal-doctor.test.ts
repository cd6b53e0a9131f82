/** The doctor in the portal: what a test call costs is said first, and only a yes makes one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';
import { farMs } from '../support/time-limit.ts';
import { until } from '../support/until.ts';
import { checkLooks, openPortal, type PortalVisit, rows } from './support/portal.ts';
import { hold } from './support/stage.ts';

let network: TestNetwork;
let browser: Browser;
before(async () => {
  network = await startTestNetwork({ emulator: { joinTimeoutMs: 3_600_000 } });
  network.server.ctx.config.publicUrl = network.server.url;
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});
after(async () => {
  await browser?.close();
  await network?.close();
});

const callsOf = (orgId: string) => network.emulator.calls().filter((call) => call.orgId === orgId);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** At the client's page of checks, after a first one, which makes no call. */
async function checked(slug: string, options = {}): Promise<PortalVisit> {
  const { orgId } = await network.addTenant(slug);
  const visit = await openPortal(browser, network.server, null, options);
  await visit.go(`#/tenants/${slug}/connection`, `${slug}: Connection`);
  await button(visit.page, 'Check the connection').click();
  await visit.page.getByText(/^Checked: /).waitFor();
  assert.equal(callsOf(orgId).length, 0);
  return visit;
}

/** Until the ten seconds of each call that is made are over. */
async function untilEnded(orgId: string): Promise<void> {
  await until(() => {
    const [call] = callsOf(orgId);
    if (call && call.status !== 'ended') network.server.clock.now += 1000;
    return call?.status === 'ended';
  }, 'the end of the test call');
}

const orgOf = async (slug: string): Promise<string> =>
  (await network.server.operator('GET', `/v1/tenants/${slug}`)).body.orgId;

const rowOf = async (page: Page, title: string) =>
  (await rows(page, 'This client')).find(([check]) => check === title) ?? [];

test('a yes to its cost makes the call; then the page shows that it was ended, reported and booked', async () => {
  const visit = await checked('tested');
  const { page } = visit;
  const orgId = await orgOf('tested');
  for (const title of ['Web call', 'Ending a call', 'Webhook', 'Cost'])
    assert.deepEqual((await rowOf(page, title)).slice(1), ['– Skipped', 'Only a test call shows it.'], title);
  await button(page, 'Make a test call').click();
  const dialog = page.getByRole('dialog', { name: 'Make a test call?' });
  await dialog.getByText('ended after 10 seconds. It may cost up to $0.50').waitFor();
  assert.equal(callsOf(orgId).length, 0);
  await button(page, 'Make the call').click();
  await page.getByText('Checking…').waitFor();
  await untilEnded(orgId);
  await page.getByText(/^Checked: /).waitFor();
  const [call, ...more] = callsOf(orgId);
  assert.equal(more.length, 0);
  assert.match(
    (await rowOf(page, 'Web call')).join(' '),
    new RegExp(`Passed Vapi made the call ${call?.id}`),
  );
  assert.match((await rowOf(page, 'Ending a call')).join(' '), /Passed Vapi accepted the request to end it/);
  assert.match((await rowOf(page, 'Webhook')).join(' '), /Passed Vapi’s report arrived/);
  const { calls } = (await network.server.operator('GET', '/v1/tenants/tested/calls')).body;
  const booked = (calls[0].costMicros / 1_000_000).toFixed(4).replace(/0{1,2}$/, '');
  assert.match(
    (await rowOf(page, 'Cost')).join(' '),
    new RegExp(`Passed ${booked} USD is booked, as at Vapi`),
  );
  await visit.leave();
});

test('a no makes no call, by the button or by Escape', async () => {
  const visit = await checked('declined');
  const { page } = visit;
  for (const decline of [() => button(page, 'Cancel').click(), () => page.keyboard.press('Escape')]) {
    await button(page, 'Make a test call').click();
    await page.getByRole('dialog').waitFor();
    await decline();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
  // What came after it is answered, so a call before it would be known.
  await button(page, 'Run again').click();
  await page.getByText(/^Checked: /).waitFor();
  assert.deepEqual(callsOf(await orgOf('declined')), []);
  await visit.leave();
});

test('double clicks make one call, and while it is made no other is offered', async () => {
  const visit = await checked('impatient');
  const { page } = visit;
  const orgId = await orgOf('impatient');
  const held = await hold(page, '**/v1/tenants/impatient/doctor');
  await button(page, 'Make a test call').dblclick();
  await button(page, 'Make the call').dblclick();
  await held.asked;
  // Disabled for assistive technology, but it can be pressed.
  await button(page, 'Make a test call').dispatchEvent('click');
  held.release();
  await untilEnded(orgId);
  await page.getByText(/^Checked: /).waitFor();
  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.equal(callsOf(orgId).length, 1);
  await visit.leave();
});

for (const width of [375, 1280])
  test(`${width} pixels: the findings are as wide as there is room, and axe finds no fault, light or dark`, async () => {
    const visit = await checked(`looks-${width}`, { width });
    const { page } = visit;
    const table = page.getByRole('table', { name: 'This client' });
    const first = table.getByRole('row').nth(1);
    const [whole, title, found] = await Promise.all(
      [table, first.getByRole('rowheader'), first.getByRole('cell').last()].map((part) => part.boundingBox()),
    );
    assert.ok(whole && title && found);
    if (width === 375) assert.ok(found.width > 0.95 * whole.width && found.y >= title.y + title.height);
    else assert.ok(found.width > 0.5 * whole.width && found.y === title.y);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await checkLooks(page, `${width} pixels, ${colorScheme}`);
    }
    await visit.leave();
  });
