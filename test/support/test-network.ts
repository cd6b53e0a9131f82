/** A test server, the Vapi emulator and one tenant whose assistant is wired to the server, as an operator wires it. */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Emulator,
  type EmulatorAssistant,
  type EmulatorOptions,
  startEmulator,
} from '../../demo/vapi-emulator/emulator.ts';
import type { TenantView } from '../../server/contract.ts';
import { freePort } from './free-port.ts';
import {
  type Answer,
  pageOrigin,
  startTestServer,
  type TestServer,
  type TestServerOptions,
  testTime,
} from './test-server.ts';
import { until } from './until.ts';

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
  /** Another tenant with its own org. */
  addTenant(
    slug: string,
    changes?: Record<string, unknown>,
    assistant?: Partial<EmulatorAssistant>,
  ): Promise<TestTenant>;
  /** A request of a page that the tenant allows. */
  visitor(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A fresh session of that tenant; throws when it is refused. */
  session(slug: string): Promise<string>;
  /** Stops the server and starts another one on the same address; needs an explicit `database` to continue with. */
  restartServer(): Promise<void>;
  close(): Promise<void>;
}

export interface TestNetworkOptions {
  server?: TestServerOptions;
  emulator?: Partial<EmulatorOptions>;
  tenant?: Record<string, unknown>;
  assistant?: Partial<EmulatorAssistant>;
}

export async function startTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  // One clock for both: a key that the server signs is as old at the emulator as it is here.
  const clock = { now: options.server?.now ?? testTime };
  const emulator = await startEmulator({
    port: 0,
    orgs: [],
    reportDelayMs: 0,
    now: () => clock.now,
    ...options.emulator,
  });
  const secretKeys = [randomBytes(32)];
  // Only a network with a database of its own can be restarted.
  const port = options.server?.database ? await freePort() : 0;
  const start = () =>
    startTestServer({
      vapiBaseUrl: emulator.url,
      secrets: { secretKeys },
      ...options.server,
      config: { port, ...options.server?.config },
      clock,
    });
  let server = await start().catch(async (error: unknown) => {
    // If it kept running, the test process would not end with the error.
    await emulator.close();
    throw error;
  });
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
    get server() {
      return server;
    },
    emulator,
    acme,
    addTenant,
    visitor,
    async session(slug) {
      const answer = await visitor('/v1/sessions', { tenant: slug });
      if (answer.status !== 201) throw new Error(`no session: ${answer.text}`);
      return answer.body.session as string;
    },
    async restartServer() {
      await server.close();
      server = await start();
      // Connections to the old server that the client has kept fail once; after that it makes new ones.
      const answers = () =>
        fetch(`${server.url}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        );
      await until(answers, 'the new server');
    },
    async close() {
      await emulator.close();
      await server.close();
    },
  };
}
