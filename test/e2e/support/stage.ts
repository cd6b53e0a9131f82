/** The whole demo in this process and a browser on it; every page is watched for anything unexpected. */
import assert from 'node:assert/strict';
import {
  type Browser,
  type BrowserContext,
  type ConsoleMessage,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { type Demo, type DemoOptions, startDemo } from '../../../demo/start-demo.ts';
import { chromeArgs, chromePath } from '../../support/chrome.ts';
import { farMs } from '../../support/time-limit.ts';
import { moveClock } from './page-clock.ts';
import { recordTraffic, type Traffic } from './traffic.ts';

export interface Stage {
  demo: Demo;
  /** Opens an address in a fresh browser profile. */
  visit(url: string, options?: VisitOptions): Promise<Visit>;
  close(): Promise<void>;
}

export interface VisitOptions {
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  /** Answers every question for the microphone with no. */
  microphone?: 'denied';
  /** Gets the page before it is opened, for example to hold an answer. */
  before?: (page: Page) => Promise<void>;
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  traffic: Traffic;
  /** Our code's console messages. */
  ours(): string[];
  /** Names of the element's events so far, except the volume. */
  events(): Promise<string[]>;
  /** Fails on any uncaught error and on any warning or error in the console that is not in `expected`. */
  leave(expected?: RegExp[]): Promise<void>;
}

/** Ports from the kernel, calls at four times real speed, reports right after them. */
export async function openStage(options: Partial<DemoOptions> = {}): Promise<Stage> {
  const demo = await startDemo({
    ports: { server: 0, site: 0, foreignSite: 0, emulator: 0 },
    speed: 4,
    reportDelayMs: 100,
    pastCalls: false,
    ...options,
  });
  const executablePath = await chromePath();
  const launch = { executablePath, timeout: farMs };
  const first = await chromium.launch({ ...launch, args: chromeArgs }).catch(async (error: unknown) => {
    // If it kept running, the test process would not end with the error.
    await demo.close();
    throw error;
  });
  const browsers = [first];
  return {
    demo,
    async visit(url, visitOptions = {}) {
      if (visitOptions.microphone !== 'denied') return visit(first, url, visitOptions);
      const args = [...chromeArgs, '--use-fake-ui-for-media-stream=deny'];
      const strict = await chromium.launch({ ...launch, args });
      browsers.push(strict);
      return visit(strict, url, visitOptions);
    },
    async close() {
      await Promise.allSettled(browsers.map((browser) => browser.close()));
      await demo.close();
    },
  };
}

/** Unexpected console messages. That a preload was used late is about a slow machine, not about a page. */
export function isAlarming(message: ConsoleMessage): boolean {
  const isLate = /was preloaded using link preload but not used within a few seconds/.test(message.text());
  return ['warning', 'error'].includes(message.type()) && !isLate;
}

async function visit(browser: Browser, url: string, options: VisitOptions): Promise<Visit> {
  const { viewport, colorScheme, before } = options;
  const context = await browser.newContext({
    ...(viewport ? { viewport } : {}),
    ...(colorScheme ? { colorScheme } : {}),
  });
  context.setDefaultTimeout(farMs);
  await moveClock(context);
  const page = await context.newPage();
  const errors: string[] = [];
  const said: string[] = [];
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (isAlarming(message)) said.push(message.text());
  });
  await page.addInitScript(watchElement);
  await page.addInitScript(stretchLimits);
  await before?.(page);
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
  /** The loudest level that the element has reported. */
  volume: number;
  /** Sum of the page's own unexpected layout shift scores since the page stood still, see {@link standStill}. */
  layoutShift: number;
  /** Milliseconds, as `performance.now()` has them. */
  stillSince: number;
}
declare global {
  interface Window {
    seen: Seen;
  }
}

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  /** What moved; no node if it is inside a component. */
  sources: { node: Node | null }[];
}

