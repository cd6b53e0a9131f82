/** The operator’s invoices in the portal: the lists, corrections, payment, and Stripe. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { mustBe, simplePlan as plan, seller } from '../server/billing/stage.ts';
import { until } from '../support/until.ts';
import { act, type BilledPortal, heading, startBilledPortal } from './support/billed-portal.ts';
import { figure, rows } from './support/portal.ts';

let portal: BilledPortal;
before(async () => {
  portal = await startBilledPortal();
});
after(() => portal?.close());

test('the invoices of all clients are filtered by month and state, and saved as CSV', async () => {
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/invoices', 'Invoices');
  const list = async (label: string, option: string) => {
    await page.getByLabel(label).selectOption(option);
  };
  // All of one run are equally new.
  const shown = async () => (await rows(page, 'Invoices of all clients')).sort().reverse();
  /** Just after a choice the rows of before are still there. */
  const lists = (numbers: string) =>
    until(async () => (await shown()).map(([number]) => number).join() === numbers, `only ${numbers}`);
  await list('Month', '2026-10');
  await lists('INV-000003,INV-000002,INV-000001');
  assert.deepEqual(await shown(), [
    ['INV-000003', 'Coda', 'October 2026', 'issued', '30 Dec 2026', '$10.00'],
    ['INV-000002', 'Bravo', 'October 2026', 'sent', '30 Dec 2026', '$10.00'],
    ['INV-000001', 'Acme Bakery', 'October 2026', 'issued', '30 Dec 2026', '$13.00'],
  ]);
  await list('State', 'sent');
  await lists('INV-000002');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  assert.match(String(lines[1]), /^INV-000002,invoice,pushed,bravo,Bravo,2026-10,\S+,usd,10\.00,/);
  assert.equal(lines.length, 2);
  await list('Month', '2026-09');
  await page.getByText('No invoices match.').waitFor();
  await visit.leave();
});

