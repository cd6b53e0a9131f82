/** Pictures of the plugin in a real WordPress, for `widget/installs`: its installation, settings and block. */
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { HostPages } from '../e2e/support/host-page.ts';
import {
  addBlock,
  closeBrowser,
  installPlugin,
  logIn,
  openSettings,
  saveSettings,
  testConnection,
} from './admin.ts';
import { getPieces } from './pieces.ts';
import { startSite } from './site.ts';

const zip = join(import.meta.dirname, '..', '..', 'dist', 'installs', 'vapi-agent.zip');
/** As on the pages; in the browser it leads to this run's server. */
const server = 'https://voice.agency.example';

/** @param folder for the pictures; without WordPress, says so and writes none */
export async function takeWordPressPictures(folder: string, pages: HostPages): Promise<void> {
  const pieces = getPieces();
  if (Array.isArray(pieces)) {
    process.stdout.write(`The pictures of WordPress need what is not here:\n${pieces.join('\n')}\n`);
    return;
  }
  const wordpress = pieces.wordpress.at(-1);
  if (!wordpress) return;
  const site = await startSite({ pieces, wordpress, php: 'native' });
  try {
    await pages.addTenant('acme-site', {
      ...{ name: 'Acme Bakery', allowedOrigins: [site.url] },
      appearance: { accentColor: '#9a3412', placement: 'bottom-left' },
    });
    const admin = await logIn(site);
    const { page } = admin;
    await page.setViewportSize({ width: 900, height: 700 });
    await page.route(`${server}/**`, async (route) => {
      const url = route.request().url().replace(server, pages.demo.server).replace('/acme', '/acme-site');
      const answer = await route.fetch({ url });
      const body = (await answer.text()).replace('"tenant":"acme-site"', '"tenant":"acme"');
      await route.fulfill({ response: answer, body });
    });
    const shoot = (place: Locator, name: string) =>
      place.screenshot({ path: join(folder, `wordpress-${name}.png`), animations: 'disabled' });

    await page.goto(`${site.url}/wp-admin/plugin-install.php?tab=upload`);
    await page.locator('input[name=pluginzip]').setInputFiles(zip);
    await shoot(page.locator('.upload-plugin-wrap, .upload-plugin').first(), 'upload');
    await installPlugin(admin, zip);
    await openSettings(admin);
    await testConnection(admin, server, 'acme');
    await page.getByLabel('On every page').check();
    // Read from the backend meanwhile.
    await page
      .locator('#vapi-agent-placement option', { hasText: 'Bottom left' })
      .first()
      .waitFor({ state: 'attached' });
    await shoot(page.locator('#wpbody-content .wrap'), 'settings');
    await saveSettings(admin);
    const content = '<!-- wp:paragraph --><p>Baked at four, sold from six.</p><!-- /wp:paragraph -->';
    const id = String(await site.help('page', { title: 'Ask the baker', content }));
    await page.setViewportSize({ width: 1100, height: 640 });
    await addBlock(admin, id, 'Ask the baker');
    await page.screenshot({ path: join(folder, 'wordpress-block.png'), animations: 'disabled' });
    await admin.close();
  } finally {
    await closeBrowser();
    await site.close();
  }
}
