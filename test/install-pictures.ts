/**
 * `npm run pictures`: a webmaster's view as small pictures for the pages in `widget/installs`: the agent on the site,
 * closed, open and refused; a field for custom code with the snippet in it; the plugin in a real WordPress, if there is
 * one. They are checked in: look at them before.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { snippetFor } from '../server/snippets.ts';
import { inState, openHostPages } from './e2e/support/host-page.ts';
import { takeWordPressPictures } from './wordpress/pictures.ts';

const folder = join(import.meta.dirname, '..', 'widget', 'installs', 'pictures');
const site = `<style>body{margin:0;font:16px/1.6 system-ui;padding:24px 32px;color:#222;background:#fff}</style>
  <h1>Bread of your town</h1><p>Baked at four, sold from six.</p>`;
const size = { width: 640, height: 440 };
const { snippet } = snippetFor({
  ...{ platform: 'html', server: 'https://voice.agency.example', tenant: 'acme', mode: 'voice' },
  ...{ appearance: {}, rejoinCalls: false, label: null },
});
/** A drawing of what most builders have; not any builder's real page. */
const codeField = `<style>body{margin:0;font:15px/1.5 system-ui;padding:24px 32px;color:#222;background:#f4f4f5}
  label{font-weight:600}textarea{box-sizing:border-box;width:100%;height:96px;margin:6px 0 4px;padding:10px;
  font:13px/1.5 ui-monospace,monospace;border:1px solid #aaa;border-radius:6px;resize:none}p{margin:0 0 18px;color:#555}
  b{display:inline-block;padding:8px 20px;border-radius:6px;background:#222;color:#fff}</style>
  <label>Head code<textarea style="height:44px"></textarea></label><p>Nothing goes here.</p>
  <label>Footer code, before &lt;/body&gt;<textarea>${snippet.replaceAll('<', '&lt;')}</textarea></label>
  <p>The two lines, as your agency has sent them.</p><b>Save and publish</b>`;

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
  const field = await pages.open(codeField, { viewport: { width: 640, height: 400 } });
  await field.page.screenshot({ path: join(folder, 'code-field.png') });
  await field.leave();
  await takeWordPressPictures(folder, pages);
} finally {
  await pages.close();
}
