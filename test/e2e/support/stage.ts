/** The whole demo in this process and a browser on it; every page is watched for what nobody expected. */
import assert from 'node:assert/strict';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { type Demo, type DemoOptions, startDemo } from '../../../demo/start-demo.ts';
import { chromeArgs, chromePath } from '../../support/chrome.ts';
import { recordTraffic, type Traffic } from './traffic.ts';

export interface Stage {
  demo: Demo;
  /** Opens an address in a browser profile of its own. */
  visit(url: string, options?: VisitOptions): Promise<Visit>;
  close(): Promise<void>;
}

export interface VisitOptions {
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  /** Every question for the microphone is answered with no. */
  microphone?: 'denied';
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  traffic: Traffic;
  /** What our code has said in the console. */
  ours(): string[];
  /** Names of the element's events so far, except the volume. */
  events(): Promise<string[]>;
  /** Fails on any uncaught error and on any warning or error in the console that is not in `expected`. */
  leave(expected?: RegExp[]): Promise<void>;
}

/** Ports from the kernel, calls at four times the speed of life, reports right after them. */
export async function openStage(options: Partial<DemoOptions> = {}): Promise<Stage> {
  const demo = await startDemo({
    ports: { server: 0, site: 0, foreignSite: 0, emulator: 0 },
    speed: 4,
    reportDelayMs: 100,
    pastCalls: false,
    ...options,
  });
  const executablePath = await chromePath();
  const browsers = [await chromium.launch({ executablePath, args: chromeArgs })];
  return {
    demo,
    async visit(url, visitOptions = {}) {
      if (visitOptions.microphone !== 'denied') return visit(browsers[0] as Browser, url, visitOptions);
      const args = [...chromeArgs, '--use-fake-ui-for-media-stream=deny'];
      const strict = await chromium.launch({ executablePath, args });
      browsers.push(strict);
      return visit(strict, url, visitOptions);
    },
    async close() {
      await Promise.all(browsers.map((browser) => browser.close()));
      await demo.close();
    },
  };
}

async function visit(browser: Browser, url: string, options: VisitOptions): Promise<Visit> {
  const { viewport, colorScheme } = options;
  const context = await browser.newContext({
    ...(viewport ? { viewport } : {}),
    ...(colorScheme ? { colorScheme } : {}),
  });
  const page = await context.newPage();
  const errors: string[] = [];
  const said: string[] = [];
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (message.type() === 'warning' || message.type() === 'error') said.push(message.text());
  });
  await page.addInitScript(watchElement);
  const traffic = await recordTraffic(page);
  await page.goto(url);
  return {
    page,
    context,
    traffic,
    ours: () => said.filter((text) => text.includes('[vapi-agent]')),
    events: () => page.evaluate(() => window.seen.events),
    async leave(expected = []) {
      const unexpected = said.filter((text) => !expected.some((pattern) => pattern.test(text)));
      await context.close();
      assert.deepEqual([...errors, ...unexpected], []);
    },
  };
}

interface Seen {
  events: string[];
  /** The loudest level that the element has told. */
  volume: number;
  /** Sum of the scores of unexpected layout shifts. */
  layoutShift: number;
}
declare global {
  interface Window {
    seen: Seen;
  }
}

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}

/** Runs in the page before anything else. */
function watchElement(): void {
  const seen: Seen = { events: [], volume: 0, layoutShift: 0 };
  window.seen = seen;
  const names = ['ready', 'open', 'close', 'before-call', 'call-start', 'call-end', 'error'];
  for (const name of names) document.addEventListener(`vapi-agent-${name}`, () => seen.events.push(name));
  document.addEventListener('vapi-agent-volume', (event) => {
    seen.volume = Math.max(seen.volume, event.detail.level);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Shift[]) {
      if (!entry.hadRecentInput) seen.layoutShift += entry.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** The browser's own words about an answer that is not 2xx; the pages cannot prevent them. */
export const refusedRequest = /^Failed to load resource: the server responded with a status of \d+/;

/** The element's reflected state. */
export async function waitForState(agent: Locator, state: string, timeout = 10_000): Promise<void> {
  await agent
    .and(agent.page().locator(`[state=${state}]`))
    .waitFor({ timeout })
    .catch(async () => {
      assert.fail(`waited for the state ${state}, it is ${await agent.getAttribute('state')}`);
    });
}

/** Asks again until the answer fits. @throws Error with the last answer when it never does */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  fits: (answer: Answer) => boolean,
  timeoutMs = 10_000,
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms; the last answer was ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
