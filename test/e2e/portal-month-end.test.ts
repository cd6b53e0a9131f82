/** The end of a month in the portal: what would be issued, the run and its report, and what needs a person. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { raiseNotice } from '../../server/access/notices/notices.ts';
import { moment } from '../../server/portal/pure/format.ts';
import { findTenant } from '../../server/store/tenants.ts';
import { mustBe } from '../server/billing/stage.ts';
import { act, type BilledPortal, heading, startBilledPortal } from './support/billed-portal.ts';
import { checkLooks, rows } from './support/portal.ts';

let portal: BilledPortal;
before(async () => {
  portal = await startBilledPortal();
});
after(() => portal?.close());

test('a month is closed: first what would be issued, then the question, then the report, and nothing twice', async () => {
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/close', 'Month-end');
  await page.getByText('No month has been closed yet.').waitFor();
  assert.equal(await page.getByLabel('Up to').inputValue(), '2026-11', 'the last month that is due');
  await page.getByRole('button', { name: 'See what would be issued' }).dblclick();
  await page.getByRole('table', { name: 'What would be issued' }).waitFor();
  assert.deepEqual(await rows(page, 'What would be issued'), [
    ['Xray', 'November 2026', '$13.00'],
    ['Yankee', 'November 2026', '$10.00'],
    [
      'Zulu\n1 call without a known duration or cost: on an invoice once it is known.',
      'November 2026',
      '$10.00',
    ],
  ]);
  const issue = page.getByRole('button', { name: 'Issue 3 invoices' });
  await issue.press('Enter');
  await page.getByRole('dialog').getByText('3 invoices: $33.00.').waitFor();
  await page.keyboard.press('Escape');
  assert.deepEqual(await portal.invoicesOf('xray'), [], 'no was no');
  await issue.click();
  await page
    .getByRole('dialog', { name: 'Issue 3 invoices?' })
    .getByRole('button', { name: 'Issue' })
    .click();
  await page.getByText('3 invoices: $33.00. One needs attention.').waitFor();
  assert.deepEqual(
    (await rows(page, 'What was issued')).map(([client, , invoice, total]) => [
      client?.split('\n')[0],
      invoice?.replace(/\d+/, '…'),
      total,
    ]),
    [
      ['Xray', 'INV-…', '$13.00'],
      ['Yankee', 'INV-…, in Stripe', '$10.00'],
      ['Zulu', 'INV-…', '$10.00'],
    ],
  );
  const focused = await page.evaluate(() => {
    let inner = document.activeElement;
    while (inner?.shadowRoot?.activeElement) inner = inner.shadowRoot.activeElement;
    return inner?.textContent;
  });
  assert.equal(focused, 'Issued');
  const asked = visit.traffic.sent().filter(({ from }) => from.endsWith('/v1/billing/close'));
  assert.equal(asked.length, 2, 'one dry run, one run');
  assert.equal((await portal.invoicesOf('yankee')).length, 1);

  // Idle runs, as the server makes them every hour when it closes months automatically, hide nothing.
  portal.stage.server.clock.now += 1000;
  await mustBe(200, portal.stage.server.operator('POST', '/v1/billing/close?wait=true', {}));
  await visit.go('#/attention', 'Needs attention');
  await page.getByText('Last run 16 Dec 2026, 12:00 UTC').waitFor();
  await page.getByRole('link', { name: 'zulu' }).waitFor();
  await visit.go('#/close', 'Month-end');
  await page.getByText('16 Dec 2026, 12:00 UTC: 3 invoices: $33.00').click();
  await page.getByRole('table', { name: 'What was issued' }).getByText('Yankee').waitFor();
  await visit.leave();
});

test('a run shows how far it is, can be stopped and resumed, and a lost request finds it again', async () => {
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/close', 'Month-end');
  const entry = (tenant: string, number: string | null) => ({
    ...{ tenant, month: '2026-11', number, totalCents: 1000, currency: 'usd', openCalls: 0 },
    outcome: number ? 'finalized' : 'would-finalize',
  });
  const entries = [entry('acme', 'INV-000008'), entry('bravo', 'INV-000009')];
  const report = (state: string, done: number) => ({
    ...{
      id: 'run_new',
      month: '2026-11',
      dryRun: false,
      startedAt: '2026-12-16T12:00:00Z',
      state,
      totals: [],
    },
    finishedAt: state === 'finished' ? '2026-12-16T12:02:00Z' : null,
    progress: {
      pending: state === 'running' ? 1 - done : 2 - done,
      underWay: state === 'running' ? 1 : 0,
      done,
      forPerson: 0,
    },
    ...{ entries: entries.slice(0, done), entriesLeftOut: false, needsPerson: 0 },
  });
  let run = report('running', 0);
  const asked: string[] = [];
  await page.route('**/v1/billing/runs?*', (route) => route.fulfill({ json: { runs: [run] } }));
  await page.route('**/v1/billing/runs/run_new**', (route) => {
    const [action = ''] = /stop|resume/.exec(route.request().url()) ?? [];
    if (action) asked.push(action);
    if (action === 'stop') run = report('stopped', 1);
    if (action === 'resume') run = report('running', 1);
    return route.fulfill({ json: run });
  });
  await page.route('**/v1/billing/close', (route) => {
    const { dryRun } = route.request().postDataJSON();
    if (dryRun) {
      const outlook = [entry('acme', null), entry('bravo', null)];
      return route.fulfill({ json: { ...report('finished', 2), entries: outlook, dryRun } });
    }
    asked.push('close');
    // The answer of a proxy that has lost the server.
    return asked.length === 1
      ? route.fulfill({ status: 504, body: 'Gateway Timeout' })
      : route.fulfill({ status: 202, json: run });
  });
  await page.getByRole('button', { name: 'See what would be issued' }).click();
  await act(page, 'Issue 2 invoices', 'Issue 2 invoices?', 'Issue');
  await page.getByText('Issuing: 0 of 2 clients').waitFor();
  run = report('running', 1);
  await page.getByText('Issuing: 1 of 2 clients').waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('heading', { level: 2, name: 'Stopped', exact: true }).waitFor();
  await page.locator('summary').first().click();
  await page.getByRole('button', { name: 'Resume: 1 client left' }).click();
  await page.getByText('Issuing: 1 of 2 clients').waitFor();
  run = report('finished', 2);
  await page.getByRole('heading', { level: 2, name: 'Issued', exact: true }).waitFor();
  assert.equal((await rows(page, 'What was issued'))[1]?.[2], 'INV-000009');
  assert.deepEqual(asked, ['close', 'close', 'stop', 'resume']);
  await visit.leave(/status of 504/);
});

