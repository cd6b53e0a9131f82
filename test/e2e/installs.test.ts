/**
 * Every snippet of the install pages, verbatim, in a page that imitates the builder: where it puts the code, what it
 * locks, strips or sends. A call is made on each.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { transformSync } from 'esbuild';
import { type Platform, platforms } from '../../server/contract.ts';
import { snippetFor } from '../../server/snippets.ts';
import {
  type HostPageOptions,
  type HostPages,
  hangUp,
  inState,
  openHostPages,
  talk,
} from './support/host-page.ts';

const folder = join(import.meta.dirname, '..', '..', 'widget', 'installs');
const written = { server: 'https://voice.agency.example', tenant: 'acme' };
const snippets = new Map(
  ['README.md', 'webflow/README.md', 'site-builders.md'].flatMap((page) =>
    [
      ...readFileSync(join(folder, page), 'utf8').matchAll(/^( *)```html (\w+(?: inline)?)\n([^`]*)```/gm),
    ].map(([, indent = '', name = '', text = '']): [string, string] => [
      name,
      text.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim(),
    ]),
  ),
);

let pages: HostPages;
before(async () => {
  pages = await openHostPages();
});
after(() => pages?.close());

test('the pages show for each platform exactly what the server gives', () => {
  const shown = [...snippets.keys()].filter((name) => !name.endsWith(' inline'));
  assert.deepEqual(shown.sort(), platforms.filter((platform) => platform !== 'wordpress').sort());
  for (const platform of shown as Platform[]) {
    assert.equal(
      snippets.get(platform),
      snippetFor({
        ...{ platform, ...written, mode: 'voice', appearance: {} },
        ...{ rejoinCalls: false, label: null },
      }).snippet,
      platform,
    );
  }
});

test('plain HTML', () => callOn('html', (snippet) => snippet));

test('Webflow: in the footer of a page with the builder’s own resets', () =>
  callOn('webflow', (snippet) => `<div class="page-wrapper"><h1>Bread</h1></div>${snippet}`, {
    head: '<style>* { box-sizing: border-box } button { border-radius: 0; padding: 0 } body { color: #333 }</style>',
  }));

test('Webflow: a button in the text, and the one of the whole site beside it', async () => {
  const inline = embedded('webflow inline');
  const page = await pages.open(`<div class="w-embed w-script">${inline}</div>${embedded('webflow')}`);
  assert.equal(await page.agent.count(), 2);
  const button = page.page.locator('vapi-agent[placement=inline]');
  await button.getByText('Ask the baker').waitFor();
  await talk(button);
  await hangUp(button);
  await page.leave();
});

for (const [builder, wrap] of [
  ['squarespace', (html: string) => `<div class="sqs-block code-block"><div>${html}</div></div>`],
  [
    'ghost',
    (html: string) =>
      `<article><p>News</p><!--kg-card-begin: html-->${html}<!--kg-card-end: html--></article>`,
  ],
] as const) {
  test(`${builder}: a button in the text`, async () => {
    const page = await pages.open(wrap(embedded(`${builder} inline`)));
    await page.agent.getByText('Ask the baker').waitFor();
    await talk(page.agent);
    await hangUp(page.agent);
    await page.leave();
  });
}

test('Shopify: under the policy that its shops send', () =>
  callOn('shopify', (snippet) => `<main id="MainContent"></main>${snippet}`, {
    headers: {
      'content-security-policy':
        "block-all-mixed-content; frame-ancestors 'none'; upgrade-insecure-requests;",
    },
  }));

test('Wix: scripts put in later, and the browser’s own functions locked', () =>
  callOn('wix', insertedLater, { before: lockBrowser }));

test('Squarespace: in the footer, with styles that reach for every button', () =>
  callOn('squarespace', (snippet) => `<footer>${snippet}</footer>`, {
    head: '<style>button { display: none !important } #siteWrapper { position: relative; z-index: 9 }</style>',
  }));

test('Framer: the page beside it is redrawn and swapped without a reload', async () => {
  const page = await pages.open(`<div id="main"><a href="/about">About</a></div>${embedded('framer')}`);
  await talk(page.agent);
  await page.page.evaluate(() => {
    const next = document.createElement('div');
    next.id = 'main';
    document.querySelector('#main')?.replaceWith(next);
    history.pushState({}, '', '/about');
  });
  await inState(page.agent, 'live');
  await hangUp(page.agent);
  await page.leave();
});

test('Ghost: in the site footer', () =>
  callOn('ghost', (snippet) => `<article>News</article><script>window.ghost = {}</script>${snippet}`));

test('Google Tag Manager: old syntax only, attributes stripped, put in later', async () => {
  const code = /<script>\n([\s\S]*)<\/script>/.exec(embedded('gtm'))?.[1] ?? '';
  assert.ok(code.length > 100);
  // Refuses syntax newer than the tag's own check accepts.
  assert.match(transformSync(code, { target: 'es5' }).code, /createElement\("vapi-agent"\)/);
  await callOn('gtm', insertedLater);
});

test('a script tag that runs twice makes one agent', async () => {
  const page = await pages.open(embedded('gtm') + embedded('gtm'));
  await inState(page.agent, 'idle');
  assert.equal(await page.agent.count(), 1);
  await page.leave();
});

test('the client’s colours get through a policy that forbids inline styles', async () => {
  const looks = (platform: Platform) =>
    snippetFor({
      ...{ platform, server: pages.demo.server, tenant: 'lab', mode: 'voice', label: null },
      ...{ appearance: { accentColor: '#9a3412' }, rejoinCalls: false },
    });
  const headers = { 'content-security-policy': "style-src 'self'" };
  const html = looks('html');
  const [, rule = ''] = /: (vapi-agent \{.+\})$/.exec(html.notes.join()) ?? [];
  const inSheet = {
    head: '<link rel="stylesheet" href="/site.css">',
    files: { '/site.css': { type: 'text/css', body: rule } },
  };
  for (const [body, more] of [
    [insertedLater(looks('gtm').snippet), {}],
    [html.snippet.replace(/ style="[^"]*"/, ''), inSheet],
  ] satisfies [string, HostPageOptions][]) {
    const page = await pages.open(body, { headers, ...more });
    await inState(page.agent, 'idle');
    const launcher = page.agent.locator('[part=launcher]');
    const colour = await launcher.evaluate((button) => getComputedStyle(button).backgroundColor);
    assert.equal(colour, 'rgb(154, 52, 18)', body);
    await page.leave();
  }
});

test('a launcher cached from the previous build finds its panel and its call', async () => {
  const { server } = pages.demo;
  const now = await (await fetch(`${server}/widget.js`)).text();
  const before = now.replaceAll(
    /\.\/chunks\/(mount|vapi-call)-[\w-]{6}\.js/g,
    `${server}/chunks/$1-0_old-0A.js`,
  );
  assert.equal(before.split('0_old-0A').length, 3);
  const body = `<script type="module" src="/widget.js"></script><vapi-agent tenant="lab" server="${server}"></vapi-agent>`;
  const page = await pages.open(body, {
    files: { '/widget.js': { type: 'text/javascript', body: before } },
  });
  await talk(page.agent);
  await hangUp(page.agent);
  await page.leave();
});

test('in an iframe on another address the microphone is refused, and the visitor reads so; `allow` permits it', async () => {
  const other = pages.origin.replace('localhost', '127.0.0.1');
  await pages.addTenant('framed', { name: 'Framed', allowedOrigins: [other] });
  const body = `<!doctype html><html lang="en"><title>Embed</title>${pages.script}<vapi-agent tenant="framed"></vapi-agent></html>`;
  for (const [allow, state] of [
    ['', 'error'],
    [' allow="microphone"', 'live'],
  ]) {
    const frame = `<iframe${allow} src="${other}/frame" width="400" height="700"></iframe>`;
    const page = await pages.open(frame, { files: { '/frame': { type: 'text/html', body } } });
    const inside = page.page.frameLocator('iframe');
    await inside.locator('vapi-agent [part=launcher]').click();
    await inside.locator(`vapi-agent[state=${state}]`).waitFor();
    if (state === 'error')
      await inside
        .locator('vapi-agent')
        .getByText(/microphone/i)
        .first()
        .waitFor();
    await page.leave([/microphone/i, /favicon|404/]);
  }
});

/** Verbatim, except for this run's server and the tenant of these pages. */
function embedded(name: string): string {
  const text = snippets.get(name);
  assert.ok(text, `no snippet for ${name}`);
  return text.replaceAll(written.server, pages.demo.server).replaceAll(/(["'])acme\1/g, '$1lab$1');
}

async function callOn(
  platform: Platform,
  place: (snippet: string) => string,
  options: HostPageOptions = {},
): Promise<void> {
  const page = await pages.open(place(embedded(platform)), options);
  await inState(page.agent, 'idle');
  assert.equal(await page.agent.count(), 1);
  await talk(page.agent);
  await hangUp(page.agent);
  await page.leave();
}

/**
 * Works like a tag manager: the text becomes nodes, scripts are created again with only their source or text, and
 * everything goes to the end of the page.
 */
function insertedLater(snippet: string): string {
  return `<script>
    addEventListener('load', () => {
      const holder = document.createElement('div');
      holder.innerHTML = ${JSON.stringify(snippet).replaceAll('<', '\\u003c')};
      for (const node of [...holder.childNodes]) {
        if (node.nodeName !== 'SCRIPT') { document.body.append(node); continue; }
        const script = document.createElement('script');
        if (node.src) script.src = node.src; else script.text = node.text;
        document.body.append(script);
      }
    });
  </script>`;
}

/** As reported about Wix's hardening: these can be used but not replaced, and replacing one throws in a module. */
function lockBrowser(): void {
  const locked: [object, string][] = [
    [EventTarget.prototype, 'addEventListener'],
    [EventTarget.prototype, 'removeEventListener'],
    [EventTarget.prototype, 'dispatchEvent'],
    [window, 'fetch'],
    [window, 'XMLHttpRequest'],
    [Function.prototype, 'call'],
    [Function.prototype, 'apply'],
    [Function.prototype, 'bind'],
  ];
  for (const [owner, name] of locked) {
    const value = Reflect.get(owner, name);
    Object.defineProperty(owner, name, { value, writable: false, configurable: false });
  }
  Object.freeze(Object.prototype);
}
