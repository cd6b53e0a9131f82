/** A Chromium on the pages of {@link openHostSite}; every page is watched for errors. */
import assert from 'node:assert/strict';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { chromeArgs, chromePath } from '../../support/chrome.ts';
import { farMs } from '../../support/time-limit.ts';
import { type HostDocument, type HostSite, openHostSite } from './host-site.ts';
import { moveClock } from './page-clock.ts';
import { hangUp, waitForState as inState, isAlarming, stretchLimits } from './stage.ts';

export { hangUp, inState };

export interface HostPages extends Omit<HostSite, 'serve'> {
  open(body: string, options?: HostPageOptions): Promise<HostPage>;
  /** A page of another site. */
  visit(url: string, options?: HostPageOptions): Promise<HostPage>;
}

export interface HostPageOptions extends BrowserContextOptions, HostDocument {
  /** Runs before anything of the page. */
  before?: () => void;
}

export interface HostPage {
  page: Page;
  agent: Locator;
  /** Paths requested from the server, with their method. */
  asked: string[];
  /** Fails on any uncaught error, warning or error in the console that is not in `expected`. */
  leave(expected?: RegExp[]): Promise<void>;
}

export async function openHostPages(): Promise<HostPages> {
  const site = await openHostSite();
  const options = { executablePath: await chromePath(), args: chromeArgs, timeout: farMs };
  const browser = await chromium.launch(options).catch(async (error: unknown) => {
    // If it kept running, the test process would not end with the error.
    await site.close();
    throw error;
  });
  return {
    ...site,
    open: (body, options = {}) => visit(browser, site, site.serve(body, options), options),
    visit: (url, options = {}) => visit(browser, site, url, options),
    async close() {
      await browser.close().catch(() => {});
      await site.close();
    },
  };
}

async function visit(
  browser: Browser,
  site: HostSite,
  url: string,
  options: HostPageOptions,
): Promise<HostPage> {
  const { head: _head, root: _root, headers: _headers, files: _files, before, ...contextOptions } = options;
  const context = await browser.newContext(contextOptions);
  context.setDefaultTimeout(farMs);
  await moveClock(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (isAlarming(message)) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === site.demo.server) asked.push(`${request.method()} ${url.pathname}`);
  });
  await page.addInitScript(stretchLimits);
  if (before) await page.addInitScript(before);
  await page.goto(url);
  return {
    page,
    agent: page.locator('vapi-agent'),
    asked,
    async leave(expected = []) {
      await context.close();
      const unexpected = complaints.filter((text) => !expected.some((pattern) => pattern.test(text)));
      assert.deepEqual(unexpected, []);
    },
  };
}

/** Clicks the launcher and waits for the call. */
export async function talk(agent: Locator): Promise<void> {
  await agent.locator('[part=launcher]').click();
  await inState(agent, 'live');
}
