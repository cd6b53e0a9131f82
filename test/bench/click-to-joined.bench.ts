/**
 * From the click to the call, compared with a page that has a public key and uses @vapi-ai/web directly: the same
 * emulated Vapi, real SDK and daily-js, the same browser, in turns, `BENCH_RUNS` (15) calls each in a fresh profile.
 * Exits 1 when a mouse click joins more than 5 % later than the direct page's at the median, in the default mode. A
 * page whose browser asks Vapi itself (`scoped-key`) makes one more request.
 */
import { cpus } from 'node:os';
import type { BrowserContextOptions } from 'playwright-core';
import { type CallPage, type CallPages, openCallPages } from './click-to-joined/pages.ts';
import { readTimeline, type Step, steps, stepTexts, type Timeline } from './click-to-joined/timeline.ts';
import { median, printTable } from './support/figures.ts';

const runs = Number(process.env.BENCH_RUNS ?? 15);
/** From the pointer reaching the button to the press; a hand with a mouse is rarely faster. */
const hoverMs = Number(process.env.BENCH_HOVER_MS ?? 300);

/** How long a finger is down; a real tap is rarely shorter. */
const tapMs = Number(process.env.BENCH_TAP_MS ?? 80);

/** Minimum length of a visit: faster ones would meet the server's limit of requests a minute. */
const visitMs = 1600;

const ways = {
  direct: (pages: CallPages, options: BrowserContextOptions) => pages.direct(options),
  proxy: (pages: CallPages, options: BrowserContextOptions) => pages.element('proxy', options),
  'scoped-key': (pages: CallPages, options: BrowserContextOptions) => pages.element('scoped-key', options),
};
type Way = keyof typeof ways;

interface Visitor {
  who: string;
  options: BrowserContextOptions;
  act(page: CallPage): Promise<void>;
}

const mouse: Visitor = {
  who: `a mouse, over the button for ${hoverMs} ms`,
  options: { permissions: ['microphone'] },
  act: clickAfterHover,
};
const visitors: Visitor[] = [
  mouse,
  {
    who: `a finger, down for ${tapMs} ms: nothing ahead of the touch`,
    options: { permissions: ['microphone'], hasTouch: true },
    act: tap,
  },
  {
    who: 'a mouse, and the microphone is asked for (answered at once)',
    options: {},
    act: clickAfterHover,
  },
];

const found = await readAll();
process.stdout.write(
  `milliseconds after the click, medians of ${runs} (min - max), ${cpus().length} cores; ` +
    'the microphone is allowed already unless said otherwise\n',
);
for (const visitor of visitors) printVisitor(visitor);

process.stdout.write('\n');
const ratio = (way: Way) => joined(mouse, way) / joined(mouse, 'direct');
const reached = ratio('proxy') <= 1.05;
if (!reached) process.exitCode = 1;
process.stdout.write(
  `proxy joins in ${ratio('proxy').toFixed(2)} of the direct page's time, goal 1.05: ${reached ? 'reached' : 'MISSED'}; ` +
    `scoped-key, with its second request, in ${ratio('scoped-key').toFixed(2)}\n`,
);

async function clickAfterHover({ page, button }: CallPage): Promise<void> {
  await page.locator(button).hover();
  await page.waitForTimeout(hoverMs);
  await page.mouse.down();
  await page.mouse.up();
}

async function tap({ page, button }: CallPage): Promise<void> {
  const box = await page.locator(button).boundingBox();
  if (!box) throw new Error(`no ${button} to be tapped`);
  const browser = await page.context().newCDPSession(page);
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await browser.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
  await page.waitForTimeout(tapMs);
  await browser.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

/** In turns, so that all have the same conditions; the first round only warms up. */
async function readAll(): Promise<Map<string, Timeline[]>> {
  const found = new Map<string, Timeline[]>();
  const pages = await openCallPages();
  try {
    for (let run = -1; run < runs; run += 1) {
      for (const visitor of visitors) {
        for (const way of Object.keys(ways) as Way[]) {
          const timeline = await call(pages, visitor, way);
          if (run < 0) continue;
          const key = keyOf(visitor, way);
          found.set(key, [...(found.get(key) ?? []), timeline]);
        }
      }
    }
  } finally {
    await pages.close();
  }
  return found;
}

async function call(pages: CallPages, visitor: Visitor, way: Way): Promise<Timeline> {
  const over = new Promise((resolve) => setTimeout(resolve, visitMs));
  const visit = await ways[way](pages, visitor.options);
  try {
    await visit.page.locator(visit.button).waitFor();
    // The page has finished its own work, the direct page also its SDK's.
    await visit.page.waitForLoadState('networkidle');
    await visitor.act(visit);
    return await readTimeline(visit.page);
  } finally {
    await visit.leave();
    await over;
  }
}

function keyOf({ who }: Visitor, way: Way): string {
  return `${way}: ${who}`;
}

function times(visitor: Visitor, way: Way, step: Step): number[] {
  return (found.get(keyOf(visitor, way)) ?? []).map((timeline) => timeline[step]);
}

function joined(visitor: Visitor, way: Way): number {
  return median(times(visitor, way, 'joined'));
}

function printVisitor(visitor: Visitor): void {
  process.stdout.write(`\n${visitor.who}\n`);
  const all = Object.keys(ways) as Way[];
  const cell = (way: Way, step: Step) => {
    const values = times(visitor, way, step);
    return `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)} - ${Math.max(...values).toFixed(0)})`;
  };
  printTable([
    ['', ...all],
    ...steps.map((step) => [stepTexts[step], ...all.map((way) => cell(way, step))]),
    ['joined / direct', ...all.map((way) => (joined(visitor, way) / joined(visitor, 'direct')).toFixed(2))],
  ]);
}
