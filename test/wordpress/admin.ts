/** The site's admin pages in a browser, used as a webmaster uses them. */
import assert from 'node:assert/strict';
import { type Browser, chromium, type FrameLocator, type Page } from 'playwright-core';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { admin, type Site } from './site.ts';

export interface Admin {
  page: Page;
  site: Site;
  /** Uncaught errors of the plugin's own scripts. */
  errors: string[];
  close(): Promise<void>;
}

let browser: Promise<Browser> | undefined;

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

export async function logIn(site: Site, user = admin.name): Promise<Admin> {
  browser ??= chromePath().then((executablePath) => chromium.launch({ executablePath, args: chromeArgs }));
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 900 } });
  // PHP as WebAssembly is slow while other work runs.
  context.setDefaultTimeout(60_000);
  // Avatars, news and emoji of the admin pages come from elsewhere.
  await context.route(/^https?:\/\/(?!localhost)/, (route) => route.abort());
  const page = await context.newPage();
  // Newer editors show a late welcome, in several variants.
  await page.addLocatorHandler(
    page.locator('.components-modal__screen-overlay'),
    // It, or the page, may be gone before it is clicked.
    (greeting) =>
      greeting
        .getByRole('button', { name: 'Close' })
        .first()
        .dispatchEvent('click')
        .catch(() => {}),
    { noWaitAfter: true },
  );
  const errors: string[] = [];
  page.on('pageerror', (error) => {
    if (/vapi-agent/.test(error.stack ?? '')) errors.push(String(error));
  });
  await page.goto(`${site.url}/wp-login.php`);
  await page.locator('#user_login').fill(user);
  await page.locator('#user_pass').fill(admin.password);
  await page.locator('#wp-submit').click();
  // The dashboard itself is slow and not tested.
  await page.waitForURL(/wp-admin/, { waitUntil: 'commit' });
  return { page, site, errors, close: () => context.close() };
}

export async function installPlugin({ page, site }: Admin, zip: string): Promise<void> {
  await page.goto(`${site.url}/wp-admin/plugin-install.php?tab=upload`);
  await page.locator('input[name=pluginzip]').setInputFiles(zip);
  await page.locator('#install-plugin-submit').click();
  await page.getByText('Plugin installed successfully.').waitFor();
  await page.getByRole('link', { name: 'Activate Plugin' }).click();
  await page.getByText('Plugin activated.').waitFor();
}

export async function deletePlugin({ page, site }: Admin): Promise<void> {
  await page.goto(`${site.url}/wp-admin/plugins.php`);
  await page.locator('#deactivate-vapi-agent').click();
  await page.getByText('Plugin deactivated.').waitFor();
  // Before its scripts are loaded, the link leads to a page that asks instead of the dialog.
  await page.waitForLoadState('load');
  page.once('dialog', (dialog) => dialog.accept());
  await page.locator('#delete-vapi-agent').click();
  await page.getByText('was successfully deleted.').waitFor();
}

export async function openSettings({ page, site }: Admin): Promise<void> {
  await page.goto(`${site.url}/wp-admin/plugins.php`);
  await page.locator('[data-slug=vapi-agent] .settings a').click();
  await page.getByRole('heading', { name: 'Vapi Agent', level: 1 }).waitFor();
  // Its script is loaded last.
  await page.waitForLoadState('load');
}

/** Presses "Test connection" for these values. @returns the page's result */
export async function testConnection({ page }: Admin, server: string, tenant: string): Promise<string> {
  await page.getByLabel('Backend URL').fill(server);
  await page.getByLabel('Client name').fill(tenant);
  await page.getByRole('button', { name: 'Test connection' }).click();
  const result = page.locator('#vapi-agent-test-result.notice');
  await result.waitFor();
  return (await result.locator('p').allTextContents()).join(' ');
}

export async function saveSettings({ page }: Admin): Promise<void> {
  await page.getByRole('button', { name: 'Save Changes' }).click();
  await page.getByText('Settings saved.').waitFor();
  // Its scripts are loaded last.
  await page.waitForLoadState('load');
}

/** Opens a stored page in the editor, without its welcome. @returns where the content is */
async function openEditor({ page, site }: Admin, id: string): Promise<Page | FrameLocator> {
  await page.goto(`${site.url}/wp-admin/post.php?post=${id}&action=edit`);
  await page.waitForFunction(
    () => 'wp' in window && document.querySelector('.edit-post-header, .editor-header'),
  );
  await page.evaluate(() => {
    // biome-ignore lint/suspicious/noExplicitAny: WordPress's own global
    const { data } = (window as any).wp;
    for (const scope of ['core/edit-post', 'core']) {
      data.dispatch('core/preferences').set(scope, 'welcomeGuide', false);
      data.dispatch('core/preferences').set(scope, 'fullscreenMode', false);
      data.dispatch('core/preferences').set(scope, 'enableChoosePatternModal', false);
    }
  });
  const canvas = page.locator('iframe[name=editor-canvas]');
  await page.waitForFunction(() =>
    document.querySelector('iframe[name=editor-canvas], .editor-styles-wrapper .editor-post-title'),
  );
  return (await canvas.count()) > 0 ? page.frameLocator('iframe[name=editor-canvas]') : page;
}

/** Inserts the block from the list of blocks, sets it up in the sidebar, and saves the page. */
export async function addBlock(admin: Admin, id: string, label: string): Promise<void> {
  const { page } = admin;
  const content = await openEditor(admin, id);
  await page
    .locator('.edit-post-header-toolbar__inserter-toggle, .editor-document-tools__inserter-toggle')
    .click();
  await page.locator('.block-editor-inserter__search input').fill('voice agent');
  await page.getByRole('option', { name: 'Voice agent' }).click();
  const block = content.locator('[data-type="vapi-agent/agent"]');
  await block.getByText('Talk to us').waitFor();
  await block.click();
  const button = page.getByLabel('Text on the button');
  if (!(await button.isVisible())) {
    await page.getByRole('button', { name: 'Settings', exact: true }).first().click();
  }
  await button.fill(label);
  await page.getByLabel('Size', { exact: true }).selectOption('large');
  await block.getByText(label).waitFor();
  await page.locator('.editor-post-publish-button').click();
  await page.locator('.components-snackbar', { hasText: 'updated' }).waitFor();
}

/** Opens the stored page in the editor again: the block is still a block, and no other is broken. */
export async function assertOpensAgain(admin: Admin, id: string, label: string): Promise<void> {
  const content = await openEditor(admin, id);
  await content.locator('[data-type="vapi-agent/agent"]').getByText(label).waitFor();
  assert.equal(await content.locator('.block-editor-warning').count(), 0);
}