test('a calculation that is stopped offers nothing to issue, and one left by a killed server can be resumed', async () => {
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/close', 'Month-end');
  const entry = { tenant: 'acme', month: '2026-11', number: null, totalCents: 1000, currency: 'usd' };
  const report = (state: string, underWay: number) => ({
    ...{ id: 'run_half', month: '2026-11', dryRun: true, startedAt: '2026-12-16T12:00:00Z', state },
    ...{ finishedAt: null, totals: [], entriesLeftOut: false, needsPerson: 0 },
    progress: { pending: 1 - underWay, underWay, done: 1, forPerson: 0 },
    entries: [{ ...entry, outcome: 'would-finalize', openCalls: 0 }],
  });
  let run = report('running', 0);
  await page.route('**/v1/billing/close', (route) => route.fulfill({ status: 202, json: run }));
  await page.route('**/v1/billing/runs/run_half**', (route) => {
    if (route.request().url().endsWith('/stop')) run = report('stopped', 0);
    return route.fulfill({ json: run });
  });
  await page.getByRole('button', { name: 'See what would be issued' }).click();
  await page.getByText('Calculating: 1 of 2 clients').waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped: not all clients were calculated.').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Issue/ }).count(), 0);

  const left = { ...report('stopped', 1), dryRun: false };
  await page.route('**/v1/billing/runs?*', (route) => route.fulfill({ json: { runs: [left] } }));
  await visit.go('#/attention', 'Needs attention');
  await visit.go('#/close', 'Month-end');
  await page.locator('summary').first().click();
  await page.getByRole('button', { name: 'Resume: 1 client left' }).waitFor();
  await visit.leave();
});

