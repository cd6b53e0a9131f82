/** The demo's pages are fit to be shown: accessible, in both colour schemes, on a phone and on a desk. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { AxeResults } from 'axe-core';
import { openStage, type Stage } from './support/stage.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const paths = ['/', '/acme', '/riverside-dental', '/fern-garden', '/trouble', '/strict-csp', '/configurator'];

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const screens = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 375 },
] as const;

for (const { colorScheme, width } of screens) {
  test(`${colorScheme}, ${width} pixels: no page has a fault that axe knows, nor anything too wide`, async () => {
    const { demo } = stage;
    for (const url of [...paths.map((path) => demo.site + path), demo.foreignSite]) {
      const visit = await stage.visit(url, { colorScheme, viewport: { width, height: 720 } });
      const { page } = visit;
      await page.locator('vapi-agent').first().locator('[part=launcher]').waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${url} is ${wide} px wider than ${width}`);
      // Evaluated from outside, so that a page's own policy does not stand in the way.
      await page.evaluate(axe);
      const faults = await page.evaluate(async () => {
        const results: AxeResults = await (window as unknown as { axe: typeof import('axe-core') }).axe.run();
        return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      });
      assert.deepEqual(faults, [], `${url} at ${width}`);
      await visit.leave();
    }
  });
}

test('a page that is not there is a plain 404, and no file outside the folder is served', async () => {
  for (const path of ['/nothing', '/../cast', '/%2e%2e/cast.ts', '/acme/..%2f..%2f..%2fcast.ts']) {
    assert.equal((await fetch(stage.demo.site + path)).status, 404, path);
  }
  assert.equal((await fetch(stage.demo.site, { method: 'POST' })).status, 405);
});
