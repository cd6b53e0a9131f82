/** A client’s plan, account and credit in the portal. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { channels, simplePlan as plan } from '../server/billing/stage.ts';
import { type BilledPortal, startBilledPortal } from './support/billed-portal.ts';
import { figure, rows } from './support/portal.ts';

let portal: BilledPortal;
before(async () => {
  portal = await startBilledPortal();
});
after(() => portal?.close());

test('a plan is made from a preset with other numbers, described in words, tried on a past month, and set', async () => {
  await portal.stage.addTenant('foxtrot', plan, '2026-12-01', { name: 'Foxtrot' });
  await portal.stage.book('foxtrot', { id: 'f-1', at: '2026-12-10T09:00:00Z', seconds: 150 });
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/foxtrot/billing', 'Foxtrot: Billing');
  await page
    .getByText(
      'A minute of web calls, inbound calls, outbound calls and chat messages costs $1.00, billed by the second.',
    )
    .waitFor();
  await page.getByLabel('Start from').selectOption('retainer');
  await page.getByLabel('Monthly fee').fill('20');
  await page.getByLabel('Included minutes').fill('2');
  await page.getByLabel('Overage per minute').fill('0.6');
  for (const words of [
    'Foxtrot pays $20.00 a month.',
    '2 minutes of web calls, inbound calls and outbound calls are included; each additional minute costs $0.60, billed by the second.',
    'Chat messages cost nothing extra.',
  ]) {
    await page.getByText(words).waitFor();
  }
  await page.locator('plan-simulator').getByLabel('Month').selectOption('2026-12');
  await page.getByRole('button', { name: 'What would it have cost?' }).click();
  // 150 s, 120 of them included: 0.30.
  await page.getByText('December 2026 would have come to $20.30 instead of $12.50: $7.80 more.').waitFor();
  assert.deepEqual(
    (await rows(page, 'The month under this plan')).map(([, amount]) => amount),
    ['$20.00', '$0.30'],
  );
  await page.getByLabel('Name', { exact: true }).fill('');
  await page.getByLabel('Overage per minute').fill('cheap');
  await page.getByText('Some values above are not valid yet.').waitFor();
  const set = page.getByRole('button', { name: 'Set this plan' });
  await set.click();
  await page.getByText('Enter an amount such as 0.25').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Small retainer');
  await page.getByLabel('Overage per minute').fill('0.65');
  await set.click();
  await page.getByText('Saved.').waitFor();
  assert.deepEqual(await rows(page, 'Plans'), [
    ['1 Jan 2027', 'Small retainer'],
    ['1 Dec 2026', 'Simple Current'],
  ]);
  const { versions } = (await portal.stage.server.operator('GET', '/v1/tenants/foxtrot/plan')).body;
  assert.deepEqual(versions.at(-1).plan.rates[0].price.perMinuteMicros, 650_000);

  // Experts write JSON, including values without a field; the server's own message is shown where the mistake is.
  await page.getByText('Edit as JSON').click();
  const json = page.getByLabel('Plan', { exact: true });
  await json.fill('{"rates": []}');
  await page.getByRole('button', { name: 'Apply to the form' }).click();
  await page.getByText('This is not a plan: it needs a list of “rates”.').waitFor();
  const price = {
    kind: 'cost-plus',
    markupBps: 3000,
    markupBpsByComponent: { llm: 1000 },
    initialSeconds: 4000,
  };
  await json.fill(JSON.stringify({ name: 'At cost', currency: 'usd', rates: [{ channels, price }] }));
  await page.getByRole('button', { name: 'Apply to the form' }).click();
  await page.getByText('cost what Vapi charges you plus 30% (llm: 10%).').waitFor();
  await set.click();
  const first = page.getByLabel('Minimum charge in seconds');
  await page.getByText('expected number to be <=3600').waitFor();
  assert.equal(await first.getAttribute('aria-invalid'), 'true');
  await first.fill('1');
  await set.click();
  await page.getByText('Saved.').waitFor();
  assert.equal((await rows(page, 'Plans'))[0]?.[1], 'At cost');

  // A typing error in the year would bill every month since, so it is confirmed.
  await page.getByLabel('Starts on').fill('2025-12-01');
  await set.click();
  const slip = page.getByRole('dialog', { name: 'Bill past months?' });
  await slip
    .getByText('The tenant’s first call is in 2026-12, but would be billed from 2025-12 on.')
    .waitFor();
  await slip.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await rows(page, 'Plans')).length, 3);
  await set.click();
  await slip.getByRole('button', { name: 'Set it anyway' }).click();
  await page.getByRole('row', { name: '1 Dec 2025 At cost' }).waitFor();
  await visit.leave(/status of 40[09]/);
});

test('a client’s account is set, and prepaid credit is booked once, after a question', async () => {
  await portal.stage.addTenant('golf', plan, '2026-12-01', { name: 'Golf' });
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/golf/billing', 'Golf: Billing');
  const account = page.locator('account-form');
  await account.getByLabel('Legal name').fill('Golf GmbH');
  await account.getByLabel('Address').fill('Am Grün 1\n\n  Berlin ');
  await account.getByLabel('E-mail').fill('not an address');
  await account.getByLabel('Payment collection').selectOption('send');
  await account.getByLabel('Tax name').fill('VAT');
  await account.getByLabel('Tax rate').fill('19');
  await account.getByRole('button', { name: 'Save' }).click();
  await account.getByText('Invalid email address').waitFor();
  await account.getByLabel('E-mail').fill('billing@golf.example');
  await account.getByRole('button', { name: 'Save' }).click();
  await account.getByText('Saved.').waitFor();
  assert.deepEqual((await portal.stage.server.operator('GET', '/v1/tenants/golf/billing')).body, {
    buyer: { name: 'Golf GmbH', address: ['Am Grün 1', 'Berlin'], email: 'billing@golf.example' },
    tax: { label: 'VAT', bps: 1900 },
    dueDays: 14,
    collection: 'send',
    pauseAfterOverdueDays: null,
  });

  const credit = page.locator('credit-section');
  await credit.getByLabel('Amount in USD').fill('250.5');
  await credit.getByLabel('Note').fill('Paid in advance');
  // The first answer is lost on the way; sending it again gives the same payment.
  let answers = 0;
  await page.route('**/v1/tenants/golf/credits', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    answers += 1;
    await route.fetch();
    return answers === 1 ? route.abort() : route.continue();
  });
  const book = async () => {
    await credit.getByRole('button', { name: 'Book' }).click();
    await page
      .getByRole('dialog', { name: 'Book $250.50 of credit?' })
      .getByRole('button', { name: 'Book' })
      .click();
  };
  await book();
  await credit.getByText('The server cannot be reached.').waitFor();
  await book();
  await credit.getByText('Booked.').waitFor();
  await credit.getByText('Balance $250.50.').waitFor();
  assert.deepEqual(await rows(page, 'Prepaid credit'), [
    ['16 Dec 2026', 'Top-up', 'Paid in advance', '$250.50'],
  ]);
  await credit.getByLabel('Type').selectOption('Reversal');
  await credit.getByLabel('Amount in USD').fill('50.50');
  await credit.getByRole('button', { name: 'Book' }).click();
  const back = page.getByRole('dialog', { name: 'Reverse $50.50 of credit?' });
  await back.getByRole('button', { name: 'Book' }).click();
  await credit.getByText('say why it is taken back').waitFor();
  await credit.getByLabel('Note').fill('Another client paid it');
  await credit.getByRole('button', { name: 'Book' }).click();
  await back.getByRole('button', { name: 'Book' }).click();
  await credit.getByText('Balance $200.00.').waitFor();
  await visit.leave(/status of 400|ERR_FAILED/);
  const client = await portal.signIn('golf');
  await client.go('#/', 'Overview');
  assert.equal(await figure(client.page, 'Credit left'), '$200.00');
  await client.leave();
});

