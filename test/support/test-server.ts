/**
 * The production server on a free port with its own store, a clock that the test moves, and its log in memory. When it
 * is closed, everything that it has answered and logged is searched for the secrets that it was given, and every answer
 * must have been one that `/openapi.json` describes.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Config, Secrets } from '../../server/config.ts';
import type { Problem, TenantView } from '../../server/contract.ts';
import { type RunningServer, startServer } from '../../server/start.ts';
import { watchContract } from './contract-watch.ts';
import { defaultEngine, type Engine, type TestDatabase } from './postgres.ts';
import { type SecretWatch, watchSecrets } from './secrets.ts';
import { slowed } from './until.ts';

export interface TestServer extends RunningServer {
  operatorKey: string;
  /** Epoch milliseconds; the server reads it wherever it needs the time. */
  clock: { now: number };
  /** Every line that the server has logged. */
  log: string[];
  /** Its secrets, and those of the tenants and keys made through it, are already known. */
  secrets: SecretWatch;
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
  /** Whether prices of months are calculated in the background. */
  prices?: boolean;
  /** How much may wait in one tenant's outbox. */
  outboxLimits?: { messages: number; bytes: number };
  /** The initial time of its clock, in epoch milliseconds; default `testTime`. */
  now?: number;
  /** A clock that it shares with others, instead of a new one. */
  clock?: { now: number };
  /** The engine of its own database; default SQLite. */
  engine?: Engine;
  /** A database that another server has made and removes: two servers on one store. */
  database?: TestDatabase;
}

/** The initial time of every test's clock: far from the ends of a day, a month and a summer time. */
export const testTime = Date.parse('2026-11-10T12:00:00Z');

/** The origin of the page that test tenants allow. */
export const pageOrigin = 'https://shop.acme.example';

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.database ?? (await (options.engine ?? defaultEngine).createMigrated());
  const operatorKey = `vak_${randomBytes(24).toString('base64url')}`;
  const clock = options.clock ?? { now: options.now ?? testTime };
  const log: string[] = [];
  const config: Config = {
    port: 0,
    publicUrl: 'https://voice.agency.example',
    talkUrl: null,
    // Generous: on a slow machine, four hundred simultaneous starts must not be refused for its slowness.
    database: { timeoutMs: slowed(60_000), ...database.config },
    trustProxy: false,
    vapiBaseUrl: options.vapiBaseUrl ?? 'http://127.0.0.1:9',
    dailyProxyUrl: null,
    stripeApiUrl: null,
    autoClose: false,
    closeParallel: 12,
    privateTargets: [],
    visitorLimits: { ahead: 600, sessions: 60, starts: 60 },
    keepDays: null,
    sweepsAtOnce: 8,
    telemetry: null,
    logLevel: 'debug',
    production: false,
    shutdownDelayMs: 0,
    ...options.config,
  };
  const secrets: Secrets = {
    secretKeys: [randomBytes(32)],
    operatorApiKey: operatorKey,
    redisUrl: null,
    telemetryHeaders: {},
    smtp: null,
    oidc: null,
    stripe: null,
    ...options.secrets,
  };
  const running = await startServer(config, secrets, {
    host: '127.0.0.1',
    now: () => clock.now,
    reconciler: false,
    prices: options.prices ?? false,
    ...(options.outboxLimits ? { outboxLimits: options.outboxLimits } : {}),
    logTo: new Writable({
      write(chunk, _encoding, done) {
        log.push(String(chunk));
        done();
      },
    }),
  });
  const contract = watchContract();
  const watch = watchSecrets(Number(new URL(running.url).port), contract.see);
  watch.add('operator key', operatorKey);
  if (secrets.stripe) watch.add('Stripe key', secrets.stripe.secretKey);
  if (secrets.stripe?.webhookSecret) watch.add('Stripe webhook secret', secrets.stripe.webhookSecret);
  if (secrets.oidc) watch.add('OpenID Connect secret', secrets.oidc.clientSecret);
  if (secrets.smtp) watch.add('mail password', decodeURIComponent(new URL(secrets.smtp.url).password));
  for (const [name, bytes] of secretBytes(secrets, running)) watch.addBytes(name, bytes);
  const request = async (method: string, path: string, { headers = {}, body }: RequestOptions = {}) => {
    watch.learnFrom(body);
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
    secrets: watch,
    request,
    operator,
    async createTenant(changes = {}) {
      const answer = await operator('POST', '/v1/tenants', { ...tenantInput(), ...changes });
      if (answer.status !== 201) throw new Error(`tenant refused: ${answer.text}`);
      return answer.body as TenantView;
    },
    async close() {
      await running.close();
      watch.stop();
      if (!options.database) await database.remove();
      watch.check(log);
      contract.check();
    },
  };
}

function secretBytes({ secretKeys }: Secrets, { ctx }: RunningServer): [string, Buffer][] {
  const derived = Object.entries(ctx.keys).flatMap(([purpose, keys]) =>
    keys.map(({ key }): [string, Buffer] => [`${purpose} key`, key.export()]),
  );
  return [...secretKeys.map((key): [string, Buffer] => ['SECRET_KEY', key]), ...derived];
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
