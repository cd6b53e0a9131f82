/** The demo's pages are presentable: accessible, in both colour schemes, on phones and desktops; each works as described. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import { faultsOf } from './support/axe.ts';
import { canBeLeft, hangUp, openStage, type Stage, waitForState } from './support/stage.ts';

const paths = [
  '/',
  '/acme',
  '/riverside-dental',
  '/fern-garden',
  '/configurator',
  '/languages',
  '/consent',
  '/one-page',
  '/one-page?view=counter',
  '/hotel',
  '/hotel-rooms',
  '/trouble',
  '/own-interface',
  '/shop',
  '/embedding',
  '/frames',
  '/framed',
  '/strict-csp',
  '/strict-nonce',
];

/** Of a launcher that does not know its tenant's. */
const usualColor = 'rgb(20, 99, 92)';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.close());

const screens = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 320 },
] as const;

for (const { colorScheme, width } of screens) {
  test(`${colorScheme}, ${width} pixels: no page has a fault known to axe, anything too wide, or a launcher of the wrong colour`, async () => {
    const { demo } = stage;
    for (const url of [...paths.map((path) => demo.site + path), demo.foreignSite]) {
      const visit = await stage.visit(url, { colorScheme, viewport: { width, height: 720 } });
      const { page } = visit;
      const holder = url.endsWith('/frames') ? page.frameLocator('iframe').last() : page;
      if (!url.endsWith('/own-interface')) {
        const launcher = holder.locator('vapi-agent').first().locator('[part=launcher]');
        await launcher.waitFor({ state: 'attached' });
        const color = await launcher.evaluate((button) => getComputedStyle(button).backgroundColor);
        assert.notEqual(color, usualColor, `${url}: the first hover would change the colour`);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${url} is ${wide} px wider than ${width}`);
      assert.deepEqual(await faultsOf(page), [], `${url} at ${width}`);
      await visit.leave();
    }
  });
}

test('the first page leads to every other one', async () => {
  const visit = await stage.visit(stage.demo.site);
  const links = await visit.page
    .locator('main a')
    .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).pathname));
  // Where another page leads to.
  const further = ['/', '/framed', '/hotel-rooms'];
  const wanted = paths.filter((path) => !path.includes('?') && !further.includes(path));
  assert.deepEqual(
    wanted.filter((path) => !links.includes(path)),
    [],
  );
  await visit.leave();
});

test('the policy that the demo shows is word for word the one of the documentation', async () => {
  const visit = await stage.visit(`${stage.demo.site}/strict-csp`);
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'widget', 'README.md'), 'utf8');
  const documented = /\*\*Policy\.\*\*[^`]*(?:`[^`]+`[^`]*)*?```\n([\s\S]*?)\n *```/.exec(readme)?.[1] ?? '';
  assert.equal(
    await visit.page.locator('#policy').textContent(),
    documented.replaceAll(/^ {2}/gm, '').replaceAll('HOST', stage.demo.server),
  );
  await visit.leave();
});

for (const path of ['/strict-csp', '/strict-nonce']) {
  test(`${path}: a whole call, and nothing violates the policy`, async () => {
    const visit = await stage.visit(stage.demo.site + path);
    const agent = visit.page.locator('vapi-agent');
    await agent.locator('[part=launcher]').click();
    await waitForState(agent, 'live');
    await visit.page.waitForFunction(() => window.seen.volume > 0);
    await hangUp(agent);
    await visit.leave();
  });
}

test('/languages: the language changes in the middle of a call, and so does the direction', async () => {
  const visit = await stage.visit(`${stage.demo.site}/languages`);
  const { page } = visit;
  const agent = page.locator('vapi-agent');
  await agent.getByRole('button', { name: 'Start the call' }).click();
  await waitForState(agent, 'live');
  await page.getByRole('radio', { name: 'العربية' }).check({ force: true });
  await agent.getByRole('button', { name: 'إنهاء المكالمة' }).waitFor();
  assert.equal(await agent.locator('[role=dialog]').getAttribute('dir'), 'rtl');
  await page.getByRole('radio', { name: '日本語' }).check({ force: true });
  await agent.getByRole('button', { name: '通話を終える' }).click();
  await waitForState(agent, 'ended');
  await visit.leave();
});

test('/consent: the page is notified of consent, and can withdraw it', async () => {
  const visit = await stage.visit(`${stage.demo.site}/consent`);
  const { page } = visit;
  const agent = page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await agent.getByRole('button', { name: 'Start the call' }).click();
  await agent.getByRole('button', { name: 'Agree and continue' }).click();
  await page.getByText('vapi-agent-consent {"version":"2026-09","given":true}').waitFor();
  await waitForState(agent, 'live');
  await page.getByRole('button', { name: 'here' }).click();
  await page.getByText('"given":false').waitFor();
  await waitForState(agent, 'ended');
  await visit.leave();
});

