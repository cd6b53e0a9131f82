/** Pages of every shape: the element works in each, and none of them sees an error, a warning or a global name of ours. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import { type HostPages, hangUp, inState, openHostPages, talk } from './support/host-page.ts';

let pages: HostPages;
before(async () => {
  pages = await openHostPages();
  await pages.addTenant('other', { name: 'The other', appearance: { accentColor: '#ffd400' } });
});
after(() => pages.close());

const lab = '<vapi-agent tenant="lab"></vapi-agent>';

test('a policy that names hosts and nothing else, with Trusted Types: a whole call, and no directive is violated', async () => {
  const { server, emulator } = pages.demo;
  const policy = [
    "default-src 'none'",
    // The emulator stands for https://c.daily.co; its own voice needs what Daily's does not.
    `script-src ${server} ${emulator.url} 'wasm-unsafe-eval'`,
    `connect-src ${server} ${emulator.url}`,
    'media-src blob: mediastream:',
    'img-src data:',
    "base-uri 'none'",
  ].join('; ');
  const visit = await pages.open(pages.script + lab, { headers: { 'content-security-policy': policy } });
  await talk(visit.agent);
  await hangUp(visit.agent);
  await visit.leave();
});

test('included twice and again by the classic loader: one class, one launcher, one call', async () => {
  const classic = `<script src="${pages.demo.server}/embed.js"></script>`;
  const again = pages.script.replace('widget.js', 'widget.js?again');
  const visit = await pages.open(pages.script + again + classic + lab);
  await talk(visit.agent);
  assert.equal(await visit.agent.getByRole('dialog').count(), 1);
  assert.equal(visit.asked.filter((path) => path === 'POST /v1/calls').length, 1);
  await hangUp(visit.agent);
  await visit.leave();
});

test('two tenants side by side: each its own colour and name, and one call at a time', async () => {
  const other = '<vapi-agent tenant="other" placement="bottom-left"></vapi-agent>';
  const visit = await pages.open(pages.script + lab + other);
  const [first, second] = [visit.agent.first(), visit.agent.last()];
  await talk(first);
  await second.locator('[part=launcher]').click();
  await inState(second, 'error');
  await second.getByText('You are already in a call').waitFor();
  await hangUp(first);
  await second.getByRole('button', { name: 'Try again' }).click();
  await inState(second, 'live');
  const ground = (element: Element) => getComputedStyle(element).backgroundColor;
  assert.equal(await second.locator('[part=avatar]').evaluate(ground), 'rgb(255, 212, 0)');
  assert.equal(await first.locator('[part=avatar]').evaluate(ground), 'rgb(20, 99, 92)');
  await hangUp(second);
  await visit.leave();
});

test('a single-page application: a call outlives a change of route, ends with its element, and the next one works', async () => {
  const visit = await pages.open(`${pages.script}<main>${lab}</main>`);
  const { page, agent } = visit;
  await talk(agent);
  await page.evaluate(() => {
    history.pushState({}, '', '/another');
    document.body.append(document.createElement('footer'));
    // Some routers move what stays.
    document.querySelector('footer')?.append(document.querySelector('vapi-agent') as Element);
  });
  await inState(agent, 'live');
  const ended = page.waitForRequest((request) => request.url().endsWith('/end'));
  await page.evaluate(() => document.querySelector('vapi-agent')?.remove());
  await ended;
  for (let round = 0; round < 3; round += 1) {
    await page.evaluate(() => {
      const main = document.querySelector('main') as HTMLElement;
      main.innerHTML = '<vapi-agent tenant="lab"></vapi-agent>';
    });
    await agent.locator('[part=launcher]').waitFor();
  }
  await talk(agent);
  await hangUp(agent);
  await visit.leave();
});

test('inserted late, and there before its script: both come to life', async () => {
  const visit = await pages.open('<vapi-agent tenant="lab" label="Early"></vapi-agent>');
  const { page } = visit;
  await page.evaluate((src) => {
    const script = document.createElement('script');
    Object.assign(script, { type: 'module', src });
    document.head.append(script);
  }, `${pages.demo.server}/widget.js`);
  await page.getByRole('button', { name: 'Early' }).waitFor();
  await page.evaluate(() => {
    const late = document.createElement('vapi-agent');
    late.setAttribute('tenant', 'lab');
    late.setAttribute('label', 'Late');
    late.setAttribute('placement', 'inline');
    document.body.append(late);
  });
  const late = visit.agent.last();
  await talk(late);
  await hangUp(late);
  await visit.leave();
});

test('hidden with display: none and shown again, with a call in between', async () => {
  const visit = await pages.open(`${pages.script}<div id="box" style="display:none">${lab}</div>`);
  const { page, agent } = visit;
  const display = (value: string) =>
    page.evaluate((each) => {
      (document.querySelector('#box') as HTMLElement).style.display = each;
    }, value);
  await agent.evaluate((element: VapiAgent) => element.start());
  await inState(agent, 'live');
  await display('block');
  await agent.getByRole('button', { name: 'Hang up' }).waitFor();
  await display('none');
  await inState(agent, 'live');
  await display('block');
  await hangUp(agent);
  await visit.leave();
});

test("inside another component's shadow root: focus goes in and comes back, no style leaks either way", async () => {
  const visit = await pages.open(
    `${pages.script}<style>button{color:rgb(255,0,0)!important}</style><div id="host"></div>`,
  );
  const { page, agent } = visit;
  await page.evaluate(() => {
    const root = (document.querySelector('#host') as HTMLElement).attachShadow({ mode: 'open' });
    root.innerHTML =
      '<style>button{border:9px solid red!important}</style><button>Mine</button><vapi-agent tenant="lab" mode="hybrid"></vapi-agent>';
  });
  const launcher = agent.locator('[part=launcher]');
  await launcher.click();
  await agent.getByRole('heading', { name: 'The lab' }).waitFor();
  const looks = (element: Element) => getComputedStyle(element).borderTopWidth;
  assert.equal(await launcher.evaluate(looks), '1px');
  await page.keyboard.press('Escape');
  await agent.and(page.locator(':not([open])')).waitFor();
  assert.equal(
    await agent.evaluate((element) => element.shadowRoot?.activeElement?.getAttribute('part')),
    'launcher',
  );
  await visit.leave();
});

test('in a frame of another origin: without the permission it says so, with it the call works', async () => {
  const inner = pages.script + lab;
  const files = {
    '/inner': {
      type: 'text/html; charset=utf-8',
      body: `<!doctype html><html lang="en"><title>Inner</title><body>${inner}</body></html>`,
    },
  };
  const frame = (allow: string) =>
    `<iframe src="${pages.otherOrigin}/inner" ${allow} width="500" height="640"></iframe>`;
  const refused = await pages.open(frame(''), { files });
  const agent = refused.page.frameLocator('iframe').locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await agent.getByText('No microphone on this page').waitFor();
  await refused.leave([/^\[vapi-agent\] the page may not use the microphone/]);

  const allowed = await pages.open(frame('allow="microphone"'), { files });
  const inFrame = allowed.page.frameLocator('iframe').locator('vapi-agent');
  await inFrame.locator('[part=launcher]').click();
  await inFrame.getByRole('button', { name: 'Hang up' }).click();
  await inFrame.getByText('Call ended').waitFor();
  await allowed.leave();
});

test('a React page in strict mode: mounts, re-renders and unmounts without a second element or a lost call', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { StrictMode, useState, createElement as h } from 'react';
        import { createRoot } from 'react-dom/client';
        function App() {
          const [count, setCount] = useState(0);
          const [seconds, setSeconds] = useState(null);
          return h('main', null,
            h('button', { id: 'again', onClick: () => setCount(count + 1) }, 'Rendered ' + count),
            h('p', { id: 'seconds' }, String(seconds)),
            count < 3 && h('vapi-agent', { tenant: 'lab', placement: 'inline', label: 'Round ' + count,
              'onvapi-agent-call-end': (event) => setSeconds(event.detail.seconds) }));
        }
        createRoot(document.querySelector('#app')).render(h(StrictMode, null, h(App)));`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    format: 'esm',
    write: false,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const app = { type: 'text/javascript', body: outputFiles[0]?.text ?? '' };
  const visit = await pages.open(
    `${pages.script}<div id="app"></div><script type="module" src="/app.js"></script>`,
    {
      files: { '/app.js': app },
    },
  );
  const { page, agent } = visit;
  await talk(agent);
  await page.locator('#again').click();
  await page.getByText('Rendered 1').waitFor();
  await inState(agent, 'live');
  assert.equal(await agent.count(), 1);
  await hangUp(agent);
  await page.locator('#seconds', { hasText: /^\d+$/ }).waitFor();
  await page.locator('#again').click();
  await page.locator('#again').click();
  await page.getByText('Rendered 3').waitFor();
  assert.equal(await agent.count(), 0);
  await visit.leave();
});

test('a phone: nothing is wider than the screen, the sheet keeps to it, and targets are large enough', async () => {
  const visit = await pages.open(pages.script + lab, {
    viewport: { width: 320, height: 568 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  });
  const { page, agent } = visit;
  await agent.locator('[part=launcher]').tap();
  await inState(agent, 'live');
  await agent.locator('.line').first().waitFor();
  const panel = await agent.getByRole('dialog').boundingBox();
  assert.ok(panel && panel.x >= 0 && panel.x + panel.width <= 320 && panel.y >= 0, JSON.stringify(panel));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  for (const target of await agent.getByRole('button').all()) {
    const box = await target.boundingBox();
    if (box)
      assert.ok(box.width >= 44 && box.height >= 44, `${await target.textContent()}: ${JSON.stringify(box)}`);
  }
  await agent.getByRole('button', { name: 'Hang up' }).tap();
  await inState(agent, 'ended');
  await visit.leave();
});

test('no global name of ours, and a page may pin every file by its hash', async () => {
  const hashes = JSON.parse(await readFile('dist/widget/integrity.json', 'utf8')) as Record<string, string>;
  const chunks = Object.entries(hashes).map(([name, hash]) => [`${pages.demo.server}/${name}`, hash]);
  const map = JSON.stringify({ integrity: Object.fromEntries(chunks) });
  const pinned = pages.script.replace(' src=', ` integrity="${hashes['widget.js']}" crossorigin src=`);
  const visit = await pages.open(pinned + lab, {
    head: `<script type="importmap">${map}</script><script>window.names = new Set(Object.getOwnPropertyNames(window))</script>`,
  });
  const { page, agent } = visit;
  await agent.locator('[part=launcher]').hover();
  await agent.getByRole('dialog', { includeHidden: true }).waitFor({ state: 'attached' });
  const added = await page.evaluate(() => {
    const { names } = window as unknown as { names: Set<string> };
    return Object.getOwnPropertyNames(window).filter((name) => !names.has(name) && name !== 'names');
  });
  // Registers by which Lit's copies find each other, and one of Daily's.
  assert.deepEqual(
    added.filter((name) => !/^(lit|reactiveElement)[A-Z]|^__SENTRY__$/.test(name)),
    [],
  );
  await talk(agent);
  await hangUp(agent);
  await visit.leave();
});
