/** A test server, the Vapi emulator and one tenant whose assistant is wired to the server, as an operator wires it. */
import { randomUUID } from 'node:crypto';
import {
  type Emulator,
  type EmulatorAssistant,
  type EmulatorOptions,
  startEmulator,
} from '../../demo/vapi-emulator/emulator.ts';
import type { TenantView } from '../../server/contract.ts';
import {
  type Answer,
  pageOrigin,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from './test-server.ts';

/** One org at the emulator with the tenant that uses it. */
export interface TestTenant {
  view: TenantView;
  slug: string;
  orgId: string;
  assistantId: string;
  privateKey: string;
  publicKey: string;
  webhookSecret: string;
}

export interface TestNetwork {
  server: TestServer;
  emulator: Emulator;
  acme: TestTenant;
  /** Another tenant with an org of its own. */
  addTenant(
    slug: string,
    changes?: Record<string, unknown>,
    assistant?: Partial<EmulatorAssistant>,
  ): Promise<TestTenant>;
  /** A request of a page that the tenant allows. */
  visitor(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A fresh session of that tenant; throws when it is refused. */
  session(slug: string): Promise<string>;
  close(): Promise<void>;
}

export interface TestNetworkOptions {
  server?: TestServerOptions;
  emulator?: Partial<EmulatorOptions>;
  tenant?: Record<string, unknown>;
  assistant?: Partial<EmulatorAssistant>;
}

export async function startTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const emulator = await startEmulator({ port: 0, orgs: [], reportDelayMs: 0, ...options.emulator });
  // The emulator checks the expiry of keys by the real time.
  const server = await startTestServer({ vapiBaseUrl: emulator.url, now: Date.now(), ...options.server });
  const addTenant: TestNetwork['addTenant'] = async (slug, changes = {}, assistant = {}) => {
    const orgId = randomUUID();
    const assistantId = randomUUID();
    const privateKey = `private-${randomUUID()}`;
    const publicKey = `public-${randomUUID()}`;
    const webhookSecret = `webhook-${randomUUID()}`;
    emulator.addOrg({
      orgId,
      privateKeys: [privateKey],
      publicKeys: [{ value: publicKey }],
      assistants: [
        {
          id: assistantId,
          name: slug,
          server: {
            url: `${server.url}/v1/webhooks/vapi/${slug}`,
            headers: { 'x-vapi-agent-token': webhookSecret },
          },
          serverMessages: ['status-update', 'end-of-call-report'],
          ...assistant,
        },
      ],
    });
    const view = await server.createTenant({
      slug,
      name: slug,
      orgId,
      assistantId,
      privateKey,
      publicKey,
      webhookSecret,
      ...changes,
    });
    return { view, slug, orgId, assistantId, privateKey, publicKey, webhookSecret };
  };
  const acme = await addTenant('acme', options.tenant, options.assistant);
  const visitor: TestNetwork['visitor'] = (path, body, headers = {}) =>
    server.request('POST', path, {
      headers: { origin: pageOrigin, 'content-type': 'text/plain', ...headers },
      body,
    });
  return {
    server,
    emulator,
    acme,
    addTenant,
    visitor,
    async session(slug) {
      const answer = await visitor('/v1/sessions', { tenant: slug });
      if (answer.status !== 201) throw new Error(`no session: ${answer.text}`);
      return answer.body.session as string;
    },
    async close() {
      await emulator.close();
      await server.close();
    },
  };
}
