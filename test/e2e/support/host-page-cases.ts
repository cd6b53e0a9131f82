/** Pages of every shape that embed the element. It works in each, in every engine, without an error or a warning. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import type { VapiAgent } from '../../../widget/vapi-agent.ts';
import { farMs } from '../../support/time-limit.ts';
import { until } from '../../support/until.ts';
import type { HostVisit, HostVisits } from './host-visit.ts';

export interface HostPageCase {
  name: string;
  run(visits: HostVisits): Promise<void>;
}

const lab = '<vapi-agent tenant="lab"></vapi-agent>';

export const hostPageCases: HostPageCase[] = [
  {
    name: 'a page of another origin: the panel opens, a whole call, and the page is told of it',
    async run(visits) {
      const visit = await visits.open(visits.site.script + lab);
      await visit.page.run(() => {
        const seen: string[] = [];
        Object.assign(window, { seen });
        for (const name of ['open', 'call-start', 'transcript', 'call-end', 'error'])
          document.addEventListener(`vapi-agent-${name}`, () => seen.includes(name) || seen.push(name));
      });
      const agent = visit.agent();
      await agent.talk();
      const seen = () => visit.page.run(() => (window as unknown as { seen: string[] }).seen);
      await until(async () => (await seen()).includes('transcript'), 'what the assistant says');
      await agent.hangUp();
      await agent.says('Call ended');
      assert.deepEqual(await seen(), ['open', 'call-start', 'transcript', 'call-end']);
      await visit.leave();
    },
  },
  {
    name: 'a launcher whose text changes while it is pressed: the click still counts',
    async run(visits) {
      const visit = await visits.open(visits.site.script + lab);
      const agent = visit.agent();
      // As the panel does when it is loaded, in the visitor's language.
      await agent.clickSlowly({ part: 'launcher' }, () =>
        visit.page.run(() => document.querySelector('vapi-agent')?.setAttribute('label', 'Parlez-nous')),
      );
      await agent.inState('live');
      await agent.hangUp();
      await visit.leave();
    },
  },
  {
    name: 'a policy that names hosts and nothing else: a whole call, and no directive is violated',
    async run(visits) {
      const { server, emulator } = visits.site.demo;
      const policy = [
        "default-src 'none'",
        // The page's own is for the script that watches it. The emulator replaces https://c.daily.co; its own voice
        // needs what Daily's does not.
        `script-src ${visits.site.origin} ${server} ${emulator.url} 'wasm-unsafe-eval'`,
        `connect-src ${server} ${emulator.url}`,
        'media-src blob: mediastream:',
        'img-src data:',
        "base-uri 'none'",
      ].join('; ');
      const headers = { 'content-security-policy': policy };
      const visit = await visits.open(visits.site.script + lab, { headers });
      await visit.agent().talk();
      await visit.agent().hangUp();
      await visit.leave();
    },
  },
  {
    name: 'included twice and again by the classic loader: one class, one launcher, one call',
    async run(visits) {
      const { demo, script } = visits.site;
      const classic = `<script src="${demo.server}/embed.js"></script>`;
      const again = script.replace('widget.js', 'widget.js?again');
      const callsBefore = demo.emulator.calls().length;
      const visit = await visits.open(script + again + classic + lab);
      const agent = visit.agent();
      await agent.talk();
      assert.equal((await agent.look()).panels, 1);
      assert.equal(demo.emulator.calls().length, callsBefore + 1);
      await agent.hangUp();
      await visit.leave();
    },
  },
  {
    name: 'two tenants side by side: each its own colour and name, and one call at a time',
    async run(visits) {
      const slug = `other-${visits.engine.name.toLowerCase()}`;
      const other = `<vapi-agent tenant="${slug}" placement="bottom-left"></vapi-agent>`;
      await visits.site.addTenant(slug, { name: 'The other', appearance: { accentColor: '#ffd400' } });
      const visit = await visits.open(visits.site.script + lab + other);
      const [first, second] = [visit.agent(0), visit.agent(1)];
      await first.talk();
      await second.click({ part: 'launcher' });
      await second.inState('error');
      await second.says('You are already in a call');
      await first.hangUp();
      await second.click({ button: 'Try again' });
      await second.inState('live');
      await until(second.isHeard, 'the sound of the second call');
      assert.equal((await second.see({ part: 'avatar' }))?.background, 'rgb(255, 212, 0)');
      assert.equal((await first.see({ part: 'avatar' }))?.background, 'rgb(20, 99, 92)');
      await second.hangUp();
      await visit.leave();
    },
  },
  {
    name: 'a single-page application: a call outlives a change of route, ends with its element, and the next one works',
    async run(visits) {
      const { emulator } = visits.site.demo;
      const visit = await visits.open(`${visits.site.script}<main>${lab}</main>`);
      const { page } = visit;
      const agent = visit.agent();
      await agent.talk();
      await page.run(() => {
        history.pushState({}, '', '/another');
        document.body.append(document.createElement('footer'));
        // Some routers also move what stays.
        document.querySelector('footer')?.append(document.querySelector('vapi-agent') as Element);
      });
      await agent.inState('live');
      const call = emulator.calls().at(-1);
      assert.ok(call);
      await page.run(() => document.querySelector('vapi-agent')?.remove());
      await emulator.waitForCall(call.id, 'ended', farMs);
      for (let round = 0; round < 3; round += 1) {
        await page.run(() => {
          const main = document.querySelector('main') as HTMLElement;
          main.innerHTML = '<vapi-agent tenant="lab"></vapi-agent>';
        });
        await until(() => agent.see({ part: 'launcher' }), 'a launcher');
      }
      await agent.talk();
      await agent.hangUp();
      await visit.leave();
    },
  },
  {
    name: 'eager: the looks of the tenant are there before any intent, and nothing else was asked for',
    async run(visits) {
      const slug = `eager-${visits.engine.name.toLowerCase()}`;
      const looks = { accentColor: '#7a1fa2', placement: 'top-left' };
      await visits.site.addTenant(slug, { name: 'The eager', appearance: looks });
      const visit = await visits.open(
        `${visits.site.script}<vapi-agent tenant="${slug}" eager></vapi-agent>`,
      );
      const agent = visit.agent();
      await until(async () => ((await agent.see({ part: 'launcher' }))?.box.x ?? 1000) < 100, 'the corner');
      assert.equal((await agent.see({ part: 'launcher' }))?.background, 'rgb(122, 31, 162)');
      const asked = await visit.page.run(() =>
        performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname),
      );
      assert.ok(!asked.some((path) => /sessions|vapi-call/.test(path)), asked.join(' '));
      await visit.leave();
    },
  },
  {
    name: 'inserted late, and there before its script: both come to life',
    async run(visits) {
      const visit = await visits.open('<vapi-agent tenant="lab" label="Early"></vapi-agent>');
      await visit.page.run((src) => {
        const script = document.createElement('script');
        Object.assign(script, { type: 'module', src });
        document.head.append(script);
      }, `${visits.site.demo.server}/widget.js`);
      await until(() => visit.agent().see({ button: 'Early' }), 'the early launcher');
      await visit.page.run(() => {
        const late = document.createElement('vapi-agent');
        late.setAttribute('tenant', 'lab');
        late.setAttribute('label', 'Late');
        late.setAttribute('placement', 'inline');
        document.body.append(late);
      });
      const late = visit.agent(-1);
      await late.talk();
      await late.hangUp();
      await visit.leave();
    },
  },
  {
    name: 'a call that a script starts without any gesture is heard: a page that records may also play',
    async run(visits) {
      const visit = await visits.open(visits.site.script + lab);
      const agent = visit.agent();
      await visit.page.run(() => void (document.querySelector('vapi-agent') as VapiAgent).start());
      await agent.inState('live');
      await until(agent.isHeard, 'the sound of the assistant');
      await agent.hangUp();
      await visit.leave();
    },
  },
  {
    name: 'hidden with display: none and shown again, with a call in between',
    async run(visits) {
      const body = `${visits.site.script}<div id="box" style="display:none">${lab}</div>`;
      const visit = await visits.open(body);
      const agent = visit.agent();
      const display = (value: string) =>
        visit.page.run((each) => {
          (document.querySelector('#box') as HTMLElement).style.display = each;
        }, value);
      await visit.page.run(() => void (document.querySelector('vapi-agent') as VapiAgent).start());
      await agent.inState('live');
      await display('block');
      await until(() => agent.see({ button: 'Hang up' }), 'the panel');
      await display('none');
      assert.equal(await agent.see({ button: 'Hang up' }), null);
      await agent.inState('live');
      await display('block');
      await agent.hangUp();
      await visit.leave();
    },
  },
  {
    name: "inside another component's shadow root: focus goes in and comes back, no style leaks either way",
    async run(visits) {
      const visit = await visits.open(
        `${visits.site.script}<style>button{color:rgb(255,0,0)!important}</style><div id="host"></div>`,
      );
      await visit.page.run(() => {
        const root = (document.querySelector('#host') as HTMLElement).attachShadow({ mode: 'open' });
        root.innerHTML =
          '<style>button{border:9px solid red!important}</style><button>Mine</button><vapi-agent tenant="lab" mode="hybrid"></vapi-agent>';
      });
      const agent = visit.agent();
      await agent.click({ part: 'launcher' });
      await agent.says('The lab');
      assert.equal((await agent.see({ part: 'launcher' }))?.borderTopWidth, '1px');
      await visit.page.pressEscape();
      await until(async () => !(await agent.look()).open, 'the panel to close');
      await until(async () => (await agent.look()).focusedPart === 'launcher', 'the focus on the launcher');
      await visit.leave();
    },
  },
  {
    name: 'in a frame of another origin: without the permission it says so, with it the call works',
    async run(visits) {
      const files = { '/inner': visits.frame(visits.site.script + lab) };
      const frame = (allow: string) =>
        `<iframe src="${visits.site.otherOrigin}/inner" ${allow} width="500" height="640"></iframe>`;
      const refused = await visits.open(frame(''), { files });
      await refused.agentInFrame().click({ part: 'launcher' });
      await refused.agentInFrame().inState('error');
      // Only Chromium lets a page ask what its policy forbids; elsewhere it looks as if the visitor had refused.
      const tells = visits.engine.name === 'Chromium';
      await refused.agentInFrame().says(tells ? 'No microphone on this page' : 'We cannot hear you');
      await refused.leave([/^\[vapi-agent\] the page may not use the microphone/]);

      const allowed = await visits.open(frame('allow="microphone"'), { files });
      await allowed.agentInFrame().talk();
      await allowed.agentInFrame().hangUp();
      await allowed.agentInFrame().says('Call ended');
      await allowed.leave();
    },
  },
  {
    name: 'a React page in strict mode: mounts, re-renders and unmounts without a second element or a lost call',
    async run(visits) {
      const app = { type: 'text/javascript', body: await reactApp() };
      const visit = await visits.open(
        `${visits.site.script}<div id="app"></div><script type="module" src="/app.js"></script>`,
        { files: { '/app.js': app } },
      );
      const { page } = visit;
      const agent = visit.agent();
      const textOf = (selector: string) =>
        page.run((each) => document.querySelector(each)?.textContent ?? '', selector);
      const again = () => page.run(() => (document.querySelector('#again') as HTMLElement).click());
      await until(() => agent.count(), 'the element');
      await agent.talk();
      await again();
      await until(async () => (await textOf('#again')) === 'Rendered 1', 'the first re-rendering');
      await agent.inState('live');
      assert.equal(await agent.count(), 1);
      await agent.hangUp();
      await until(async () => /^\d+$/.test(await textOf('#seconds')), 'the length of the call');
      await again();
      await again();
      await until(async () => (await textOf('#again')) === 'Rendered 3', 'the third re-rendering');
      assert.equal(await agent.count(), 0);
      await visit.leave();
    },
  },
  {
    name: 'a phone: nothing is wider than the screen, the sheet keeps to it, and targets are large enough',
    async run(visits) {
      const visit = await visits.open(visits.site.script + lab, {
        viewport: { width: 320, height: 568 },
        isPhone: true,
      });
      const agent = visit.agent();
      await agent.talk();
      await until(() => agent.see({ part: 'line' }), 'the first line');
      await until(() => keepsTo(visit, 320), 'the sheet in its place');
      assert.equal(await visit.page.run(() => document.documentElement.scrollWidth), 320);
      assert.deepEqual(await visit.page.run(smallButtons), []);
      await agent.hangUp();
      await visit.leave();
    },
  },
  {
    name: 'no global name of ours, and a page may pin every file by its hash',
    async run(visits) {
      const { demo, script } = visits.site;
      const hashes = JSON.parse(await readFile('dist/widget/integrity.json', 'utf8')) as Record<
        string,
        string
      >;
      const chunks = Object.entries(hashes).map(([name, hash]) => [`${demo.server}/${name}`, hash]);
      const map = JSON.stringify({ integrity: Object.fromEntries(chunks) });
      const pinned = script.replace(' src=', ` integrity="${hashes['widget.js']}" crossorigin src=`);
      const visit = await visits.open(pinned + lab, {
        head: `<script type="importmap">${map}</script><script>window.names = new Set(Object.getOwnPropertyNames(window))</script>`,
      });
      const agent = visit.agent();
      await agent.hover({ part: 'launcher' });
      await until(async () => (await agent.look()).panels === 1, 'the panel, still closed');
      const added = await visit.page.run(() => {
        const { names } = window as unknown as { names: Set<string> };
        return Object.getOwnPropertyNames(window).filter((name) => !names.has(name) && name !== 'names');
      });
      // Registers through which Lit's copies find each other, and one of Daily's.
      assert.deepEqual(
        added.filter((name) => !/^(lit|reactiveElement)[A-Z]|^__SENTRY__$/.test(name)),
        [],
      );
      await agent.talk();
      await agent.hangUp();
      await visit.leave();
    },
  },
];

async function keepsTo({ agent }: HostVisit, screenWidth: number): Promise<boolean> {
  const box = (await agent().see({ part: 'panel' }))?.box;
  return box !== undefined && box.x >= 0 && box.x + box.width <= screenWidth && box.y >= 0;
}

/** Runs in the page. @returns the visible buttons that are under 44 pixels, with their size */
function smallButtons(): string[] {
  const root = document.querySelector('vapi-agent')?.shadowRoot;
  return [...(root?.querySelectorAll('button') ?? [])].flatMap((button) => {
    const { width, height } = button.getBoundingClientRect();
    const isSmall = button.getClientRects().length > 0 && (width < 44 || height < 44);
    return isSmall ? [`${button.textContent?.trim()}: ${width} x ${height}`] : [];
  });
}

async function reactApp(): Promise<string> {
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
  return outputFiles[0]?.text ?? '';
}
