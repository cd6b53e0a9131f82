/** "Talk to it now": a call in a dialog of the portal, on a page whose origin is not the portal's. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { countsOneCall } from './support/call.ts';
import { checkLooks } from './support/portal.ts';
import {
  isHeard,
  openStage,
  refusedRequest,
  type Stage,
  type VisitOptions,
  waitForState,
} from './support/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.close());

/** The operator on the page of a client's website. */
async function openSite(options: VisitOptions = {}, slug = 'acme') {
  const { url } = await stage.demo.operator.signInLink();
  const visit = await stage.visit(url, options);
  const { page } = visit;
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await page.evaluate((to) => {
    location.hash = to;
  }, `#/tenants/${slug}/site`);
  await page.getByRole('heading', { name: 'Try it' }).waitFor();
  return visit;
}

async function openDialog(page: Page) {
  const button = page.locator('site-view').getByRole('button', { name: 'Talk to it now' });
  await button.click();
  const dialog = page.getByRole('dialog', { name: /^Talk to / });
  const frame = dialog.frameLocator('iframe');
  const agent = frame.locator('vapi-agent');
  const start = agent.getByRole('button', { name: 'Start the call' });
  return { button, dialog, frame, agent, start };
}

for (const { width, colorScheme } of [
  { width: 375, colorScheme: 'light' },
  { width: 375, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
] as const) {
  test(`the dialog has no fault that axe finds, at ${width} pixels, ${colorScheme}`, async () => {
    const { page, leave } = await openSite({ viewport: { width, height: 740 }, colorScheme });
    const { dialog, start } = await openDialog(page);
    await start.waitFor();
    await checkLooks(page, 'the dialog');
    const fits = await dialog.locator('iframe').evaluate((frame) => {
      const { bottom, right } = frame.getBoundingClientRect();
      return bottom <= innerHeight && right <= innerWidth;
    });
    assert.ok(fits, 'the whole frame is on the screen');
    await leave();
  });
}

test('the page in the dialog has another origin, no cookie, and nothing that axe finds', async () => {
  const { page, context, leave } = await openSite();
  const { dialog, start } = await openDialog(page);
  await start.waitFor();
  const address = await dialog.locator('iframe').getAttribute('src');
  const { origin } = new URL(address ?? '');
  assert.notEqual(new URL(origin).hostname, new URL(stage.demo.server).hostname);
  assert.deepEqual(await context.cookies(origin), []);
  assert.equal((await context.cookies(stage.demo.server)).length, 1);
  await leave();

  const alone = await stage.visit(address ?? '');
  await alone.page.getByRole('button', { name: 'Start the call' }).waitFor();
  await checkLooks(alone.page, 'the page');
  assert.equal(await alone.page.evaluate(() => document.cookie), '');
  await alone.leave();
});

/** Not awaited: the frame that gets the key is gone before it can acknowledge it. */
const pressEscape = (inside: Locator) => void inside.press('Escape').catch(() => {});
const pressClose = (inside: Locator) =>
  inside.page().getByRole('dialog').getByRole('button', { name: 'Close' }).first().click();

for (const [how, act] of [
  ['Escape in the call', pressEscape],
  ['the button of the dialog', pressClose],
] as const) {
  test(`a live call ends with ${how}, and the focus returns to where it began`, async () => {
    const { page, leave } = await openSite();
    const call = await countsOneCall(stage, 'acme', async () => {
      const { dialog, agent, start, button } = await openDialog(page);
      await start.click();
      await waitForState(agent, 'live');
      await isHeard(agent);
      await act(agent.getByRole('button', { name: 'Hang up' }));
      await dialog.waitFor({ state: 'hidden' });
      await page.locator('talk-box iframe').waitFor({ state: 'detached' });
      await page.waitForFunction(() => {
        let focused: Element | null = document.activeElement;
        while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
        return focused?.textContent?.trim() === 'Talk to it now';
      });
      assert.ok(await button.isVisible());
    });
    assert.equal(call.status, 'ended');
    await leave();
  });
}

test('Escape before a call closes the dialog too, and the next one opens with a new link', async () => {
  const { page, leave } = await openSite();
  const first = await openDialog(page);
  await first.start.waitFor();
  const link = await first.dialog.locator('iframe').getAttribute('src');
  pressEscape(first.start);
  await first.dialog.waitFor({ state: 'hidden' });
  const again = await openDialog(page);
  await again.start.waitFor();
  const other = await again.dialog.locator('iframe').getAttribute('src');
  assert.equal(new URL(other ?? '').pathname, '/talk');
  assert.equal(new URL(link ?? '').pathname, '/talk');
  await leave();
});

test('a page that is not the one in the dialog cannot close it', async () => {
  const { page, leave } = await openSite();
  const { dialog, start } = await openDialog(page);
  await start.waitFor();
  await page.evaluate(() => {
    window.postMessage('close', '*');
    return new Promise((resolve) => setTimeout(resolve));
  });
  assert.ok(await dialog.isVisible());
  await leave();
});

test('an address without a token, or with one that does not work, says what to do', async () => {
  const talk = stage.demo.server.replace('//localhost', '//talk.localhost');
  for (const rest of [
    '',
    '#tenant=acme&mode=voice&token=made-up',
    '#tenant=nobody&mode=voice&token=made-up',
  ]) {
    const visit = await stage.visit(`${talk}/talk${rest}`);
    await visit.page.getByText('This link has expired. Open it again from the portal.').waitFor();
    await visit.leave([refusedRequest, /\[vapi-agent\]/]);
  }
});
