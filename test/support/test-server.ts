/** The production server on a free port with a store of its own, a clock that the test moves, and its log in memory. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Config, Secrets } from '../../server/config.ts';
import type { Problem, TenantView } from '../../server/contract.ts';
import { type RunningServer, startServer } from '../../server/start.ts';

export interface TestServer extends RunningServer {
  operatorKey: string;
  /** Epoch milliseconds; the server reads it wherever it needs the time. */
  clock: { now: number };
  /** Every line that the server has logged. */
  log: string[];
  /** Any request; the body is sent as JSON text. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** A request with the operator's key. */
  operator(method: string, path: string, body?: unknown): Promise<Answer>;
  createTenant(changes?: Record<string, unknown>): Promise<TenantView>;
}

export interface RequestOptions {
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
  text: string;
}

export interface TestServerOptions {
  vapiBaseUrl?: string;
  config?: Partial<Config>;
  secrets?: Partial<Secrets>;
}

/** The origin of the page that test tenants allow. */
export const pageOrigin = 'https://shop.acme.example';

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-store-'));
  const operatorKey = `vak_${randomBytes(24).toString('base64url')}`;
  const clock = { now: Date.parse('2026-11-10T12:00:00Z') };
  const log: string[] = [];
  const config: Config = {
    port: 0,
    publicUrl: 'https://voice.agency.example',
    database: { kind: 'sqlite', file: join(folder, 'store.db') },
    trustProxy: false,
    vapiBaseUrl: options.vapiBaseUrl ?? 'http://127.0.0.1:9',
    dailyProxyUrl: null,
    logLevel: 'debug',
    production: false,
    ...options.config,
  };
  const secrets: Secrets = {
    secretKeys: [randomBytes(32)],
    operatorApiKey: operatorKey,
    smtp: null,
    ...options.secrets,
  };
  const running = await startServer(config, secrets, {
    host: '127.0.0.1',
    now: () => clock.now,
    logTo: new Writable({
      write(chunk, _encoding, done) {
        log.push(String(chunk));
        done();
      },
    }),
  });
  const request = async (method: string, path: string, { headers = {}, body }: RequestOptions = {}) => {
    const response = await fetch(new URL(path, running.url), {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parseIfJson(text), text };
  };
  const operator = (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' };
    return request(method, path, { headers, body });
  };
  return {
    ...running,
    operatorKey,
    clock,
    log,
    request,
    operator,
    async createTenant(changes = {}) {
      const answer = await operator('POST', '/v1/tenants', { ...tenantInput(), ...changes });
      if (answer.status !== 201) throw new Error(`tenant refused: ${answer.text}`);
      return answer.body as TenantView;
    },
    async close() {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A valid tenant with fresh ids. */
export function tenantInput() {
  return {
    slug: 'acme',
    name: 'Acme',
    orgId: randomUUID(),
    privateKey: `private-${randomUUID()}`,
    assistantId: randomUUID(),
    allowedOrigins: [pageOrigin],
    webhookSecret: `webhook-${randomUUID()}`,
  };
}

/** The stable code of an error answer. */
export function codeOf(answer: Answer): string {
  return (answer.body as Problem).code;
}

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
