/** The portal's views with the demo's month, for `npm run screenshots`. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openStage } from './e2e/support/stage.ts';

const looks = [
  { name: 'phone-light', viewport: { width: 375, height: 667 }, colorScheme: 'light' },
  { name: 'phone-dark', viewport: { width: 375, height: 667 }, colorScheme: 'dark' },
  { name: 'desktop-light', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
] as const;

/** By role: name of the picture, and the address behind the hash. */
const views = {
  operator: [
    ['clients', '#/'],
    ['attention', '#/attention'],
    ['month', '#/tenants/acme'],
    ['calls', '#/tenants/acme/calls'],
    ['invoices', '#/tenants/acme/invoices'],
  ],
  client: [
    ['month', '#/'],
    ['calls', '#/calls'],
    ['invoices', '#/invoices'],
  ],
} as const;

/** @param folder exists */
export async function shootPortal(folder: string): Promise<void> {
  const stage = await openStage({ pastCalls: true });
  try {
    for (const { name: look, ...options } of looks) {
      for (const role of ['operator', 'client'] as const) {
        const { url } = await stage.demo.operator.signInLink(role === 'client' ? 'acme' : undefined);
        const visit = await stage.visit(url, options);
        const { page } = visit;
        const shoot = (view: string) =>
          page.screenshot({ path: join(folder, `${look}-portal-${role}-${view}.png`), fullPage: true });
        await shoot('0-sign-in');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('button', { name: 'Sign out' }).waitFor();
        for (const [index, [view, hash]] of views[role].entries()) {
          await show(page, hash);
          await shoot(`${index + 1}-${view}`);
        }
        await page.locator('tbody a').first().click();
        await page.locator('button[aria-expanded]').first().click();
        await page.getByRole('table', { name: 'Calls of this line' }).waitFor();
        await shoot('6-invoice');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
        await shoot('7-signed-out');
        await visit.leave();
      }
    }
  } finally {
    await stage.close();
  }
}

async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await page.locator('main h1').waitFor();
  await page.locator('section').first().waitFor();
  await page.locator('.waiting').waitFor({ state: 'detached' });
}
