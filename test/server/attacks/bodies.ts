/** Bodies that smuggle, overflow or confuse. */
import { pageOrigin } from '../../support/test-server.ts';
import type { Attack, Outcome } from './stage.ts';

const manyVariables = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`v${index}`, 'x']));

/** Sent to `POST /v1/sessions` by an allowed page. */
const sessionBodies: [name: string, outcome: Outcome, body: string | Buffer, contentType?: string][] = [
  ['nothing', 'invalid_request', ''],
  ['no JSON', 'invalid_request', 'tenant=acme'],
  ['a form', 'invalid_request', 'tenant=acme', 'application/x-www-form-urlencoded'],
  ['JSON under a type that is not read', 'invalid_request', '{"tenant":"acme"}', 'application/octet-stream'],
  ['an unknown character set', 'invalid_request', '{"tenant":"acme"}', 'text/plain; charset=klingon'],
  ['half of a JSON object', 'invalid_request', '{"tenant":"acme"'],
  ['a list', 'invalid_request', '[{"tenant":"acme"}]'],
  ['a string', 'invalid_request', '"acme"'],
  ['null', 'invalid_request', 'null'],
  ['bytes that are no UTF-8', 'invalid_request', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['a list as the tenant', 'invalid_request', '{"tenant":["acme"]}'],
  ['an operator of a query language as the tenant', 'invalid_request', '{"tenant":{"$ne":""}}'],
  ['SQL as the tenant', 'invalid_request', '{"tenant":"acme\' or 1=1 --"}'],
  ['a zero byte in the tenant', 'invalid_request', '{"tenant":"acme\\u0000"}'],
  ['a property that the contract does not have', 'invalid_request', '{"tenant":"acme","generation":99}'],
  ['an origin of its own', 'invalid_request', `{"tenant":"acme","origin":"${pageOrigin}"}`],
  ['a prototype', 'invalid_request', '{"__proto__":{"tenant":"acme"}}'],
  ['a constructor', 'invalid_request', '{"tenant":"acme","constructor":{"prototype":{"x":1}}}'],
  ['a hundred thousand brackets', 'payload_too_large', '['.repeat(100_000)],
  ['deep nesting within the limit', 'invalid_request', `${'['.repeat(8000)}${']'.repeat(8000)}`],
  ['17 kB', 'payload_too_large', JSON.stringify({ tenant: 'acme', challenge: 'x'.repeat(17_000) })],
];

/** Sent to `POST /v1/calls` beside a good session. */
const callExtras: [name: string, extra: object][] = [
  ['assistantOverrides', { assistantOverrides: { model: { provider: 'openai', model: 'gpt-5' } } }],
  ['an assistant of its own', { assistant: { firstMessage: 'Hello' } }],
  ['another assistant’s id', { assistantId: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee' }],
  ['metadata', { metadata: { tenant: 'rival' } }],
  ['a server URL', { server: { url: 'https://evil.example' } }],
  ['a longer call', { maxDurationSeconds: 43_200 }],
  ['another tenant', { tenant: 'rival' }],
  ['another access mode', { accessMode: 'public-key' }],
  ['overrides below the variables', { variableValues: { a: { model: 'gpt-5' } } }],
  ['a list as variables', { variableValues: ['a'] }],
  ['a variable’s name with a dot', { variableValues: { 'model.provider': 'openai' } }],
  ['a variable’s name with brackets', { variableValues: { 'a[b]': 'x' } }],
  ['a variable of null', { variableValues: { a: null } }],
  ['a variable of 1,001 characters', { variableValues: { a: 'x'.repeat(1001) } }],
  ['33 variables', { variableValues: manyVariables }],
];

export const bodyAttacks: Attack[] = [
  ...sessionBodies.map(
    ([what, outcome, body, contentType]): Attack => ({
      name: `a session with ${what} as body`,
      outcome,
      attempt: (stage) =>
        stage.newcomer().post('/v1/sessions', body, [['Content-Type', contentType ?? 'text/plain']]),
    }),
  ),
  {
    name: 'a small body that unpacks to megabytes',
    outcome: 'payload_too_large',
    async attempt(stage) {
      const { gzipSync } = await import('node:zlib');
      return stage
        .newcomer()
        .post('/v1/sessions', gzipSync(Buffer.alloc(5_000_000, 0x20)), [['Content-Encoding', 'gzip']]);
    },
  },
  {
    name: 'a body in an encoding that does not exist',
    outcome: 'invalid_request',
    attempt: (stage) =>
      stage.newcomer().post('/v1/sessions', { tenant: 'acme' }, [['Content-Encoding', 'rot13']]),
  },
  ...callExtras.map(
    ([what, extra]): Attack => ({
      name: `a call with ${what}`,
      outcome: 'invalid_request',
      async attempt(stage) {
        const visitor = stage.newcomer();
        const session = await visitor.session('acme');
        await stage.mark();
        return visitor.post('/v1/calls', { session, ...extra });
      },
    }),
  ),
];
