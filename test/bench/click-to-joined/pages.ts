/** The two ways to a call that are compared, each on a page of its own, with one assistant at one emulated Vapi. */
import { randomUUID } from 'node:crypto';
import { build } from 'esbuild';
import type { BrowserContextOptions } from 'playwright-core';
import { type HostPage, type HostPages, openHostPages } from '../../e2e/support/host-page.ts';
import { watchCall } from './timeline.ts';

export interface CallPages {
  /** The element. */
  element(accessMode: 'proxy' | 'scoped-key', options: BrowserContextOptions): Promise<CallPage>;
  /** A page that has a public key and calls `start()` of @vapi-ai/web itself; the SDK is loaded with the page. */
  direct(options: BrowserContextOptions): Promise<CallPage>;
  close(): Promise<void>;
}

export interface CallPage extends HostPage {
  /** What the visitor clicks. */
  button: string;
}

export async function openCallPages(): Promise<CallPages> {
  const host = await openHostPages();
  const { emulator } = host.demo;
  const [orgId, privateKey, publicKey, assistantId] = Array.from({ length: 4 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
  ];
  emulator.addOrg({
    orgId,
    privateKeys: [privateKey],
    publicKeys: [{ value: publicKey }],
    assistants: [{ id: assistantId, firstMessage: 'Good morning.', scenario: 'talks' }],
  });
  for (const accessMode of ['proxy', 'scoped-key']) {
    await host.addTenant(accessMode, { orgId, privateKey, assistantId, accessMode });
  }
  const script = await directScript({ publicKey, assistantId, host });
  const before = watchCall;
  return {
    async element(accessMode, options) {
      const body = `${host.script}<vapi-agent tenant="${accessMode}"></vapi-agent>`;
      return { ...(await host.open(body, { ...options, before })), button: 'vapi-agent [part=launcher]' };
    },
    async direct(options) {
      const body = '<button id="talk">Talk to us</button><script type="module" src="/direct.js"></script>';
      const files = { '/direct.js': { type: 'text/javascript; charset=utf-8', body: script } };
      return { ...(await host.open(body, { ...options, before, files })), button: '#talk' };
    },
    close: () => host.close(),
  };
}

/** As the SDK's documentation has it, with the two settings that our element makes as well. */
async function directScript(known: {
  publicKey: string;
  assistantId: string;
  host: HostPages;
}): Promise<string> {
  const { emulator } = known.host.demo;
  const settings = { avoidEval: true, proxyUrl: emulator.dailyProxyUrl };
  const contents = `
    import sdk from '@vapi-ai/web';
    const Vapi = sdk.default ?? sdk;
    const vapi = new Vapi('${known.publicKey}', '${emulator.url}', ${JSON.stringify(settings)});
    document.querySelector('#talk').onclick = () => vapi.start('${known.assistantId}');`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0]?.text ?? '';
}
