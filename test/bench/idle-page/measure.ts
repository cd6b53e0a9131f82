/** Loads one embed on the empty page, in a fresh browser profile, and measures what the page pays for it. */
import { createServer } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Browser, CDPSession, Page, Route } from 'playwright-core';
import { listen } from '../../support/listen.ts';
import type { Embed } from './embeds.ts';

/** After the launcher is shown, the page gets this long for deferred work before anything is measured. */
const settleMs = 1500;
/** How long frames are counted, at full speed. */
const watchMs = 2000;
const throttle = 4;

/** One visit. Milliseconds are those of a processor four times slower. */
export interface Reading {
  /** Sum over everything that was loaded besides the document. */
  rawBytes: number;
  gzipBytes: number;
  brotliBytes: number;
  /** Besides the document. */
  requests: number;
  /** Time on the main thread, without other programs' share: scripts only, then every kind of task. */
  scriptMs: number;
  taskMs: number;
  /** The part of tasks beyond 50 ms, in wall time. */
  blockingMs: number;
  /** After garbage collection; shadow trees included. */
  nodes: number;
  listeners: number;
  heapBytes: number;
  layoutShift: number;
  /** Animation frames that scripts request per second while nothing happens. */
  framesPerSecond: number;
  /** Endless CSS animations. */
  animations: number;
  /** Keys in storage of every kind, and cookies. */
  storageKeys: number;
}

export interface EmptyPage {
  /** @param screenshot file for the visitor's view */
  visit(browser: Browser, embed: Embed, screenshot?: string): Promise<Reading>;
  close(): Promise<void>;
}

/**
 * One local server serves every page and every script, compressed alike. The page has one line of text, because the
 * browser's first font is not the widget's cost.
 */
export async function serveEmptyPage(embeds: readonly Embed[]): Promise<EmptyPage> {
  const files = new Map(
    embeds.flatMap(({ html, script }, index) => {
      const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>An empty page</title>
        <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
        <body style="font-family: system-ui"><p>A page.</p>${html.replace('SCRIPT', `/${index}.js`)}</body></html>`;
      const files: [string, { type: string; body: Buffer }][] = [
        [`/${index}`, { type: 'text/html', body: brotliCompressSync(page) }],
      ];
      if (script) files.push([`/${index}.js`, { type: 'text/javascript', body: brotliCompressSync(script) }]);
      return files;
    }),
  );
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    response.writeHead(file ? 200 : 404, {
      'content-type': `${file?.type ?? 'text/plain'}; charset=utf-8`,
      ...(file && { 'content-encoding': 'br' }),
    });
    response.end(file?.body);
  });
  const { port, close } = await listen(server);
  const origin = `http://localhost:${port}`;
  return {
    visit: (browser, embed, screenshot) =>
      visit(browser, origin, `${origin}/${embeds.indexOf(embed)}`, embed, screenshot),
    close,
  };
}

async function visit(
  browser: Browser,
  origin: string,
  url: string,
  embed: Embed,
  screenshot: string | undefined,
): Promise<Reading> {
  const context = await browser.newContext();
  try {
    // Nothing leaves this machine.
    await context.route(
      (address) => address.origin !== origin && address.protocol.startsWith('http'),
      (route) => answer(route, embed),
    );
    const page = await context.newPage();
    const loaded: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (response.url() !== url && response.url().startsWith('http')) {
        loaded.push(response.body().catch(() => Buffer.alloc(0)));
      }
    });
    await page.addInitScript(watch);
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: throttle });
    await page.goto(url, { waitUntil: 'load' });
    await page.waitForFunction(`(${embed.isShown})()`, undefined, { timeout: 60_000, polling: 200 });
    await page.waitForTimeout(settleMs);
    const times = await metrics(cdp);
    const { blockingMs, layoutShift } = await page.evaluate(() => window.paid);

    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    const idle = await frames(page);
    // Twice: what the first collection frees may hold more.
    await cdp.send('HeapProfiler.collectGarbage');
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
    if (screenshot) await page.screenshot({ path: screenshot });

    const bodies = await Promise.all(loaded);
    const sum = (size: (body: Buffer) => number) => bodies.reduce((total, body) => total + size(body), 0);
    return {
      rawBytes: sum((body) => body.length),
      gzipBytes: sum((body) => gzipSync(body, { level: 9 }).length),
      brotliBytes: sum((body) => brotliCompressSync(body).length),
      requests: bodies.length,
      scriptMs: times.ScriptDuration * 1000,
      taskMs: times.TaskDuration * 1000,
      blockingMs,
      nodes,
      listeners: jsEventListeners,
      heapBytes: usedSize,
      layoutShift,
      ...idle,
      storageKeys: (await keysInPage(page)) + (await context.cookies()).length,
    };
  } finally {
    await context.close();
  }
}

async function answer(route: Route, { answers }: Embed): Promise<void> {
  const known = Object.entries(answers).find(([part]) => route.request().url().includes(part));
  const headers = { 'access-control-allow-origin': '*' };
  await route.fulfill(known ? { json: known[1], headers } : { status: 404, headers, body: '' });
}

async function metrics(cdp: CDPSession): Promise<{ ScriptDuration: number; TaskDuration: number }> {
  const { metrics: list } = await cdp.send('Performance.getMetrics');
  const read = (name: string): number => {
    const found = list.find((metric) => metric.name === name);
    if (!found) throw new Error(`this browser does not tell ${name}`);
    return found.value;
  };
  return { ScriptDuration: read('ScriptDuration'), TaskDuration: read('TaskDuration') };
}

async function frames(page: Page): Promise<Pick<Reading, 'framesPerSecond' | 'animations'>> {
  const asked = await page.evaluate(() => window.paid.frames);
  await page.waitForTimeout(watchMs);
  return page.evaluate(
    ({ asked, seconds }) => {
      const roots: (Document | ShadowRoot)[] = [document];
      const running = new Set<Animation>();
      for (const root of roots) {
        for (const animation of root.getAnimations()) running.add(animation);
        for (const { shadowRoot } of root.querySelectorAll('*')) if (shadowRoot) roots.push(shadowRoot);
      }
      return {
        framesPerSecond: (window.paid.frames - asked) / seconds,
        animations: running.size,
      };
    },
    { asked, seconds: watchMs / 1000 },
  );
}

const keysInPage = (page: Page): Promise<number> =>
  page.evaluate(
    async () =>
      localStorage.length +
      sessionStorage.length +
      (await indexedDB.databases()).length +
      (await caches.keys()).length,
  );

interface Paid {
  blockingMs: number;
  layoutShift: number;
  frames: number;
}
declare global {
  interface Window {
    paid: Paid;
  }
}

/** Runs in the page before anything else, on the blank page too. */
function watch(): void {
  const paid: Paid = { blockingMs: 0, layoutShift: 0, frames: 0 };
  window.paid = paid;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) paid.blockingMs += Math.max(0, duration - 50);
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
      paid.layoutShift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => {
    paid.frames += 1;
    return ask(callback);
  };
}
