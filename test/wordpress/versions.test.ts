/** Networks of sites, and every PHP between the oldest and the newest. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import { getPieces, type Pieces } from './pieces.ts';
import { type Site, type SiteOptions, startSite } from './site.ts';

const zip = join(import.meta.dirname, '..', '..', 'dist', 'installs', 'vapi-agent.zip');
const pieces = getPieces() as Pieces;
const [oldest, middle] = pieces.wordpress;
const newest = pieces.wordpress.at(-1);
const settings = { server: 'https://voice.agency.example', tenant: 'acme', where: 'everywhere' };

test('on a network each site has its own settings, and deleting the plugin removes all of them', async () => {
  await withSite({ wordpress: newest!, php: 'native', multisite: true }, async (site) => {
    await site.help('second-site');
    assert.equal(await site.help('activate', { network: '1' }), null);
    assert.equal(await site.help('network-settings'), 2);
    assert.deepEqual(await site.help('network-uninstall'), { 1: null, 2: null });
    assert.deepEqual(site.notices(), []);
  });
});

// The whole flow runs on the oldest and the newest of both.
for (const { php, wordpress } of [
  { php: '8.0', wordpress: oldest! },
  { php: '8.1', wordpress: oldest! },
  { php: '8.3', wordpress: middle! },
  { php: '8.4', wordpress: newest! },
]) {
  test(`PHP ${php} with WordPress ${wordpress.version}: pages and settings cause no notice`, async () => {
    await withSite({ wordpress, php }, async (site) => {
      assert.equal(await site.help('activate'), null);
      await site.help('settings', { value: JSON.stringify(settings) });
      const home = await (await fetch(site.url)).text();
      assert.match(home, /<vapi-agent tenant="acme" server="https:\/\/voice\.agency\.example" /);
      const script =
        /<script[^>]*src="https:\/\/voice\.agency\.example\/widget\.js"[^>]*>/.exec(home)?.[0] ?? '';
      assert.match(script, / type="module"/);
      assert.match(script, / data-cfasync="false".* src=/);
      const odd = {
        server: ['x'],
        tenant: { a: 1 },
        pages: 'no',
        post_types: [['x']],
        label: '<b>Talk</b>',
        more: 1,
      };
      const clean = await site.help('sanitize', { value: JSON.stringify(odd) });
      assert.deepEqual([clean.server, clean.tenant, clean.label, clean.more], ['', '', 'Talk', undefined]);
      assert.deepEqual(site.notices(), []);
    });
  });
}

async function withSite(
  options: Omit<SiteOptions, 'pieces'>,
  act: (site: Site) => Promise<void>,
): Promise<void> {
  const site = await startSite({ ...options, pieces });
  try {
    for (const [name, content] of Object.entries(unzipSync(readFileSync(zip)))) {
      const path = join(site.folder, 'wp-content', 'plugins', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    await act(site);
  } finally {
    await site.close();
  }
}