test('/own-interface: a whole call with what the server serves, drawn by the page alone', async () => {
  const visit = await stage.visit(`${stage.demo.site}/own-interface`);
  const { page } = visit;
  await page.getByRole('button', { name: 'Call the bakery' }).click();
  await page.getByText('Connected.').waitFor();
  await page.waitForFunction(() => window.seen.volume > 0);
  await page
    .locator('#transcript')
    .getByText(/^Bakery: ./)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Hang up' }).click();
  await page.getByText('The call is over.').waitFor();
  assert.equal(await page.locator('vapi-agent').count(), 0);
  await visit.leave();
});

test('/one-page: a call continues over three views and back, even if the router moves the element', async () => {
  const visit = await stage.visit(`${stage.demo.site}/one-page`);
  const { page } = visit;
  const agent = page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'live');
  for (const view of ['Hours', 'Counter', 'Shelf']) {
    await agent.evaluate((element: VapiAgent) => element.close());
    await page.getByRole('link', { name: view }).click();
    assert.equal(await page.locator('[aria-current=page]').textContent(), view);
  }
  await page.goBack();
  await page.getByRole('heading', { name: 'At the counter' }).waitFor();
  await waitForState(agent, 'live');
  await agent.evaluate((element: VapiAgent) => element.end());
  await waitForState(agent, 'ended');
  assert.equal((await visit.events()).filter((name) => name === 'call-start').length, 1);
  await visit.leave();
});

test('/hotel: a call continues on the page that a link leads to', async () => {
  const visit = await stage.visit(`${stage.demo.site}/hotel`);
  await visit.context.grantPermissions(['microphone']);
  const { page } = visit;
  const agent = page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'live');
  await page.waitForFunction(() => window.seen.volume > 0);
  await canBeLeft(page);
  await agent.evaluate((element: VapiAgent) => element.close());
  await page.getByRole('link', { name: 'the rooms' }).click();
  await page.getByRole('heading', { name: 'Rooms at the Harbour Hotel' }).waitFor();
  await waitForState(agent, 'live');
  await agent.evaluate((element: VapiAgent) => element.end());
  await visit.leave();
});

test('/frames: without permission the frame says so, with permission the call works', async () => {
  const visit = await stage.visit(`${stage.demo.site}/frames`);
  const [refused, allowed] = [0, 1].map((index) =>
    visit.page.frameLocator('iframe').nth(index).locator('vapi-agent'),
  );
  assert.ok(refused && allowed);
  await refused.locator('[part=launcher]').click();
  await refused.getByText('No microphone on this page').waitFor();
  await allowed.locator('[part=launcher]').click();
  await hangUp(allowed);
  await allowed.getByText('Call ended').waitFor();
  await visit.leave([/^\[vapi-agent\] the page may not use the microphone/]);
});

test('/embedding: one class and one launcher each, in the page and in a component', async () => {
  const visit = await stage.visit(`${stage.demo.site}/embedding`);
  const { page } = visit;
  const agents = page.locator('vapi-agent');
  assert.equal(await agents.count(), 3);
  for (const name of ['Ask the bakery', 'Ask the gardener', 'Book by voice'])
    assert.equal(await page.getByRole('button', { name }).count(), 1);
  await page.getByRole('button', { name: 'Book by voice' }).click();
  await waitForState(agents.last(), 'live');
  await page.getByRole('button', { name: 'Ask the gardener' }).click();
  await agents.nth(1).getByText('You are already in a call').waitFor();
  await hangUp(agents.last());
  await visit.leave();
});

test('a page that does not exist is a plain 404, and no file outside the folder is served', async () => {
  for (const path of ['/nothing', '/../cast', '/%2e%2e/cast.ts', '/acme/..%2f..%2f..%2fcast.ts']) {
    assert.equal((await fetch(stage.demo.site + path)).status, 404, path);
  }
  assert.equal((await fetch(stage.demo.site, { method: 'POST' })).status, 405);
});

test('/shop: the agent puts two loaves into the bag, is told where the visitor is, and orders only after a yes', async () => {
  const visit = await stage.visit(`${stage.demo.site}/shop`);
  const { page } = visit;
  const told: string[] = [];
  page.on('request', (request) => {
    if (/\/daily\/rooms\/.*\/messages$/.test(request.url())) told.push(request.postData() ?? '');
  });
  const agent = page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'live');
  await page.locator('#bag', { hasText: '2 × Dark rye' }).waitFor();
  await agent.locator('[part=tool]').getByRole('button', { name: 'Allow', exact: true }).click();
  await page.locator('#bag', { hasText: 'Ordered. Thank you!' }).waitFor();
  await agent.getByText('Done: Place the order').waitFor();
  await hangUp(agent);
  assert.match(told.join('\n'), /page “The demo: the agent acts on the page” at http:\/\/[^ ]+\/shop\./);
  assert.match(told.join('\n'), /Page function add_to_bag: done\. The bag now has: 2 × Dark rye/);
  assert.match(told.join('\n'), /Page function place_order: done\. The order is placed\./);
  await visit.leave();
});