test('an invoice is credited by line, marked as paid, voided with a reason, or found at Stripe', async () => {
  const visit = await portal.signIn(null);
  const { page } = visit;
  await portal.stage.addTenant('india', plan, '2026-10-01', { name: 'India' });
  await portal.stage.book('india', { id: 'i-1', at: '2026-10-10T09:00:00Z', seconds: 180 });
  const { number } = (await mustBe(200, portal.stage.bill('india', '2026-10'))).body;
  await mustBe(
    200,
    portal.stage.server.operator('PUT', '/v1/tenants/india/plan', { plan: null, from: '2026-11-01' }),
  );
  await visit.go('#/tenants/india/invoices', 'India: Invoices');
  await page.getByRole('link', { name: number }).click();
  await heading(page, `India: Invoice ${number}`);
  await page.getByRole('button', { name: 'Mark as paid' }).waitFor();
  // A client that the operator collects from directly has nothing to push.
  assert.equal(await page.getByRole('button', { name: 'Send to Stripe' }).count(), 0);
  await page.getByRole('button', { name: 'Credit note' }).click();
  await page.getByLabel('What to credit').selectOption('Selected lines');
  const issue = page.getByRole('button', { name: 'Issue credit note' });
  await page.getByLabel('Line 2:').fill('3,50');
  await issue.click();
  assert.equal(await page.getByLabel('Reason').getAttribute('aria-invalid'), 'true');
  await page.getByText('Enter an amount such as 1234.50').waitFor();
  await page.getByLabel('Reason').fill('A call that was none');
  await page.getByLabel('Line 2:').fill('99');
  await issue.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Issue' }).click();
  await page.getByRole('alert').getByText('line 2 has 300 left').waitFor();
  await page.getByLabel('Line 2:').fill('1.25');
  await issue.click();
  await page.getByRole('dialog').getByText('credits $1.25 before tax').waitFor();
  // The first answer is lost on the way; sending it again gives the same note.
  let answers = 0;
  await page.route('**/credit-notes', async (route) => {
    answers += 1;
    await route.fetch();
    return answers === 1 ? route.abort() : route.continue();
  });
  await page.getByRole('dialog').getByRole('button', { name: 'Issue' }).click();
  await page.getByText('cannot be reached').waitFor();
  await issue.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Issue' }).click();
  await heading(page, 'India: Credit note CN-000001');
  await page.getByText(`Corrects ${number}: A call that was none`).waitFor();
  assert.equal(await figure(page, 'Total'), '-$1.25');
  await page.getByRole('link', { name: number }).click();
  await heading(page, `India: Invoice ${number}`);
  const due = Number((await figure(page, 'Amount due')).slice(1));
  assert.equal(await figure(page, 'Due after credit notes'), `$${(due - 1.25).toFixed(2)}`);
  await act(page, 'Mark as paid', `Was ${number} paid?`, 'Mark as paid');
  await page.getByText('paid', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Void' }).count(), 0);

  await portal.stage.addTenant('juliett', plan, '2026-10-01', { name: 'Juliett' });
  const other = (await mustBe(200, portal.stage.bill('juliett', '2026-10'))).body;
  await mustBe(
    200,
    portal.stage.server.operator('PUT', '/v1/tenants/juliett/plan', { plan: null, from: '2026-11-01' }),
  );
  await visit.go('#/tenants/juliett/invoices', 'Juliett: Invoices');
  await page.getByRole('link', { name: other.number }).click();
  await page.getByRole('button', { name: 'Void' }).click();
  const question = page.getByRole('dialog', { name: `Void ${other.number}?` });
  await question.getByRole('button', { name: 'Void' }).click();
  assert.equal((await portal.invoicesOf('juliett'))[0].status, 'finalized', 'not without a reason');
  await question.getByLabel('Reason').fill('Not agreed yet');
  await question.getByRole('button', { name: 'Void' }).click();
  await page.getByText('void', { exact: true }).waitFor();
  const { entries } = (await portal.stage.server.operator('GET', '/v1/audit')).body;
  assert.ok(
    entries.some(
      (entry: { action: string; after: object }) =>
        entry.action === 'invoice.void' && JSON.stringify(entry.after) === '{"reason":"Not agreed yet"}',
    ),
  );

  await visit.go('#/tenants/bravo/invoices', 'Bravo: Invoices');
  await page.getByRole('link', { name: 'INV-000002' }).click();
  const pay = page.getByRole('link', { name: 'Pay with Stripe' });
  assert.match(String(await pay.getAttribute('href')), /^https:\/\/invoice\.stripe\.test\//);
  await visit.leave(/status of 400|ERR_FAILED/);
});

test('an invoice goes to Stripe when the operator says so; its client sees it without buttons to change it', async () => {
  await portal.stage.addTenant('echo', plan, '2026-10-01', { name: 'Echo' });
  await portal.collectByStripe('echo', 'charge');
  await mustBe(200, portal.stage.bill('echo', '2026-10'));
  await mustBe(
    200,
    portal.stage.server.operator('PUT', '/v1/tenants/echo/plan', { plan: null, from: '2026-11-01' }),
  );
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/echo/invoices', 'Echo: Invoices');
  await page.locator('tbody a').click();
  await page.getByRole('button', { name: 'Send to Stripe' }).click();
  await page
    .getByRole('dialog')
    .getByText('Stripe charges the client’s payment method. The amount is $10.00.')
    .waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
  await page.getByText('sent', { exact: true }).waitFor();
  await visit.leave();
  const client = await portal.signIn('echo');
  await client.go('#/invoices', 'Billing');
  await client.page.locator('tbody a').click();
  await client.page.getByRole('link', { name: 'Pay with Stripe' }).waitFor();
  assert.deepEqual(await client.page.getByRole('main').getByRole('button').allInnerTexts(), []);
  await client.leave();
});

test('an invoice that credit notes have taken back is credited in both lists, with nothing to pay', async () => {
  const visit = await portal.signIn(null);
  const { page } = visit;
  await portal.stage.addTenant('kilo', plan, '2026-10-01', { name: 'Kilo' });
  const { id, number } = (await mustBe(200, portal.stage.bill('kilo', '2026-10'))).body;
  const note = `/v1/tenants/kilo/invoices/${id}/credit-notes`;
  await mustBe(201, portal.stage.server.operator('POST', note, { reason: 'Outage' }));
  await visit.go('#/tenants/kilo/invoices', 'Kilo: Invoices');
  const of = (list: string[][]) => list.find(([first]) => first === number)?.map((cell) => cell.split('\n'));
  assert.deepEqual(of(await rows(page, 'Invoices'))?.slice(-3), [
    ['credited'],
    ['–'],
    ['$10.00', '$0.00 due'],
  ]);
  await visit.go('#/invoices', 'Invoices');
  await page.getByLabel('State').selectOption('credited');
  const listed = await until(async () => {
    const all = await rows(page, 'Invoices of all clients');
    return all.length > 0 && all.every(([, , , state]) => state === 'credited') ? all : null;
  }, 'the list of credited invoices');
  assert.deepEqual(
    listed.filter(([, client]) => client === 'Kilo').map(([first]) => first),
    [number],
  );
  await visit.leave();
});

test('what an e-invoice lacks is named on the draft, and once it is entered, the client downloads it', async () => {
  const { stage } = portal;
  await mustBe(
    200,
    stage.server.operator('PUT', '/v1/billing/seller', { ...seller, country: 'IE', registration: '4711' }),
  );
  await stage.addTenant('lima', plan, '2026-11-01', { name: 'Lima' });
  const drafts = '/v1/tenants/lima/invoices';
  const { id } = (await mustBe(201, stage.server.operator('POST', drafts, { period: '2026-11' }))).body;
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go(`#/tenants/lima/invoices/${id}`, 'Lima: Invoice (draft)');
  await page.getByText('No e-invoice can be made from it yet').click();
  await page.getByText('Billing account, VAT: say why no VAT is charged').waitFor();
  await visit.go('#/tenants/lima/billing', 'Lima: Billing');
  const account = page.locator('account-form');
  await account.getByLabel('Country').fill('d');
  await account.getByLabel('VAT', { exact: true }).selectOption('Reverse charge');
  await account.getByRole('button', { name: 'Save' }).click();
  await account.getByText('use the two letters of the country').waitFor();
  await account.getByLabel('Country').fill('de');
  await account.getByLabel('Tax ID').fill('DE 123456789');
  await account.getByRole('button', { name: 'Save' }).click();
  await account.getByText('Saved.').waitFor();
  await visit.leave(/status of 400/);
  const { number } = (await mustBe(200, stage.bill('lima', '2026-11'))).body;
  const client = await portal.signIn('lima');
  await client.go(`#/invoices/${id}`, `Invoice ${number}`);
  const [download] = await Promise.all([
    client.page.waitForEvent('download'),
    client.page.getByRole('link', { name: 'E-invoice (CII)' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), `${number}-cii.xml`);
  assert.match(await readFile(await download.path(), 'utf8'), /VATEX-EU-AE/);
  await client.leave();
});
