/** Settings that no admin page has checked: from code, from older forms, on large sites. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';
import { type Admin, closeBrowser, logIn, openSettings, saveSettings } from './admin.ts';
import { getPieces, type Pieces } from './pieces.ts';
import { type Site, startSite } from './site.ts';

const zip = join(import.meta.dirname, '..', '..', 'dist', 'installs', 'vapi-agent.zip');
const pieces = getPieces() as Pieces;
const good = { server: 'https://voice.agency.example', tenant: 'acme', where: 'everywhere' };
let site: Site;
let admin: Admin | undefined;

before(async () => {
  site = await startSite({ pieces, wordpress: pieces.wordpress.at(-1)!, php: 'native' });
  const plugins = join(site.folder, 'wp-content', 'plugins');
  for (const [name, content] of Object.entries(unzipSync(readFileSync(zip)))) {
    mkdirSync(dirname(join(plugins, name)), { recursive: true });
    writeFileSync(join(plugins, name), content);
  }
  await site.help('activate');
  await site.help('settings', { value: JSON.stringify(good) });
});
after(async () => {
  await admin?.close();
  await closeBrowser();
  const notices = site.notices();
  // First, because its PHP would keep a failed test from ending.
  await site.close();
  assert.deepEqual(notices, []);
});

test('an invalid host is refused, and the former address stays', async () => {
  for (const server of [
    'voice agency example',
    'https://voice,agency',
    'https://a%20b.example',
    'https://-_-/',
  ]) {
    const clean = await site.help('sanitize', { value: JSON.stringify({ ...good, server }) });
    assert.equal(clean.server, good.server, server);
  }
  for (const [server, kept] of [
    ['Voice-2.Agency.example:8443/voice/', 'https://voice-2.agency.example:8443/voice'],
    ['https://[2001:db8::1]:8787', 'https://[2001:db8::1]:8787'],
    ['http://[::1]:8787', 'http://[::1]:8787'],
  ]) {
    const clean = await site.help('sanitize', { value: JSON.stringify({ ...good, server }) });
    assert.equal(clean.server, kept);
  }
});

test('setting the option outside the admin works, with what was usable', async () => {
  other(`add_action('wp', function () {
    update_option('vapi_agent', array('server' => 'ftp://x', 'tenant' => 'not a slug', 'where' => 'everywhere', 'label' => 'Hi'));
    echo '<i>' . wp_json_encode(array_intersect_key(get_option('vapi_agent'), array_flip(array('server', 'tenant', 'label')))) . '</i>';
  });`);
  const [, stored = ''] = /<i>(.+?)<\/i>/.exec(await home()) ?? [];
  assert.deepEqual(JSON.parse(stored), { server: good.server, tenant: 'acme', label: 'Hi' });
});

test('code that fills in the settings may omit some, and add a slash at the end', async () => {
  other(`add_filter('vapi_agent_settings', fn () => array(
    'server' => 'https://Filled.example/', 'tenant' => 'fern', 'where' => 'everywhere'
  ));`);
  const page = await home();
  assert.match(page, /<vapi-agent tenant="fern" server="https:\/\/filled\.example" /);
  assert.match(page, /src="https:\/\/filled\.example\/widget\.js"/);
});

test('a site with more pages than the list shows says so, accepts their numbers, and keeps what was chosen', async () => {
  other('');
  const last = String(await site.help('pages', { count: '203' }));
  admin = await logIn(site);
  await openSettings(admin);
  const { page } = admin;
  await page.getByText('The list shows 200 pages').waitFor();
  assert.equal(await page.getByLabel('Page 0203', { exact: true }).count(), 0);
  await page.getByLabel('Only where chosen below').check();
  await page.getByLabel('Page 0001', { exact: true }).check();
  await page.getByLabel('Further pages').fill(`${Number(last) - 1}, ${last}`);
  for (const _time of ['taken', 'kept']) {
    await saveSettings(admin);
    for (const title of ['Page 0001', 'Page 0202', 'Page 0203'])
      assert.ok(await page.getByLabel(title, { exact: true }).isChecked(), title);
    assert.equal(await page.getByLabel('Page 0201', { exact: true }).count(), 0);
  }
  const shown = await (await fetch(`${site.url}/?page_id=${last}`)).text();
  assert.match(shown, /<vapi-agent tenant="acme"/);
  assert.doesNotMatch(await home(), /<vapi-agent/);
  await site.help('settings', { value: JSON.stringify(good) });
});

async function home(): Promise<string> {
  const answer = await fetch(site.url);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return text;
}

/** Another plugin's change. */
function other(code: string): void {
  const folder = join(site.folder, 'wp-content', 'mu-plugins');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'other.php'), `<?php\n${code}\n`);
}
