/**
 * `npm run screenshots`: every state of the element at a phone's and a desktop's size, light and dark, and from right to
 * left, and the portal's views, into `screenshots/`. To be looked at by a person; the tests check what a machine can.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPage, type HostPages, inState, openHostPages } from './e2e/support/host-page.ts';
import { shootPortal } from './portal-screenshots.ts';

const folder = join(import.meta.dirname, '..', 'screenshots');
const page = `<style>body{margin:0;font:16px/1.6 system-ui;padding:24px;color-scheme:light dark}</style>
  <h1>A business of your town</h1><p>${'What we do, and how to find us. '.repeat(40)}</p>`;

type Shoot = (name: string) => Promise<void>;

/** Each goes through some states of one element and shoots them. */
const scenes: Record<string, (visit: HostPage, shoot: Shoot) => Promise<void>> = {
  async lab({ agent, page }, shoot) {
    await agent.locator('[part=launcher]').waitFor();
    await shoot('1-closed');
    await agent.evaluate((element: HTMLElement & { show(): void }) => element.show());
    await agent.getByRole('heading').waitFor();
    await shoot('2-open');
    await agent.locator('[data-main]').click();
    await inState(agent, 'live');
    await agent.locator('.line').nth(1).waitFor();
    await shoot('4-live');
    await agent.locator('[part~=settings]').first().click();
    await agent.locator('select').first().waitFor();
    await shoot('5-settings');
    await agent.locator('[part~=settings]').last().click();
    await agent.evaluate((element: HTMLElement & { close(): void }) => element.close());
    await shoot('6-minimised');
    await agent.evaluate((element: HTMLElement & { show(): void }) => element.show());
    await agent.locator('[part~=end]').click();
    await inState(agent, 'ended');
    await agent.locator('[part~=rate]').last().click();
    await agent.locator('textarea').waitFor();
    await page.mouse.move(0, 0);
    await shoot('7-ended');
  },
  async consent({ agent }, shoot) {
    await agent.locator('[part=launcher]').click();
    await agent.locator('[part=consent]').waitFor();
    await shoot('3-consent');
  },
  async writes({ agent }, shoot) {
    await agent.evaluate((element) => element.setAttribute('mode', 'hybrid'));
    await agent.locator('[part=launcher]').click();
    await agent.locator('textarea').fill('Do you still have rye bread today?');
    await agent.locator('textarea').press('Enter');
    await agent.locator('.line.assistant').waitFor();
    await agent.locator('.note:empty').waitFor({ state: 'attached' });
    await shoot('9-chat');
  },
  async closed({ agent }, shoot) {
    await agent.locator('[part=launcher]').click();
    await inState(agent, 'error');
    await shoot('8-error');
  },
};

const looks = [
  { name: 'phone-light', viewport: { width: 375, height: 667 }, colorScheme: 'light', lang: 'en' },
  { name: 'phone-dark', viewport: { width: 375, height: 667 }, colorScheme: 'dark', lang: 'en' },
  { name: 'desktop-light', viewport: { width: 1280, height: 800 }, colorScheme: 'light', lang: 'en' },
  { name: 'desktop-dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark', lang: 'en' },
  { name: 'phone-rtl', viewport: { width: 375, height: 667 }, colorScheme: 'light', lang: 'ar' },
  { name: 'desktop-rtl', viewport: { width: 1280, height: 800 }, colorScheme: 'light', lang: 'ar' },
  { name: 'zoom-400', viewport: { width: 320, height: 256 }, colorScheme: 'light', lang: 'de' },
  {
    name: 'forced-colors',
    viewport: { width: 1280, height: 800 },
    colorScheme: 'dark',
    lang: 'en',
    forcedColors: 'active',
  },
] as const;

const pages: HostPages = await openHostPages();
try {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await pages.addTenant('consent', {
    name: 'Riverside Dental',
    appearance: { accentColor: '#ffd400' },
    consent: {
      version: '1',
      text: 'We record this call and keep the recording for thirty days, so that we can check what was agreed.\n\nYou talk with an assistant, not with a person.',
      linkUrl: 'https://example.com/privacy',
    },
  });
  await pages.addTenant('writes', {
    name: 'Acme Bakery',
    modes: ['hybrid'],
    appearance: { accentColor: '#9a3412' },
  });
  await pages.addTenant('closed', {
    name: 'Fern Lane Garden Centre',
    appearance: { accentColor: '#3f6212' },
    limits: { hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '03:00', to: '03:01' }] },
  });
  for (const { name: look, lang, ...context } of looks) {
    for (const [tenant, scene] of Object.entries(scenes)) {
      const root = `lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}"`;
      const body = `${page}${pages.script}<vapi-agent tenant="${tenant}"></vapi-agent>`;
      const visit = await pages.open(body, { ...context, root, reducedMotion: 'reduce' });
      await scene(visit, async (name) => {
        await visit.page.screenshot({ path: join(folder, `${look}-${name}.png`) });
      });
      await visit.leave([/Failed to load resource/]);
    }
    process.stdout.write(`${look}\n`);
  }
} finally {
  await pages.close();
}
await shootPortal(folder);
process.stdout.write('portal\n');
