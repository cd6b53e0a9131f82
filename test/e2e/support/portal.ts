/** A person at the portal: signs in by a link, goes from view to view, reads what is there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { ClientRole } from '../../../server/contract.ts';
import type { TestServer } from '../../support/test-server.ts';
import { farMs } from '../../support/time-limit.ts';
import { moveClock } from './page-clock.ts';
import { recordTraffic, type Traffic } from './traffic.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface PortalVisit {
  page: Page;
  traffic: Traffic;
  /** To a view, by the part of the address behind the hash. */
  go(hash: string, heading: string): Promise<void>;
  /** Fails on any console message. @param expected the browser's own messages about refused requests */
  leave(expected?: RegExp): Promise<void>;
}

export interface VisitOptions {
  width?: number;
  dark?: boolean;
  /** Of the browser, by default English. */
  locale?: string;
  /** As a person of the client; by default as someone with a link, who sees what a viewer does. */
  role?: ClientRole;
}

/** Signs in as a person does: opens the link, presses the button. @param tenant null = the operator */
export async function openPortal(
  browser: Browser,
  server: TestServer,
  tenant: string | null,
  options: VisitOptions = {},
): Promise<PortalVisit> {
  const { role } = options;
  const link = role
    ? await server.operator('POST', `/v1/tenants/${tenant}/invitations`, {
        email: `${role}${options.locale ?? ''}@client.example`,
        role,
      })
    : await server.operator('POST', '/v1/sign-in-links', tenant ? { tenant } : {});
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 800 },
    colorScheme: options.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    ...(options.locale ? { locale: options.locale } : {}),
  });
  context.setDefaultTimeout(farMs);
  await moveClock(context);
  const page = await context.newPage();
  const said: string[] = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'warning' || message.type() === 'error') said.push(message.text());
  });
  const traffic = await recordTraffic(page);
  await page.goto(link.body.url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('header .end button').waitFor();
  return {
    page,
    traffic,
    async go(hash, heading) {
      await page.evaluate((to) => {
        location.hash = to;
      }, hash);
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      // One after another, if a view waits for several things.
      await page.locator('.waiting').first().waitFor({ state: 'detached' });
    },
    async leave(expected) {
      await context.close();
      assert.deepEqual(
        said.filter((text) => !expected?.test(text)),
        [],
      );
    },
  };
}
/** @param rules all of axe's by default */
export async function checkLooks(page: Page, what: string, rules?: string[]): Promise<void> {
  // Evaluated from outside, which no policy of the page forbids; it stays while only the view changes.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const faults = await page.evaluate(async (only) => {
    const { run } = (window as unknown as { axe: typeof import('axe-core') }).axe;
    const options = {
      resultTypes: ['violations' as const],
      preload: false,
      ...(only ? { runOnly: only } : {}),
    };
    const { violations }: AxeResults = await run(document, options);
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  }, rules);
  assert.deepEqual(faults, [], what);
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(tooWide <= 0, `${what} is ${tooWide} pixels too wide`);
}

/** The value under that name in the list of figures. */
export async function figure(page: Page, name: string): Promise<string> {
  const term = page.locator('dl.figures dt', { hasText: new RegExp(`^${name}$`) });
  return (await term.locator('xpath=following-sibling::dd').innerText()).trim();
}

/** The table's rows, cell by cell. */
export async function rows(page: Page, caption: string): Promise<string[][]> {
  const table = page.getByRole('table', { name: caption });
  const lines = await table.locator('tbody tr').all();
  return Promise.all(
    lines.map(async (line) => (await line.locator('th, td').allInnerTexts()).map((text) => text.trim())),
  );
}