test('a wallet is turned on and filled once, after a question; its client sees the balance and what moved it', async () => {
  await portal.stage.addTenant('whiskey', plan, '2026-12-01', { name: 'Whiskey' });
  const visit = await portal.signIn(null);
  const { page } = visit;
  await visit.go('#/tenants/whiskey/billing', 'Whiskey: Billing');
  const wallet = page.locator('wallet-section');
  await wallet.getByLabel('Calls need a balance').check();
  await wallet.getByLabel('Credit line in USD').fill('5');
  await wallet.getByLabel('Notice at a balance of').fill('20');
  await wallet.getByRole('button', { name: 'Save' }).click();
  await wallet.getByText('Saved.').waitFor();
  await wallet.getByLabel('Amount in USD').fill('100');
  // The first answer is lost on the way; sending it again gives the same payment.
  let answers = 0;
  await page.route('**/v1/tenants/whiskey/wallet/entries', async (route) => {
    answers += 1;
    await route.fetch();
    return answers === 1 ? route.abort() : route.continue();
  });
  const book = async () => {
    await wallet.getByRole('button', { name: 'Book' }).click();
    await page
      .getByRole('dialog', { name: 'Add $100.00 to the wallet?' })
      .getByRole('button', { name: 'Book' })
      .click();
  };
  await book();
  await wallet.getByText('The server cannot be reached.').waitFor();
  await book();
  await wallet.getByText('Balance $100.00.').waitFor();
  await portal.stage.book('whiskey', { id: 'w-1', at: '2026-12-10T09:00:00Z', seconds: 90 });
  await visit.leave(/ERR_FAILED/);
  const client = await portal.signIn('whiskey');
  await client.go('#/invoices', 'Billing');
  await client.page.getByText('Balance $98.50.').waitFor();
  assert.deepEqual(
    (await rows(client.page, 'Wallet')).map((cells) => cells.slice(1)),
    [
      ['Call', '', '-$1.50', '$98.50'],
      ['Top-up', '', '$100.00', '$100.00'],
    ],
  );
  await client.leave();
});
