/** The portal's views with the demo's month, for `npm run screenshots`. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { ClientsAnswer } from '../server/contract.ts';
import { openStage, type Stage } from './e2e/support/stage.ts';

const looks = [
  { name: 'phone-light', viewport: { width: 375, height: 667 }, colorScheme: 'light' },
  { name: 'phone-dark', viewport: { width: 375, height: 667 }, colorScheme: 'dark' },
  { name: 'desktop-light', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
] as const;

interface View {
  name: string;
  /** The address behind the hash. */
  hash: string;
  /** What is done there before the picture. */
  prepare?: (page: Page) => Promise<void>;
}

const views: Record<'operator' | 'client', View[]> = {
  operator: [
    { name: 'first-steps', hash: '#/', prepare: showEmpty },
    { name: 'overview', hash: '#/' },
    { name: 'clients', hash: '#/clients' },
    { name: 'new-client', hash: '#/new-client', prepare: submitEmpty },
    { name: 'invoices-of-all', hash: '#/invoices' },
    { name: 'month-close', hash: '#/close', prepare: lookAhead },
    { name: 'month-close-question', hash: '#/close', prepare: ask },
    { name: 'attention', hash: '#/attention' },
    { name: 'settings-of-all', hash: '#/settings' },
    { name: 'month', hash: '#/tenants/acme' },
    { name: 'calls', hash: '#/tenants/acme/calls' },
    { name: 'billing', hash: '#/tenants/acme/billing', prepare: tryPlan },
    { name: 'site', hash: '#/tenants/acme/site' },
    { name: 'settings', hash: '#/tenants/acme/settings', prepare: openHours },
    { name: 'phone', hash: '#/tenants/acme/phone' },
    { name: 'connection', hash: '#/tenants/acme/connection', prepare: checkConnection },
    { name: 'invoices', hash: '#/tenants/acme/invoices' },
    { name: 'invoice', hash: '#/tenants/acme/invoices', prepare: openInvoice },
    { name: 'credit-note', hash: '#/tenants/acme/invoices', prepare: beginCreditNote },
  ],
  client: [
    { name: 'month', hash: '#/' },
    { name: 'calls', hash: '#/calls' },
    { name: 'invoices', hash: '#/invoices' },
    { name: 'invoice', hash: '#/invoices', prepare: openInvoice },
  ],
};

/** @param folder exists */
export async function shootPortal(folder: string): Promise<void> {
  const stage = await openStage({ pastCalls: true });
  try {
    await leaveWork(stage);
    for (const { name: look, ...options } of looks) {
      for (const role of ['operator', 'client'] as const) {
        const { url } = await stage.demo.operator.signInLink(role === 'client' ? 'acme' : undefined);
        const visit = await stage.visit(url, options);
        const { page } = visit;
        let number = 0;
        const shoot = async (view: string) => {
          const file = `${look}-portal-${role}-${String(number++).padStart(2, '0')}-${view}.png`;
          await page.screenshot({ path: join(folder, file), fullPage: true });
        };
        await shoot('sign-in');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('button', { name: 'Sign out' }).waitFor();
        for (const { name, hash, prepare } of views[role]) {
          await show(page, hash);
          await prepare?.(page);
          await shoot(name);
          await page.keyboard.press('Escape');
        }
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
        await shoot('signed-out');
        await visit.leave();
      }
    }
  } finally {
    await stage.close();
  }
}

/** A month to close in two currencies, refused pages, prepaid credit. */
async function leaveWork({ demo }: Stage): Promise<void> {
  const now = new Date();
  const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  const from = lastMonth.toISOString().slice(0, 10);
  const rates = [{ channels: ['web', 'inbound', 'outbound', 'chat'], price: { kind: 'free' } }];
  const flat = { name: 'Flat', monthlyFeeCents: 12_900, rates };
  await demo.operator.setPlan('try-hang-up', { ...flat, currency: 'usd' }, from);
  await demo.operator.setPlan('try-slow', { ...flat, currency: 'eur' }, from);
  for (const origin of ['https://staging.acme-bakery.example', 'https://a-site-that-copied-it.example']) {
    const body = JSON.stringify({ tenant: 'acme' });
    await fetch(`${demo.server}/v1/sessions`, { method: 'POST', headers: { origin }, body });
  }
  await fetch(`${demo.server}/v1/tenants/acme/credits`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ amountCents: 10_000, note: 'Paid in advance' }),
  });
}

async function show(page: Page, hash: string): Promise<void> {
  // Through an empty view, so that a view that is already shown starts again.
  for (const to of ['#/nowhere', hash]) {
    await page.evaluate((address) => {
      location.hash = address;
    }, to);
    await page.locator('main h1').waitFor();
  }
  await page.locator('section').first().waitFor();
  await page.locator('.waiting').first().waitFor({ state: 'detached' });
}

async function showEmpty(page: Page): Promise<void> {
  const list = '**/v1/billing/tenants?*';
  const totals = { tenants: 0, calls: 0, seconds: 0, costMicros: 0, callsWithoutCost: 0 };
  const rest = { ...totals, prices: [], unpriced: 0, asOf: null };
  const empty: ClientsAnswer = { month: '2026-11', tenants: [], totals: rest, nextCursor: null };
  await page.route(list, (route) => route.fulfill({ json: empty }));
  await show(page, '#/');
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await page.unroute(list);
}

async function submitEmpty(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').waitFor();
}

async function lookAhead(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'See what would be issued' }).click();
  await page.getByRole('table', { name: 'What would be issued' }).waitFor();
}

async function ask(page: Page): Promise<void> {
  await lookAhead(page);
  await page.getByRole('button', { name: /^Issue/ }).click();
  await page.getByRole('dialog').waitFor();
}

async function tryPlan(page: Page): Promise<void> {
  await page.getByLabel('Pricing model').selectOption('graduated');
  await page.getByRole('button', { name: 'What would it have cost?' }).click();
  await page.getByRole('table', { name: 'The month under this plan' }).waitFor();
}

async function openHours(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set opening hours' }).click();
}

async function checkConnection(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Check the connection' }).click();
  await page.getByText(/^Checked: /).waitFor();
}

async function openInvoice(page: Page): Promise<void> {
  await page.locator('tbody a').first().click();
  await page.locator('button[aria-label*="on line"]').first().click();
  await page.getByRole('table', { name: 'Calls on this line' }).waitFor();
}

async function beginCreditNote(page: Page): Promise<void> {
  await page.locator('tbody a').first().click();
  await page.getByRole('button', { name: 'Credit note' }).click();
  await page.getByLabel('What to credit').selectOption('lines');
}
