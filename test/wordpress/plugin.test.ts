/**
 * The plugin on real WordPress sites, from the zip to its removal: the oldest supported version on the oldest PHP, and
 * the newest available version on the newest PHP.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { countsOneCall, talkAndHangUp } from '../e2e/support/call.ts';
import { openStage, type Stage, type Visit } from '../e2e/support/stage.ts';
import {
  type Admin,
  addBlock,
  assertOpensAgain,
  closeBrowser,
  deletePlugin,
  installPlugin,
  logIn,
  openSettings,
  saveSettings,
  testConnection,
} from './admin.ts';
import { getPieces, type Pieces } from './pieces.ts';
import { type Site, startSite } from './site.ts';

const zip = join(import.meta.dirname, '..', '..', 'dist', 'installs', 'vapi-agent.zip');
const pieces = getPieces() as Pieces;
const oldest = pieces.wordpress[0]!;
const newest = pieces.wordpress.at(-1)!;

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(async () => {
  await closeBrowser();
  await stage.close();
});

for (const { wordpress, php } of [
  { wordpress: oldest, php: '7.4' },
  { wordpress: newest, php: '8.5' },
]) {
  describe(`WordPress ${wordpress.version}, PHP ${php}`, () => {
    let site: Site;
    let admin: Admin;
    let optionsBefore: string[];
    let blockPage: string;

    before(async () => {
      site = await startSite({ pieces, wordpress, php });
      addOtherPlugin(site);
      admin = await logIn(site);
      // What WordPress stores when the pages are first opened is not ours.
      await admin.page.goto(`${site.url}/wp-admin/plugins.php`);
      optionsBefore = await site.help('options');
    });
    after(async () => {
      await admin?.close();
      await site?.close();
    });

    test('the zip is installed and activated through the admin, and visitors see nothing yet', async () => {
      await installPlugin(admin, zip);
      const visit = await visitor('/');
      assert.equal(await visit.page.locator('vapi-agent').count(), 0);
      assert.equal(await visit.page.locator('script[src$="/widget.js"]').count(), 0);
      await leave(visit);
    });

    test('"test connection" reports what is wrong and which origin to allow', async () => {
      const { demo } = stage;
      await openSettings(admin);
      assert.match(await testConnection(admin, '', 'acme'), /Fill in/);
      assert.match(await testConnection(admin, 'http://localhost:9', 'acme'), /Nothing answers at/);
      assert.match(await testConnection(admin, `${demo.site}`, 'acme'), /not the backend/);
      for (const tenant of ['acme', 'nobody']) {
        const told = await testConnection(admin, demo.server, tenant);
        assert.match(told, new RegExp(`no client “${tenant}”`));
        assert.ok(told.includes(`exactly this origin: ${site.url}`), told);
      }
      await acme('POST', '/allowed-origins', { origin: site.url });
      assert.equal(await testConnection(admin, `${demo.server}/`, 'Acme'), 'Connected to “Acme Bakery”.');
    });

    test('"test connection" reports a pause, and does not judge a site that it cannot see from here', async () => {
      const { demo } = stage;
      await acme('POST', '/pause');
      assert.match(await testConnection(admin, demo.server, 'acme'), /“Acme Bakery”\. It is paused/);
      await acme('POST', '/resume');
      await admin.page.locator('#vapi-agent-test').evaluate((button) => {
        button.dataset.home = 'https://shop.example';
      });
      assert.match(
        await testConnection(admin, demo.server, 'acme'),
        /which this page cannot test\..*: https:\/\/shop\.example$/,
      );
      const refused = await testConnection(admin, demo.server, 'nobody');
      assert.match(refused, /cannot test it.*exactly this origin is allowed: https:\/\/shop\.example,/);
      assert.ok(refused.includes(`this page (${site.url})`), refused);
    });

    test('the client’s looks are read from the backend, shown, and stored when the settings are saved', async () => {
      const appearance = { placement: 'top-left', theme: 'dark', accentColor: '#9a3412', radius: 8 };
      await acme('PATCH', '', { appearance, texts: { launcher: 'Frag "uns" früh' }, rejoinCalls: true });
      await openSettings(admin);
      const { page } = admin;
      await page.getByLabel('Backend URL').fill(stage.demo.server);
      await page.getByLabel('Client name').fill('acme');
      await page.getByLabel('On every page').check();
      // Nothing else is pressed; that the backend is still being asked does no harm.
      await saveSettings(admin);
      const taken = (field: string) => page.getByLabel(field, { exact: true }).locator('option').first();
      assert.equal(await taken('Corner').textContent(), 'As the client is set up: Top left');
      assert.equal(await taken('Light or dark').textContent(), 'As the client is set up: Dark');
      assert.equal(await taken('What a click does').textContent(), 'As the client is set up: Starts a call');
      assert.equal(
        await taken('Continue a call from page to page').textContent(),
        'As the client is set up: Yes',
      );
      const hint = (field: string) => page.getByLabel(field, { exact: true }).getAttribute('placeholder');
      assert.deepEqual(
        [await hint('Text on the button'), await hint('Colour')],
        ['Frag "uns" früh', '#9a3412'],
      );
    });

    test('the launcher stays where it is, in its colour, as the pointer comes near', async () => {
      const visit = await visitor('/');
      assert.deepEqual(await attributesOf(visit), {
        tenant: 'acme',
        server: stage.demo.server,
        mode: 'voice',
        placement: 'top-left',
        theme: 'dark',
        size: 'medium',
        label: 'Frag "uns" früh',
        style: '--vapi-agent-accent: #9a3412; --vapi-agent-radius: 8px',
        rejoin: '',
      });
      const launcher = visit.page.locator('vapi-agent [part=launcher]');
      const sight = async () => ({
        box: await launcher.boundingBox(),
        colour: await launcher.evaluate((button) => getComputedStyle(button).backgroundColor),
      });
      const before = await sight();
      assert.equal(before.colour, 'rgb(154, 52, 18)');
      const settings = visit.page.waitForResponse((response) => response.url().endsWith('/v1/widget/acme'));
      await launcher.hover();
      await (await settings).finished();
      await visit.page.waitForFunction(
        () => document.querySelector('vapi-agent')?.shadowRoot?.lastElementChild?.tagName !== 'BUTTON',
      );
      assert.deepEqual(await sight(), before);
      await leave(visit);
      await acme('PATCH', '', { appearance: {}, texts: {}, rejoinCalls: false });
      await openSettings(admin);
      await saveSettings(admin);
    });

    test('site-wide: a visitor talks to the agent, and the call is in the ledger', async () => {
      const visit = await visitor('/');
      const agent = visit.page.locator('vapi-agent');
      assert.equal(await agent.count(), 1);
      const script = visit.page.locator('script[src$="/widget.js"]');
      assert.equal(await script.count(), 1);
      assert.equal(await script.getAttribute('type'), 'module');
      assert.equal(await script.getAttribute('data-cfasync'), 'false');
      assert.equal(await script.getAttribute('data-no-optimize'), '1');
      assert.match(await script.evaluate((tag) => tag.outerHTML), / data-cfasync="false".* src="/);
      const call = await countsOneCall(stage, 'acme', () => talkAndHangUp(visit, 'acme'));
      assert.equal(call.accessMode, 'proxy');
      await leave(visit);
    });

    test('the block is inserted, set up and saved in the editor, and replaces the launcher in the corner', async () => {
      const content = '<!-- wp:paragraph --><p>Rye, wheat, spelt.</p><!-- /wp:paragraph -->';
      const id = String(await site.help('page', { title: 'Call us', content }));
      blockPage = `/?page_id=${id}`;
      await addBlock(admin, id, 'Ask the baker');
      const visit = await visitor(blockPage);
      assert.equal(await visit.page.locator('.wp-block-vapi-agent-agent > vapi-agent').count(), 1);
      assert.equal(await visit.page.locator('vapi-agent').count(), 1);
      assert.equal(await visit.page.locator('script[src$="/widget.js"]').count(), 1);
      const { label, placement, size } = await attributesOf(visit);
      assert.deepEqual(
        { label, placement, size },
        { label: 'Ask the baker', placement: 'inline', size: 'large' },
      );
      await countsOneCall(stage, 'acme', () => talkAndHangUp(visit, 'acme'));
      await leave(visit);
      await assertOpensAgain(admin, id, 'Ask the baker');
    });

    test('content that another plugin renders early and discards does not cost a page its launcher', async () => {
      const corner = await visitor('/?early=1');
      assert.equal(await corner.page.locator('vapi-agent').count(), 1);
      await leave(corner);
      const own = await visitor(`${blockPage}&early=1`);
      assert.equal(await own.page.locator('vapi-agent').count(), 1);
      assert.equal(await own.page.locator('.wp-block-vapi-agent-agent > vapi-agent').count(), 1);
      await leave(own);
    });

    test('the shortcode accepts every attribute and nothing else', async () => {
      const good = `[vapi_agent label="Bread &amp; rolls" placement="top-left" theme="dark" size="small" mode="hybrid" lang="pt-BR" rejoin tenant="fern-garden" assistant="5b0a4a08-2d3e-4c8b-8c57-0f5a8f6a1d11" variables='{"page": "prices"}']`;
      const bad = `[vapi_agent label='"><script>alert(1)</script>' placement="x onload=y" server="https://evil.example" tenant='"><i>' assistant='"><i>' variables="no" lang="&quot;" onclick="alert(1)" style="x"]`;
      const id = await site.help('page', { title: 'Both', content: `${good}\n\n${bad}` });
      const visit = await visitor(`/?page_id=${id}`);
      const [first, second] = await visit.page
        .locator('vapi-agent')
        .evaluateAll((agents) =>
          agents.map((agent) =>
            Object.fromEntries([...agent.attributes].map(({ name, value }) => [name, value])),
          ),
        );
      assert.deepEqual(first, {
        tenant: 'fern-garden',
        assistant: '5b0a4a08-2d3e-4c8b-8c57-0f5a8f6a1d11',
        server: stage.demo.server,
        mode: 'hybrid',
        placement: 'top-left',
        theme: 'dark',
        size: 'small',
        lang: 'pt-BR',
        label: 'Bread & rolls',
        variables: '{"page":"prices"}',
        rejoin: '',
      });
      const { tenant, server, placement } = second ?? {};
      assert.deepEqual(
        { tenant, server, placement },
        { tenant: 'acme', server: stage.demo.server, placement: 'inline' },
      );
      for (const name of ['onclick', 'style', 'variables', 'lang', 'assistant'])
        assert.equal(second?.[name], undefined);
      assert.equal(await visit.page.locator('script', { hasText: 'alert(1)' }).count(), 0);
      await leave(visit);
    });

    test('chosen pages: the launcher is on them and nowhere else', async () => {
      const id = await site.help('page', { title: 'Prices', content: 'Rye: 4' });
      await openSettings(admin);
      await admin.page.getByLabel('Only where chosen below').check();
      await admin.page.getByLabel('Prices', { exact: true }).check();
      await admin.page.getByLabel('Corner', { exact: true }).selectOption('top-left');
      await admin.page.getByLabel('Text on the button').fill('Ask "us" <now>');
      await saveSettings(admin);
      assert.ok(await admin.page.getByLabel('Prices', { exact: true }).isChecked());
      assert.equal(await admin.page.getByLabel('Text on the button').inputValue(), 'Ask "us"');
      const there = await visitor(`/?page_id=${id}`);
      const { placement, label } = await attributesOf(there);
      assert.deepEqual({ placement, label }, { placement: 'top-left', label: 'Ask "us"' });
      await leave(there);
      const elsewhere = await visitor('/');
      assert.equal(await elsewhere.page.locator('vapi-agent').count(), 0);
      assert.equal(await elsewhere.page.locator('script[src$="/widget.js"]').count(), 0);
      await leave(elsewhere);

      await admin.page.getByLabel('Pages', { exact: true }).check();
      await saveSettings(admin);
      const otherPage = await site.help('page', { title: 'Hours', content: 'From six' });
      const byKind = await visitor(`/?page_id=${otherPage}`);
      assert.equal(await byKind.page.locator('vapi-agent[placement=top-left]').count(), 1);
      await leave(byKind);
    });

    test('a chosen page also counts if WordPress shows a list in its place', async () => {
      const news = await site.help('page', { title: 'News', content: '' });
      const catalogue = await site.help('page', { title: 'Catalogue', content: '' });
      await site.help('option', { name: 'show_on_front', value: 'page' });
      await site.help('option', { name: 'page_for_posts', value: String(news) });
      await openSettings(admin);
      await admin.page.getByLabel('Pages', { exact: true }).uncheck();
      for (const name of ['News', 'Catalogue']) await admin.page.getByLabel(name, { exact: true }).check();
      await saveSettings(admin);
      for (const path of [`/?page_id=${news}`, `/?page_id=${catalogue}`, '/?post_type=loaf']) {
        const visit = await visitor(path);
        assert.equal(await visit.page.locator('vapi-agent').count(), 1, path);
        await leave(visit);
      }
      await site.help('option', { name: 'show_on_front', value: 'posts' });
      const front = await visitor('/');
      assert.equal(await front.page.locator('vapi-agent').count(), 0);
      await leave(front);
    });

    test('an older theme also prints the module once', async () => {
      await site.help('theme', { name: 'classic' });
      const visit = await visitor(blockPage);
      assert.equal(await visit.page.locator('script[type=module][src$="/widget.js"]').count(), 1);
      await visit.page.locator('vapi-agent:defined').waitFor();
      assert.equal(await visit.page.locator('vapi-agent').count(), 1);
      await leave(visit);
    });

    test('bad settings are refused with a reason, and the good ones stay', async () => {
      await openSettings(admin);
      await admin.page.getByLabel('Client name').fill('not a slug!');
      await admin.page.getByLabel('Backend URL').evaluate((field: HTMLInputElement) => {
        field.type = 'text';
        field.value = 'javascript:alert(1)';
      });
      await admin.page.getByRole('button', { name: 'Save Changes' }).click();
      await admin.page.getByText('The client name was not saved').waitFor();
      await admin.page.getByText('The backend URL was not saved').waitFor();
      assert.equal(await admin.page.getByLabel('Client name').inputValue(), 'acme');
      assert.equal(await admin.page.getByLabel('Backend URL').inputValue(), stage.demo.server);
    });

    test('only users who may manage options see the settings, and only this form can change them', async () => {
      await site.help('user', { role: 'editor' });
      const editor = await logIn(site, 'editor');
      const answer = await editor.page.goto(`${site.url}/wp-admin/options-general.php?page=vapi-agent`);
      assert.equal(answer?.status(), 403);
      await editor.close();
      const forged = await admin.page.request.post(`${site.url}/wp-admin/options.php`, {
        form: { option_page: 'vapi_agent', action: 'update', 'vapi_agent[tenant]': 'evil' },
        failOnStatusCode: false,
      });
      assert.equal(forged.status(), 403);
      await openSettings(admin);
      assert.equal(await admin.page.getByLabel('Client name').inputValue(), 'acme');
    });

    test('deactivated and deleted, it leaves neither files nor options nor notices', async () => {
      await deletePlugin(admin);
      assert.ok(!existsSync(join(site.folder, 'wp-content', 'plugins', 'vapi-agent')));
      const left = ((await site.help('options')) as string[]).filter((name) => !optionsBefore.includes(name));
      assert.deepEqual(
        left.filter((name) => /vapi/i.test(name)),
        [],
      );
      const visit = await visitor(blockPage);
      assert.equal(await visit.page.locator('vapi-agent, script[src$="/widget.js"]').count(), 0);
      await leave(visit);
      assert.deepEqual(site.notices(), []);
      assert.deepEqual(admin.errors, []);
    });

    async function visitor(path: string): Promise<Visit> {
      return stage.visit(new URL(path, site.url).href);
    }
  });
}

/** WordPress's own pages load emoji and fonts from the internet; there may be no other complaint. */
async function leave(visit: Visit): Promise<void> {
  await visit.leave([/net::ERR_/]);
}

async function attributesOf({ page }: Visit): Promise<Record<string, string>> {
  const agent = page.locator('vapi-agent');
  await agent.and(page.locator(':defined')).waitFor({ state: 'attached' });
  return agent.evaluate((element) =>
    Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
  );
}

/** The operator's changes to the client. */
async function acme(method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${stage.demo.server}/v1/tenants/acme${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.demo.operatorKey}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  assert.equal(response.status, 200, await response.text());
}

/** Another plugin: a shop whose products have the page "Catalogue" as their list, and which renders content early. */
function addOtherPlugin(site: Site): void {
  const folder = join(site.folder, 'wp-content', 'mu-plugins');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'shop.php'),
    `<?php
add_action('init', fn () => register_post_type('loaf', array('public' => true, 'label' => 'Loaves', 'has_archive' => 'catalogue')));
if (isset($_GET['early'])) {
    foreach (array('wp', 'wp_head') as $hook) {
        add_action($hook, fn () => do_shortcode('[vapi_agent]'));
    }
}
`,
  );
}
