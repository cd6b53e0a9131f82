/** A portal beside an emulated Vapi, with one client: Acme Bakery. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Browser, chromium } from 'playwright-core';
import { type Emulator, startEmulator } from '../../../demo/vapi-emulator/emulator.ts';
import type { TenantView } from '../../../server/contract.ts';
import { chromeArgs, chromePath } from '../../support/chrome.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';
import { farMs } from '../../support/time-limit.ts';

export const privateKey = `private-${randomUUID()}`;
export const assistantId = randomUUID();

export interface ClientsPortal {
  emulator: Emulator;
  server: TestServer;
  browser: Browser;
  /** Another, which has no client yet. */
  startServer(): Promise<TestServer>;
  tenant(slug?: string): Promise<TenantView>;
  close(): Promise<void>;
}

export async function startClientsPortal(): Promise<ClientsPortal> {
  const emulator = await startEmulator({
    port: 0,
    orgs: [
      {
        orgId: randomUUID(),
        privateKeys: [privateKey],
        publicKeys: [],
        assistants: [{ id: assistantId, name: 'Acme' }],
      },
    ],
  });
  const startServer = async (): Promise<TestServer> => {
    const started = await startTestServer({
      ...{ vapiBaseUrl: emulator.url, config: { publicUrl: 'http://localhost' } },
    });
    started.ctx.config.publicUrl = started.url;
    started.secrets.add('private key', privateKey);
    return started;
  };
  const server = await startServer();
  const acme = { slug: 'acme', name: 'Acme Bakery', privateKey, assistantId };
  const allowedOrigins = ['https://www.acme.example'];
  assert.equal((await server.operator('POST', '/v1/tenants', { ...acme, allowedOrigins })).status, 201);
  const browser = await chromium.launch({
    executablePath: await chromePath(),
    args: chromeArgs,
    timeout: farMs,
  });
  return {
    emulator,
    server,
    browser,
    startServer,
    tenant: async (slug = 'acme') => (await server.operator('GET', `/v1/tenants/${slug}`)).body,
    close: async () => {
      await browser.close();
      await server.close();
      await emulator.close();
    },
  };
}
