/**
 * Thousands of bad requests: for every endpoint a body or query that breaks its schema in a random way, random paths,
 * headers and bytes. In every case the server answers with a refusal, stores nothing and reveals nothing.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sql } from 'kysely';
import type { Schema } from '../../server/store/schema.ts';
import type { Engine } from './postgres.ts';
import { type RawRequest, send, sendBytes } from './raw-http.ts';
import { pageOrigin, startTestServer, type TestServer, tenantInput } from './test-server.ts';

type Kind = 'page' | 'operator' | 'webhook';

interface Endpoint {
  method: string;
  path: string;
  as: Kind;
  /** A valid one; each request breaks it. */
  body?: Record<string, unknown>;
}

const webhookSecret = 'the-secret-of-the-fuzzed-tenant';

const endpoints: Endpoint[] = [
  { method: 'POST', path: '/v1/sessions', as: 'page', body: { tenant: 'acme', challenge: 'x' } },
  { method: 'POST', path: '/v1/calls', as: 'page', body: { session: 'x', variableValues: { a: 'b' } } },
  { method: 'POST', path: '/v1/calls/call-1/end', as: 'page', body: { token: 'x' } },
  { method: 'POST', path: '/v1/tenants', as: 'operator', body: { ...tenantInput(), slug: 'fuzzed' } },
  {
    method: 'PATCH',
    path: '/v1/tenants/acme',
    as: 'operator',
    body: { name: 'Acme', limits: {}, texts: {} },
  },
  {
    method: 'POST',
    path: '/v1/tenants/acme/allowed-origins',
    as: 'operator',
    body: { origin: 'https://x.example' },
  },
  { method: 'POST', path: '/v1/keys', as: 'operator', body: { name: 'x', scopes: ['read'], tenant: 'acme' } },
  { method: 'POST', path: '/v1/reconcile', as: 'operator', body: { tenant: 'acme' } },
  { method: 'POST', path: '/v1/webhooks/vapi/acme', as: 'webhook', body: { message: {} } },
];
const queries = [
  '/v1/tenants',
  '/v1/tenants/acme/usage',
  '/v1/tenants/acme/calls',
  '/v1/keys',
  '/v1/audit',
  '/v1/notices',
];
const readable = ['/v1/widget/', '/v1/tenants/', '/v1/tenants/acme/calls/', '/', '/v1/', '/chunks/'];

const nasty = fc.oneof(
  fc.constantFrom(
    '',
    '\0',
    '%00',
    '../',
    '__proto__',
    '{{7*7}}',
    "' or 1=1 --",
    '\ud800',
    '🐙',
    'null',
    '{}',
    '-1',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ minLength: 200, maxLength: 3000 }),
);
/** Nothing that any of the fields above would accept. */
const wrong = fc.oneof(
  fc.constantFrom<unknown>(null, [], {}, [[]], { $ne: '' }, { toString: 1 }, -0.5, 1e308, [null]),
  fc.double(),
  fc.array(nasty, { minLength: 1, maxLength: 3 }),
);

