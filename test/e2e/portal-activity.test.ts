/** Conversations by day: the period, the chart with the keyboard alone, the table, and no cost for a client. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { simplePlan as plan } from '../server/billing/stage.ts';
import { type BilledPortal, startBilledPortal } from './support/billed-portal.ts';
import { checkLooks, rows } from './support/portal.ts';

let portal: BilledPortal;
before(async () => {
  portal = await startBilledPortal();
  await portal.stage.addTenant('charted', plan, '2026-11-01', { name: 'Charted' });
  const at = (id: string, day: string) => ({ id, at: `${day}T10:00:00Z`, seconds: 90 });
  await portal.stage.book(
    'charted',
    ...[at('a', '2026-12-15'), at('b', '2026-12-15'), at('c', '2026-12-12'), at('d', '2026-12-08')],
    ...[at('e', '2026-12-02'), at('f', '2026-11-10')],
  );
});
after(() => portal?.close());

const chart = (page: Page) => page.getByRole('slider');
const saying = (page: Page, text: string) =>
  page.locator(`[role=slider][aria-valuetext="${text}"]`).waitFor();
const figures = async (page: Page) =>
  (await page.locator('activity-box dd').allInnerTexts()).map((one) => one.trim());

test('a client sees its conversations by day beside the days before, and reads each with the keyboard', async () => {
  const visit = await portal.signIn('charted');
  const { page } = visit;
  await chart(page).waitFor();
  assert.deepEqual(await figures(page), [
    '5 before: 1',
    '7 min 30 s before: 1 min 30 s',
    '1 min 30 s before: 1 min 30 s',
  ]);
  await page.locator('day-chart canvas').waitFor();
  await chart(page).focus();
  await page.keyboard.press('ArrowLeft');
  await saying(page, '15 Dec 2026: 2; 30 days before: 0');
  await page.keyboard.press('Home');
  await saying(page, '17 Nov 2026: 0; 30 days before: 0');
  await page.keyboard.press('ArrowLeft');
  await saying(page, '17 Nov 2026: 0; 30 days before: 0');
  await page.getByText('Show as table').click();
  assert.deepEqual(await rows(page, 'Conversations by day'), [
    ['2 Dec 2026', '1', '1 min 30 s'],
    ['8 Dec 2026', '1', '1 min 30 s'],
    ['12 Dec 2026', '1', '1 min 30 s'],
    ['15 Dec 2026', '2', '3 min'],
  ]);
  await checkLooks(page, 'the chart');
  assert.doesNotMatch(JSON.stringify(visit.traffic), /costMicros/);
  await visit.leave();
});

test('the period is chosen by a press or two dates; one that cannot be shown says why and changes nothing', async () => {
  const visit = await portal.signIn('charted');
  const { page } = visit;
  await chart(page).waitFor();
  await page.getByRole('button', { name: '7 days' }).click();
  await page.locator('[role=slider][aria-valuemax="6"]').waitFor();
  assert.equal((await figures(page))[0], '3 before: 1');
  await page.getByLabel('From').fill('2026-12-17');
  await page.getByLabel('From').dispatchEvent('change');
  await page.getByRole('alert').getByText('The first day must not be after the last.').waitFor();
  await page.getByLabel('From').fill('2024-12-01');
  await page.getByRole('alert').getByText('Choose at most 366 days.').waitFor();
  assert.equal((await figures(page))[0], '3 before: 1');
  await page.getByLabel('From').fill('2026-12-12');
  await page.locator('[role=slider][aria-valuemax="4"]').waitFor();
  assert.equal(await page.getByRole('button', { name: '7 days' }).getAttribute('aria-pressed'), 'false');
  await visit.leave();
});

test('the operator sees the cost of each day in the table; a client without calls has an empty chart', async () => {
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/charted', 'Charted: Overview');
  await chart(page).waitFor();
  await page.getByText('Show as table').click();
  await page.getByRole('columnheader', { name: 'Cost' }).waitFor();
  await portal.stage.addTenant('quiet', plan, '2026-11-01', { name: 'Quiet' });
  await visit.go('#/tenants/quiet', 'Quiet: Overview');
  await page.getByText('No conversations in this period.').waitFor({ state: 'attached' });
  assert.equal((await figures(page))[0], '0 before: 0');
  await checkLooks(page, 'the empty chart');
  await visit.leave();
});
