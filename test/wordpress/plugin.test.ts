/**
 * The plugin on real WordPress sites, from the zip to its removal: the oldest version that it supports on the oldest
 * PHP and on Debian's, and the newest version that can be had on the newest PHP.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
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
  { wordpress: oldest, php: 'native' },
  { wordpress: oldest, php: '7.4' },
  { wordpress: newest, php: '8.5' },
]) {
  describe(`WordPress ${wordpress.version}, PHP ${php === 'native' ? 'of this system' : php}`, () => {
    let site: Site;
    let admin: Admin;
    let optionsBefore: string[];
    let blockPage: string;

    before(async () => {
      site = await startSite({ pieces, wordpress, php });
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

    test('"test connection" says what is wrong and which origin to allow', async () => {
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
      await allowOrigin(site.url);
      assert.equal(await testConnection(admin, `${demo.server}/`, 'Acme'), 'Connected to “Acme Bakery”.');
    });

    test('site-wide: a visitor talks to the agent, and the call is in the ledger', async () => {
      await admin.page.getByLabel('On every page').check();
      await saveSettings(admin);
      const visit = await visitor('/');
      const agent = visit.page.locator('vapi-agent');
      assert.equal(await agent.count(), 1);
      assert.deepEqual(await attributesOf(visit), {
        tenant: 'acme',
        server: stage.demo.server,
        mode: 'voice',
        size: 'medium',
        state: 'idle',
      });
      const script = visit.page.locator('script[src$="/widget.js"]');
      assert.equal(await script.count(), 1);
      assert.equal(await script.getAttribute('type'), 'module');
      assert.equal(await script.getAttribute('data-cfasync'), 'false');
      assert.equal(await script.getAttribute('data-no-optimize'), '1');
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

    test('the shortcode takes every attribute and lets nothing else through', async () => {
      const good = `[vapi_agent label="Bread &amp; rolls" placement="top-left" theme="dark" size="small" mode="hybrid" lang="pt-BR" tenant="fern-garden" variables='{"page": "prices"}']`;
      const bad = `[vapi_agent label='"><script>alert(1)</script>' placement="x onload=y" server="https://evil.example" tenant='"><i>' variables="no" lang="&quot;" onclick="alert(1)" style="x"]`;
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
        server: stage.demo.server,
        mode: 'hybrid',
        placement: 'top-left',
        theme: 'dark',
        size: 'small',
        lang: 'pt-BR',
        label: 'Bread & rolls',
        variables: '{"page":"prices"}',
        state: 'idle',
      });
      const { tenant, server, placement } = second ?? {};
      assert.deepEqual(
        { tenant, server, placement },
        { tenant: 'acme', server: stage.demo.server, placement: 'inline' },
      );
      for (const name of ['onclick', 'style', 'variables', 'lang']) assert.equal(second?.[name], undefined);
      assert.equal(await visit.page.locator('script', { hasText: 'alert(1)' }).count(), 0);
      await leave(visit);
    });

    test('chosen pages: the launcher is there and nowhere else', async () => {
      const id = await site.help('page', { title: 'Prices', content: 'Rye: 4' });
      await openSettings(admin);
      await admin.page.getByLabel('Only on what is chosen below').check();
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

    test('a theme of the older kind prints the module once, too', async () => {
      await site.help('theme', { name: 'classic' });
      const visit = await visitor(blockPage);
      assert.equal(await visit.page.locator('script[type=module][src$="/widget.js"]').count(), 1);
      await visit.page.locator('vapi-agent[state=idle]').waitFor();
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

    test('only who may manage options sees the settings, and only this form can change them', async () => {
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

/** WordPress's own pages ask the internet for emoji and fonts; nothing else may be complained about. */
async function leave(visit: Visit): Promise<void> {
  await visit.leave([/net::ERR_/]);
}

async function attributesOf({ page }: Visit): Promise<Record<string, string>> {
  const agent = page.locator('vapi-agent');
  await agent.and(page.locator('[state]')).waitFor({ state: 'attached' });
  return agent.evaluate((element) =>
    Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
  );
}

async function allowOrigin(origin: string): Promise<void> {
  const response = await fetch(`${stage.demo.server}/v1/tenants/acme/allowed-origins`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.demo.operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ origin }),
  });
  assert.equal(response.status, 200);
}
