/**
 * `npm run pictures`: what a webmaster sees when the agent is on the site, closed, open and refused, as small pictures
 * for the pages in `widget/installs`. They are checked in: look at them before.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inState, openHostPages } from './e2e/support/host-page.ts';

const folder = join(import.meta.dirname, '..', 'widget', 'installs', 'pictures');
const site = `<style>body{margin:0;font:16px/1.6 system-ui;padding:24px 32px;color:#222;background:#fff}</style>
  <h1>Bread of your town</h1><p>Baked at four, sold from six.</p>`;
const size = { width: 640, height: 440 };

const pages = await openHostPages();
try {
  await mkdir(folder, { recursive: true });
  const looks = { name: 'Acme Bakery', appearance: { accentColor: '#9a3412' } };
  await pages.addTenant('bakery', looks);
  await pages.addTenant('elsewhere', { ...looks, allowedOrigins: ['https://www.acme-bakery.example'] });
  for (const tenant of ['bakery', 'elsewhere']) {
    const body = `${site}${pages.script}<vapi-agent tenant="${tenant}" style="--vapi-agent-accent: #9a3412"></vapi-agent>`;
    const visit = await pages.open(body, { viewport: size, reducedMotion: 'reduce' });
    const shoot = (name: string) => visit.page.screenshot({ path: join(folder, `${name}.png`) });
    const { agent } = visit;
    await agent.locator('[part=launcher]').waitFor();
    if (tenant === 'bakery') {
      await shoot('closed');
      await agent.evaluate((element: HTMLElement & { show(): void }) => element.show());
      await agent.getByRole('heading').waitFor();
      await shoot('open');
    } else {
      await agent.locator('[part=launcher]').click();
      await inState(agent, 'error');
      await shoot('not-allowed');
    }
    await visit.leave([/Failed to load resource/, /vapi-agent/]);
  }
} finally {
  await pages.close();
}