/** The valid body with one field made invalid, and always one that does not exist. */
function brokenBody(right: Record<string, unknown>): fc.Arbitrary<string> {
  const field = fc.constantFrom(...Object.keys(right));
  const broken = fc
    .tuple(field, wrong, nasty)
    .map(([name, value, extra]) =>
      JSON.stringify({ ...right, [name]: value, [`x${extra.slice(0, 40)}`]: value }),
    );
  const cut = fc
    .tuple(broken, fc.double({ min: 0, max: 0.98, noNaN: true }))
    .map(([text, part]) => text.slice(0, Math.floor(text.length * part)));
  const other = fc.oneof(fc.json(), nasty).filter((text) => !isObject(text));
  // An empty body is an empty object to the operator's routes, and changing nothing is valid.
  return fc.oneof(broken, cut, other).filter((text) => text !== '');
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const credentials = fc.constantFrom('right', 'right', 'right', 'none', 'wrong');

const bodies: fc.Arbitrary<[Endpoint, RawRequest]> = fc.constantFrom(...endpoints).chain((endpoint) =>
  fc.tuple(
    fc.constant(endpoint),
    fc.record({
      method: fc.constant(endpoint.method),
      path: fc.constant(endpoint.path),
      body: brokenBody(endpoint.body ?? {}),
    }),
  ),
);
const reads: fc.Arbitrary<[Endpoint, RawRequest]> = fc
  .oneof(
    fc
      .tuple(fc.constantFrom(...queries), nasty, nasty)
      .map(([path, name, value]) => `${path}?x${encode(name)}=${encode(value)}`),
    fc
      .tuple(fc.constantFrom(...queries.slice(2)), fc.constantFrom('cursor', 'limit', 'from', 'by'), nasty)
      .map(([path, name, value]) => `${path}?${name}=${encode(value)}~`),
    fc.tuple(fc.constantFrom(...readable), nasty).map(([path, rest]) => `${path}~${encode(rest)}`),
  )
  .map((path) => [{ method: 'GET', path, as: path.includes('tenants') ? 'operator' : 'page' }, { path }]);

const encode = (text: string) => encodeURIComponent(text.toWellFormed()).slice(0, 4000);

export interface FuzzTarget {
  server: TestServer;
  /** Sends one generated request; throws when it is not a plain refusal. */
  play(endpoint: Endpoint, request: RawRequest, credential: string): Promise<void>;
  playBytes(bytes: Uint8Array): Promise<void>;
  /** Rows of everything that a refused request must not write. */
  rows(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export async function startFuzzTarget(engine: Engine): Promise<FuzzTarget> {
  const server = await startTestServer({ engine, config: { trustProxy: 1, logLevel: 'warn' } });
  await server.createTenant({ webhookSecret });
  let visitors = 0;
  const identify: Record<Kind, (credential: string) => [string, string][]> = {
    page: (credential) =>
      credential === 'none' ? [] : [['Origin', credential === 'right' ? pageOrigin : 'https://evil.example']],
    operator: (credential) =>
      credential === 'none'
        ? []
        : [['Authorization', `Bearer ${credential === 'right' ? server.operatorKey : 'vak_wrong'}`]],
    webhook: (credential) =>
      credential === 'none' ? [] : [['X-Vapi-Secret', credential === 'right' ? webhookSecret : 'wrong']],
  };
  return {
    server,
    async play(endpoint, request, credential) {
      visitors += 1;
      const answer = await send(server.url, {
        ...request,
        headers: [
          ['X-Forwarded-For', `10.${(visitors >> 16) & 255}.${(visitors >> 8) & 255}.${visitors & 255}`],
          ['Content-Type', endpoint.as === 'page' ? 'text/plain' : 'application/json'],
          ...identify[endpoint.as](credential),
        ],
      });
      // A message that says nothing about a call is accepted, so that it is not sent again.
      const ignored = endpoint.as === 'webhook' && answer.text === '{}';
      assert.ok(ignored || (answer.status >= 400 && answer.status < 500), `${answer.status} ${answer.text}`);
      assert.doesNotMatch(answer.text, /node_modules|file:\/\/|\n\s+at /);
    },
    async playBytes(bytes) {
      const answer = await sendBytes(server.url, bytes);
      assert.doesNotMatch(answer, /^HTTP\/1\.1 5|node_modules|file:\/\//);
    },
    async rows() {
      const counts: Record<string, number> = {};
      const tables: (keyof Schema)[] = [
        'tenants',
        'reservations',
        'calls',
        'usageDaily',
        'apiKeys',
        'notices',
      ];
      for (const table of [...tables, 'usedChallenges' as const, 'audit' as const]) {
        const row = await server.ctx.store
          .selectFrom(table)
          .select(sql<number>`cast(count(*) as bigint)`.as('count'))
          .executeTakeFirstOrThrow();
        counts[table] = row.count;
      }
      return counts;
    },
    close: () => server.close(),
  };
}

/** @param runs how many requests; a tenth as many again are sent as raw bytes */
export async function fuzz(target: FuzzTarget, runs: number): Promise<void> {
  const before = await target.rows();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 3, arbitrary: bodies }, reads),
      credentials,
      ([endpoint, request], as) => target.play(endpoint, request, as),
    ),
    { numRuns: runs, endOnFailure: true },
  );
  await fc.assert(
    fc.asyncProperty(rawBytes, (bytes) => target.playBytes(bytes)),
    { numRuns: Math.ceil(runs / 10) },
  );
  assert.deepEqual(await target.rows(), before);
  assert.equal((await target.server.request('GET', '/readyz')).status, 200);
}

/** Anything at all, or a request with a few changed bytes. */
const honest = Buffer.from(
  `POST /v1/sessions HTTP/1.1\r\nHost: x\r\nOrigin: ${pageOrigin}\r\nContent-Type: text/plain\r\n` +
    'Content-Length: 15\r\nConnection: close\r\n\r\n{"tenant":"no"}',
);
const rawBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.tuple(fc.nat(honest.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
    .map((changes) => {
      const bytes = Buffer.from(honest);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    }),
);
