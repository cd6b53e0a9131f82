/**
 * Pages of every shape that embed the element, on an origin of their own. What they load comes from the real server,
 * which is another origin. Every page is watched for errors.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { type Demo, startDemo } from '../../../demo/start-demo.ts';
import { chromeArgs, chromePath } from '../../support/chrome.ts';

export interface HostPages {
  demo: Demo;
  /** Of the pages. */
  origin: string;
  /** The same pages under another name. */
  otherOrigin: string;
  /** `<script type="module" src="…/widget.js">` of this run's server. */
  script: string;
  /** One more tenant on the bakery's organization; `lab` is there already. */
  addTenant(slug: string, settings: Record<string, unknown>): Promise<void>;
  open(body: string, options?: HostPageOptions): Promise<HostPage>;
  close(): Promise<void>;
}

export interface HostPageOptions extends BrowserContextOptions {
  head?: string;
  /** Attributes of `<html>`. */
  root?: string;
  /** More answer headers, for instance a policy. */
  headers?: Record<string, string>;
  /** Further documents and scripts of the page's own origin, by path. */
  files?: Record<string, File>;
  /** Runs before anything of the page. */
  before?: () => void;
}

export interface HostPage {
  page: Page;
  agent: Locator;
  /** Paths that were asked of the server, with their method. */
  asked: string[];
  /** Fails on any uncaught error, warning or error in the console that is not in `expected`. */
  leave(expected?: RegExp[]): Promise<void>;
}

export async function openHostPages(): Promise<HostPages> {
  const demo = await startDemo({
    ports: { server: 0, site: 0, foreignSite: 0, emulator: 0 },
    speed: 4,
    reportDelayMs: 100,
    pastCalls: false,
  });
  const site = await startSite();
  const browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs });
  const otherOrigin = site.origin.replace('localhost', '127.0.0.1');
  const add = (slug: string, settings: Record<string, unknown>) =>
    addTenant(demo, slug, { allowedOrigins: [site.origin, otherOrigin], limits: unlimited, ...settings });
  await add('lab', { name: 'The lab' });
  return {
    demo,
    origin: site.origin,
    otherOrigin,
    script: `<script type="module" src="${demo.server}/widget.js"></script>`,
    addTenant: add,
    open: (body, options = {}) => open(browser, demo, site, body, options),
    async close() {
      await browser.close();
      await site.close();
      await demo.close();
    },
  };
}

/** A test clicks more often than a visitor does, and nobody reports the end of these tenants' calls. */
const unlimited = {
  callsPerMinutePerIp: 1000,
  callsPerHourPerIp: 1000,
  callsPerDayPerIp: 1000,
  callsPerMinute: 1000,
  concurrentCalls: 1000,
  monthlyBudgetMicros: 1_000_000_000_000,
};

interface File {
  type: string;
  body: string;
}

interface Site {
  origin: string;
  /** What is served now, by path, and with what headers. */
  files: Record<string, File>;
  headers: Record<string, string>;
  close(): Promise<void>;
}

async function startSite(): Promise<Site> {
  const server = createServer((request, response) => {
    const file = site.files[request.url ?? ''];
    response.writeHead(file ? 200 : 404, { ...site.headers, 'content-type': file?.type ?? 'text/plain' });
    response.end(file?.body ?? 'no such page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const site: Site = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    files: {},
    headers: {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return site;
}

async function addTenant(demo: Demo, slug: string, settings: Record<string, unknown>): Promise<void> {
  const org = demo.orgs.get('acme');
  assert.ok(org);
  const response = await fetch(`${demo.server}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      slug,
      name: slug,
      orgId: org.orgId,
      privateKey: org.privateKeys[0],
      assistantId: org.assistants[0]?.id,
      ...settings,
    }),
  });
  assert.equal(response.status, 201, await response.text());
}

async function open(
  browser: Browser,
  demo: Demo,
  site: Site,
  body: string,
  options: HostPageOptions,
): Promise<HostPage> {
  const { head = '', root = 'lang="en"', headers = {}, files = {}, before, ...contextOptions } = options;
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (message.type() === 'warning' || message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === demo.server) asked.push(`${request.method()} ${url.pathname}`);
  });
  if (before) await page.addInitScript(before);
  const document = `<!doctype html><html ${root}><head><meta charset="utf-8"><title>A host page</title>
    <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${head}</head><body>${body}</body></html>`;
  site.files = { '/host': { type: 'text/html; charset=utf-8', body: document }, ...files };
  site.headers = headers;
  await page.goto(`${site.origin}/host`);
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

export async function hangUp(agent: Locator): Promise<void> {
  await agent.getByRole('button', { name: 'Hang up' }).click();
  await inState(agent, 'ended');
}

/** Waits for the element's reflected state. */
export async function inState(agent: Locator, state: string): Promise<void> {
  await agent
    .and(agent.page().locator(`[state=${state}]`))
    .waitFor({ state: 'attached', timeout: 15_000 })
    .catch(async () => {
      assert.fail(`waited for the state ${state}, it is ${await agent.getAttribute('state')}`);
    });
}
