/**
 * What an idle page pays for the closed element, compared with the widgets of Vapi and of ElevenLabs: the same page of
 * one line, the same server, the same run, on a processor four times slower. Every figure is the median of `BENCH_RUNS`
 * (9) visits less the blank page's median. Exits 1 when a goal is missed that does not depend on how busy the machine
 * is.
 */
import { cpus } from 'node:os';
import { chromium } from 'playwright-core';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { type Embed, loadEmbeds } from './idle-page/embeds.ts';
import { type Reading, serveEmptyPage } from './idle-page/measure.ts';
import { median, printTable } from './support/figures.ts';

const runs = Number(process.env.BENCH_RUNS ?? 9);
/** Folder for a picture of each page, to check what was measured. */
const pictures = process.env.BENCH_PICTURES;

const embeds = await loadEmbeds();
const [blank, ours, vapi] = embeds;
const readings = await readAll();
const compared = embeds.filter((embed) => embed !== blank);

const whole = (value: number) => String(Math.round(value));
const figures: [name: string, key: keyof Reading, show: (value: number) => string][] = [
  ['bytes, raw', 'rawBytes', whole],
  ['bytes, gzip -9', 'gzipBytes', whole],
  ['bytes, brotli 11', 'brotliBytes', whole],
  ['requests', 'requests', whole],
  ['script ms', 'scriptMs', (value) => value.toFixed(1)],
  ['task ms', 'taskMs', (value) => value.toFixed(1)],
  ['blocking ms', 'blockingMs', whole],
  ['DOM nodes', 'nodes', whole],
  ['event listeners', 'listeners', whole],
  ['heap kB', 'heapBytes', (value) => (value / 1000).toFixed(1)],
  ['layout shift', 'layoutShift', (value) => value.toFixed(3)],
  ['frames a second', 'framesPerSecond', whole],
  ['CSS animations', 'animations', whole],
  ['storage keys', 'storageKeys', whole],
];
const isTime = (key: keyof Reading) => key.endsWith('Ms');

process.stdout.write(
  `closed element on a page of one line, ${runs} visits each, ${cpus().length} cores, 4 x slower; ` +
    'median less the blank page’s (times: min-max)\n',
);
printTable([
  ['', ...compared.map(({ name }) => name), 'ours / Vapi’s'],
  ...figures.map(([name, key, show]) => [
    name,
    ...compared.map((embed) => show(figure(embed, key)) + (isTime(key) ? spread(embed, key, show) : '')),
    figure(vapi, key) > 0 ? (figure(ours, key) / figure(vapi, key)).toFixed(3) : '',
  ]),
]);

const tenthOf = (key: keyof Reading) => figure(ours, key) <= figure(vapi, key) / 10;
const nothing = (key: keyof Reading) => figure(ours, key) <= 0;
const goals: [goal: string, reached: boolean, steady: boolean][] = [
  ['at most 1500 bytes of brotli', figure(ours, 'brotliBytes') <= 1500, true],
  ['one request', figure(ours, 'requests') === 1, true],
  ['at most a tenth of the event listeners of Vapi’s widget', tenthOf('listeners'), true],
  ['at most a tenth of its heap', tenthOf('heapBytes'), true],
  ['at most ten DOM nodes', figure(ours, 'nodes') <= 10, true],
  ['no layout shift', nothing('layoutShift'), true],
  ['no animation', nothing('framesPerSecond') && nothing('animations'), true],
  ['nothing stored', nothing('storageKeys'), true],
  ['at most a tenth of its script time', tenthOf('scriptMs'), false],
  ['no blocking time at the median', nothing('blockingMs'), false],
];
process.stdout.write('\n');
for (const [goal, reached, steady] of goals) {
  const verdict = reached ? 'reached' : steady ? 'MISSED' : 'missed (a time: look again on a quiet machine)';
  process.stdout.write(`${goal}: ${verdict}\n`);
}
process.exitCode = goals.some(([, reached, steady]) => steady && !reached) ? 1 : 0;

/** In turns, so that all have the same conditions; the first round only warms the browser up. */
async function readAll(): Promise<Map<Embed, Reading[]>> {
  const found = new Map<Embed, Reading[]>(embeds.map((embed) => [embed, []]));
  const emptyPage = await serveEmptyPage(embeds);
  const browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs });
  try {
    for (let run = -1; run < runs; run += 1) {
      for (const [index, embed] of embeds.entries()) {
        const picture = pictures && run < 0 ? `${pictures}/idle-page-${index}.png` : undefined;
        const reading = await emptyPage.visit(browser, embed, picture);
        if (run >= 0) found.get(embed)?.push(reading);
      }
    }
  } finally {
    await browser.close();
    await emptyPage.close();
  }
  return found;
}

function values(embed: Embed, key: keyof Reading): number[] {
  return (readings.get(embed) ?? []).map((reading) => reading[key]);
}

function figure(embed: Embed, key: keyof Reading): number {
  return median(values(embed, key)) - median(values(blank, key));
}

function spread(embed: Embed, key: keyof Reading, show: (value: number) => string): string {
  const base = median(values(blank, key));
  const all = values(embed, key).map((value) => value - base);
  return ` (${show(Math.min(...all))} - ${show(Math.max(...all))})`;
}