/** Runs in the page before anything else. */
function watchElement(): void {
  const seen: Seen = { events: [], volume: 0, layoutShift: 0, stillSince: 0 };
  window.seen = seen;
  const names = ['ready', 'open', 'close', 'before-call', 'call-start', 'call-end', 'error'];
  for (const name of names) document.addEventListener(`vapi-agent-${name}`, () => seen.events.push(name));
  document.addEventListener('vapi-agent-volume', (event) => {
    seen.volume = Math.max(seen.volume, event.detail.level);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Shift[]) {
      // Movements inside the panel do not affect the page.
      const isOfPage = entry.sources.some(({ node }) => node && node.nodeName !== 'VAPI-AGENT');
      if (isOfPage && !entry.hadRecentInput && entry.startTime >= seen.stillSince)
        seen.layoutShift += entry.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/**
 * Runs in the page before anything else: the element's own limits of a second or twenty are tested elsewhere, with a
 * clock; here they would only measure the machine.
 */
export function stretchLimits(): void {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms * 100);
}

export interface Held {
  /** The path of a request in progress, once there is one. */
  asked: Promise<string>;
  /** Releases the held answers, and all later ones. */
  release(): void;
}

/** Holds the server's answers to these requests, so that the state before them can be checked for as long as needed. */
export async function hold(page: Page, url: string | RegExp): Promise<Held> {
  const asked = Promise.withResolvers<string>();
  const released = Promise.withResolvers<void>();
  await page.route(url, async (route) => {
    asked.resolve(new URL(route.request().url()).pathname);
    await released.promise;
    await route.continue();
  });
  return { asked: asked.promise, release: () => released.resolve() };
}

/** Waits until the page has its styles, fonts and pictures and is drawn: any later movement has a cause. */
export async function standStill(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.readyState !== 'loading' &&
      [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')].every(({ sheet }) => sheet) &&
      [...document.images].every(({ complete }) => complete),
  );
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    Object.assign(window.seen, { layoutShift: 0, stillSince: performance.now() });
  });
}

/** Moves the mouse over the launcher; resolves when everything that requests has arrived: session, settings, code. */
export async function intend(agent: Locator): Promise<void> {
  const page = agent.page();
  const wanted = [/\/v1\/sessions/, /\/v1\/widget\/[^/]+$/, /^\/chunks\/vapi-call/].map(async (path) => {
    const answer = await page.waitForResponse((response) => path.test(new URL(response.url()).pathname));
    await answer.finished();
    return answer;
  });
  await agent.locator('[part=launcher]').hover();
  await Promise.all(wanted);
  await agent.locator('[role=dialog]').waitFor({ state: 'attached' });
}

/** Waits until the page could pass its call on to the next one: a page that is left earlier ends it. */
export async function canBeLeft(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => name.includes('/chunks/left-call')),
  );
}

/** Hangs up once the assistant is heard: the SDK complains about a player that goes away before it plays. */
export async function hangUp(agent: Locator): Promise<void> {
  await isHeard(agent);
  await agent.getByRole('button', { name: 'Hang up' }).click();
  await waitForState(agent, 'ended');
}

/** Waits until the SDK's player plays, in the element's own document. */
export async function isHeard(agent: Locator): Promise<void> {
  const isPlaying = () =>
    agent.evaluate(({ ownerDocument }) =>
      [...ownerDocument.querySelectorAll<HTMLAudioElement>('audio[data-participant-id]')].some(
        ({ paused, currentTime }) => !paused && currentTime > 0,
      ),
    );
  await eventually(isPlaying, Boolean);
}

/** The browser's own messages about an answer that is not 2xx; the pages cannot prevent them. */
export const refusedRequest = /^Failed to load resource: the server responded with a status of \d+/;

/** The element's state, in which it stays; to check a transient one, hold it, see {@link hold}. */
export async function waitForState(agent: Locator, state: string): Promise<void> {
  const now = () => agent.evaluate((element) => (element as { state?: string }).state ?? null);
  await eventually(now, (found) => found === state).catch(async (error: Error) => {
    const text = await agent.evaluate(
      (element) => element.shadowRoot?.querySelector('[role=dialog]')?.textContent,
    );
    assert.fail(`waited for the state ${state}: ${error.message}: ${text}`);
  });
}

/** Asks again until the answer fits. @throws Error with the last answer when it never does */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  fits: (answer: Answer) => boolean,
  timeoutMs = farMs,
): Promise<Answer> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms; the last answer was ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