test('notices are read in words, newest first, twenty at a time', async () => {
  const { ctx, clock } = portal.stage.server;
  const coda = await findTenant(ctx.store, 'coda');
  assert.ok(coda);
  for (let no = 1; no <= 21; no += 1) {
    const facts = { dueCents: no * 100, currency: 'usd' };
    await raiseNotice(
      ctx.store,
      coda,
      { kind: 'invoice-overdue', period: `INV-1000${no}`, data: facts },
      clock.now + no * 1000,
    );
  }
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/attention', 'Needs attention');
  const told = await rows(page, 'Notices, newest first');
  assert.equal(told.length, 20);
  assert.deepEqual(told[0], [
    'coda',
    'Invoice INV-100021 is overdue\n21.00 USD is left to pay.',
    moment(new Date(clock.now + 21_000).toISOString(), 'UTC'),
  ]);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('Invoice INV-10001 is overdue').waitFor();
  await page.getByRole('table', { name: 'Notices' }).getByRole('link', { name: 'coda' }).first().click();
  await heading(page, 'Coda: Overview');
  await visit.leave();
});

// The second time only what depends on the looks.
for (const { width, dark, rules } of [
  { width: 1280, dark: false, rules: undefined },
  { width: 375, dark: true, rules: ['color-contrast', 'scrollable-region-focusable'] },
]) {
  test(`${width} pixels, ${dark ? 'dark' : 'light'}: no view of the operator’s billing has a fault known to axe`, async () => {
    const visit = await portal.signIn(null, { width, dark });
    const { page } = visit;
    const entry = { tenant: 'acme', month: '2026-11', number: null, totalCents: 1000, currency: 'usd' };
    const report = {
      ...{
        id: 'run_1',
        month: '2026-11',
        startedAt: '2026-12-16T12:00:00Z',
        finishedAt: null,
        needsPerson: 2,
      },
      entries: [
        { ...entry, outcome: 'failed', totalCents: null, openCalls: 0, problem: 'No plan covers the month.' },
        { ...entry, outcome: 'would-finalize', openCalls: 2 },
      ],
    };
    await page.route('**/v1/billing/runs?*', (route) =>
      route.fulfill({ json: { runs: [{ ...report, dryRun: false }] } }),
    );
    await page.route('**/v1/billing/close', (route) => route.fulfill({ json: { ...report, dryRun: true } }));
    await visit.go('#/close', 'Month-end');
    await page.locator('summary').first().click();
    await page.getByRole('button', { name: 'See what would be issued' }).click();
    await page.getByRole('table', { name: 'What would be issued' }).waitFor();
    await checkLooks(page, 'month close', rules);
    await visit.go('#/attention', 'Needs attention');
    await page.getByRole('table', { name: 'Notices' }).waitFor();
    await checkLooks(page, 'what needs a person', rules);
    await visit.go('#/invoices', 'Invoices');
    await checkLooks(page, 'invoices of all clients', rules);
    await page.getByRole('link', { name: 'INV-000001' }).click();
    await page.getByRole('button', { name: 'Credit note' }).click();
    await page.getByLabel('What to credit').selectOption('lines');
    await page.getByRole('button', { name: 'Issue credit note' }).click();
    await page.getByRole('alert').waitFor();
    await checkLooks(page, 'a credit note with a mistake', rules);
    await page.getByRole('button', { name: 'Void' }).click();
    await page.getByRole('dialog').waitFor();
    await checkLooks(page, 'the question with a reason', rules);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard' }).click();
    await visit.go('#/tenants/xray/billing', 'Xray: Billing');
    await page.getByLabel('Pricing model').selectOption('graduated');
    await page.getByText('Edit as JSON').click();
    await page.getByText('End billing', { exact: true }).first().click();
    await page.getByRole('button', { name: 'What would it have cost?' }).click();
    await page.getByRole('table', { name: 'The month under this plan' }).waitFor();
    await checkLooks(page, 'a client’s billing', rules);
    await visit.leave();
  });
}
