/**
 * The README's two pictures, into `docs/`, as a part of `npm run pictures`: a call on the demo's bakery page, and that
 * client's month in the portal. WebP, which Chromium itself encodes. They are checked in: look at them first.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { inState } from './e2e/support/host-page.ts';
import { openStage } from './e2e/support/stage.ts';

const folder = join(import.meta.dirname, '..', 'docs');
const viewport = { width: 960, height: 640 };

const stage = await openStage({ pastCalls: true });
try {
  const site = await stage.visit(`${stage.demo.site}/acme`, { viewport, colorScheme: 'light' });
  const agent = site.page.locator('vapi-agent[tenant=acme]');
  await agent.locator('[part=launcher]').click();
  await inState(agent, 'live');
  await agent.locator('.line').nth(2).waitFor();
  await shoot(site.page, 'element.webp');
  await site.leave();

  const { url } = await stage.demo.operator.signInLink();
  const portal = await stage.visit(url, { viewport: { width: 1120, height: 800 }, colorScheme: 'light' });
  await portal.page.getByRole('button', { name: 'Sign in' }).click();
  await portal.page.getByRole('button', { name: 'Sign out' }).waitFor();
  await portal.page.evaluate(() => {
    location.hash = '#/tenants/acme';
  });
  await portal.page.locator('section').first().waitFor();
  await portal.page.locator('.waiting').first().waitFor({ state: 'detached' });
  await shoot(portal.page, 'portal.webp');
  await portal.leave();
} finally {
  await stage.close();
}

async function shoot(page: Page, name: string): Promise<void> {
  const png = (await page.screenshot()).toString('base64');
  const blank = await page.context().newPage();
  const webp = await blank.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.85).split(',')[1] ?? '';
  }, png);
  await blank.close();
  await writeFile(join(folder, name), Buffer.from(webp, 'base64'));
}
