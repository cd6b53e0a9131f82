/** What a page pays for the element before any intent: one script, and nothing else. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Held, hold, intend, openStage, type Stage, standStill } from './support/stage.ts';
import { emptyStorage, storedText } from './support/traffic.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.close());

test('before intent the element loads its one script, stores nothing and moves nothing', async () => {
  const { demo } = stage;
  for (const path of ['/acme', '/riverside-dental', '/fern-garden', '/trouble', '/strict-csp']) {
    const script = Promise.withResolvers<Held>();
    const arriving = Promise.withResolvers<Page>();
    const opening = stage.visit(demo.site + path, {
      before: async (page) => {
        script.resolve(await hold(page, `${demo.server}/widget.js`));
        arriving.resolve(page);
      },
    });
    // The page's own shifts, as it gets its styles and fonts, are over before the script arrives.
    const { asked, release } = await script.promise;
    await asked;
    await standStill(await arriving.promise);
    release();
    const visit = await opening;
    await visit.page.locator('vapi-agent').first().locator('[part=launcher]').waitFor();
    // What a page does automatically is done once it is idle after loading.
    await visit.page.waitForLoadState('networkidle');
    const elsewhere = visit.traffic
      .sent()
      .map(({ from }) => from)
      .filter((from) => !from.includes(demo.site));
    assert.deepEqual(elsewhere, [`request ${demo.server}/widget.js`], path);
    assert.equal(await storedText(visit.page, visit.context), emptyStorage, path);
    assert.equal(await visit.page.evaluate(() => window.seen.layoutShift), 0, path);
    await visit.leave();
  }
});

test('intent fetches ahead without starting anything: panel, session and call code, but no call', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/acme`);
  await intend(visit.page.locator('vapi-agent'));
  await visit.page.waitForLoadState('networkidle');
  const paths = visit.traffic.sent().map(({ from }) => new URL(from.replace('request ', '')).pathname);
  assert.ok(paths.some((path) => path === '/v1/widget/acme'));
  assert.ok(
    paths.some((path) => /^\/chunks\/.*call/.test(path)),
    paths.join(' '),
  );
  assert.ok(!paths.some((path) => path === '/v1/calls'));
  assert.deepEqual(
    demo.emulator.calls().filter(({ orgId }) => orgId === demo.orgs.get('acme')?.orgId),
    [],
  );
  assert.equal(await storedText(visit.page, visit.context), emptyStorage);
  assert.deepEqual(await visit.events(), ['ready']);
  await visit.leave();
});
