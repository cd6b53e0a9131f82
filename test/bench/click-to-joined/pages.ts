/** The two ways to a call that are compared, each on a separate page, with one assistant at one emulated Vapi. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { htmlFile } from '../../e2e/support/host-site.ts';
import { chromeArgs, chromePath } from '../../support/chrome.ts';
import { listen } from '../../support/listen.ts';
import { type DemoProcess, startDemoProcess } from './demo-process.ts';
import { watchCall } from './timeline.ts';

export interface CallPages {
  /** The element. */
  element(accessMode: AccessMode, options: BrowserContextOptions): Promise<CallPage>;
  /** A page that has a public key and calls `start()` of @vapi-ai/web directly; the SDK is loaded with the page. */
  direct(options: BrowserContextOptions): Promise<CallPage>;
  close(): Promise<void>;
}

export type AccessMode = 'proxy' | 'scoped-key';

export interface CallPage {
  page: Page;
  /** What the visitor clicks. */
  button: string;
  leave(): Promise<void>;
}

interface Org {
  orgId: string;
  privateKey: string;
  publicKey: string;
  assistantId: string;
}

export async function openCallPages(): Promise<CallPages> {
  const demo = await startDemoProcess();
  const [orgId, privateKey, publicKey, assistantId] = Array.from({ length: 4 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
  ];
  const org = { orgId, privateKey, publicKey, assistantId };
  const site = await startSite({
    '/direct': await directPage(demo, org),
    ...Object.fromEntries(
      (['proxy', 'scoped-key'] as const).map((mode) => [`/${mode}`, elementPage(demo, mode)]),
    ),
  });
  await makeClients(demo, org, site.origin);
  const browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs });
  const open = async (path: string, button: string, options: BrowserContextOptions) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.addInitScript(watchCall);
    await page.goto(site.origin + path);
    return { page, button, leave: () => context.close() };
  };
  return {
    element: (mode, options) => open(`/${mode}`, 'vapi-agent [part=launcher]', options),
    direct: (options) => open('/direct', '#talk', options),
    async close() {
      await browser.close();
      await site.close();
      await demo.close();
    },
  };
}

const elementPage = ({ server }: DemoProcess, mode: AccessMode): string =>
  htmlFile(
    `<script type="module" src="${server}/widget.js"></script><vapi-agent tenant="bench-${mode}"></vapi-agent>`,
  ).body;

/** As in the SDK's documentation, with the two settings that our element also uses. */
async function directPage({ emulator }: DemoProcess, { publicKey, assistantId }: Org): Promise<string> {
  const settings = { avoidEval: true, proxyUrl: `${emulator}/daily` };
  const contents = `
    import sdk from '@vapi-ai/web';
    const Vapi = sdk.default ?? sdk;
    const vapi = new Vapi('${publicKey}', '${emulator}', ${JSON.stringify(settings)});
    document.querySelector('#talk').onclick = () => vapi.start('${assistantId}');`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const script = outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
  return htmlFile(`<button id="talk">Talk to us</button><script type="module">${script}</script>`).body;
}

interface Site {
  origin: string;
  close(): Promise<void>;
}

async function startSite(pages: Record<string, string>): Promise<Site> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page ?? 'no such page');
  });
  const { port, close } = await listen(server);
  return { origin: `http://localhost:${port}`, close };
}

/** One organization at the emulated Vapi, and a tenant for each access mode. */
async function makeClients(demo: DemoProcess, org: Org, origin: string): Promise<void> {
  const { orgId, privateKey, publicKey, assistantId } = org;
  await post(`${demo.emulator}/_emulator/orgs`, {
    orgId,
    privateKeys: [privateKey],
    publicKeys: [{ value: publicKey }],
    assistants: [{ id: assistantId, firstMessage: 'Good morning.', scenario: 'talks' }],
  });
  for (const accessMode of ['proxy', 'scoped-key']) {
    await post(
      `${demo.server}/v1/tenants`,
      {
        slug: `bench-${accessMode}`,
        name: accessMode,
        ...{ orgId, privateKey, assistantId, accessMode, limits: unlimited },
        allowedOrigins: [origin],
      },
      demo.operatorKey,
    );
  }
}

/** The bench clicks more often than a visitor. */
const unlimited = {
  callsPerMinutePerIp: 1000,
  callsPerHourPerIp: 1000,
  callsPerDayPerIp: 1000,
  callsPerMinute: 1000,
  concurrentCalls: 1000,
  monthlyBudgetMicros: 1_000_000_000_000,
};

async function post(url: string, body: unknown, key?: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${url}: ${response.status} ${await response.text()}`);
}
