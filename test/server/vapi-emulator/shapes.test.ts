/** The emulator cannot invent shapes: what it sends and receives is compared with the types of Vapi's packages. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { Ajv } from 'ajv';
import type { Traffic } from '../../../demo/vapi-emulator/traffic.ts';
import { faultsIn, requireKnownKeywords, type Schema } from '../../support/vapi-shapes/check.ts';
import { readShapes, type ShapeFaults } from '../../support/vapi-shapes/faults.ts';
import { readSchemas } from '../../support/vapi-shapes/schemas.ts';

let faults: ShapeFaults;
before(async () => {
  faults = await readShapes();
});

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const id = '11111111-2222-4333-8444-555555555555';
const time = '2026-11-10T12:00:00.000Z';
const assistant = { id, orgId: id, createdAt: time, updatedAt: time };
const request = (method: string, path: string, rest: Partial<Extract<Traffic, { kind: 'request' }>>) =>
  faults({ kind: 'request', method, path, query: {}, body: undefined, status: 200, answer: {}, ...rest });
const report = { type: 'end-of-call-report', endedReason: 'customer-ended-call', artifact: {}, analysis: {} };
const webhook = (message: object) => faults({ kind: 'webhook', body: { message } });

test('an answer with a field that the types lack, without one that they ask for, or of another kind is a fault', () => {
  const path = `/assistant/${id}`;
  const answer = (changes: object) => request('GET', path, { answer: asJson({ ...assistant, ...changes }) });
  assert.deepEqual(answer({ name: 'Desk', server: { url: 'https://a.example' } }), []);
  assert.deepEqual(answer({ title: 'Desk' }), [`GET ${path} answer (assistant): title is not in the types`]);
  assert.deepEqual(answer({ orgId: undefined }), [`GET ${path} answer (assistant): orgId is missing`]);
  assert.deepEqual(answer({ server: { url: 5 } }), [
    `GET ${path} answer (assistant): server.url must be string, not 5`,
  ]);
  assert.match(
    answer({ firstMessageMode: 'sings' })[0] ?? '',
    /: firstMessageMode must be one of .*"sings"$/,
  );
});

test('a body that is sent to Vapi is compared with its type, except one that is refused for its shape', () => {
  const sent = { assistantId: id, metadata: { tenant: 'acme' } };
  const wrong = [`POST /call/web request (webCallCreate): metadata is not in the types`];
  const answer = { id, orgId: id, createdAt: time, updatedAt: time };
  assert.deepEqual(request('POST', '/call/web', { body: sent, status: 201, answer }), wrong);
  const limited = { message: 'Rate limit exceeded.', statusCode: 429 };
  assert.deepEqual(request('POST', '/call/web', { body: sent, status: 429, answer: limited }), wrong);
  const refused = { message: ['property metadata should not exist'], error: 'Bad Request', statusCode: 400 };
  assert.deepEqual(request('POST', '/call/web', { body: sent, status: 400, answer: refused }), []);
  assert.deepEqual(
    request('POST', '/call/web', { body: sent, status: 400, answer: { oops: true } }).length,
    3,
  );
});

test('server messages and those of and to a page are held against theirs', () => {
  assert.deepEqual(webhook({ ...report, durationSeconds: 5, assistant }), []);
  assert.deepEqual(webhook({ ...report, seconds: 5 }), [
    'webhook end-of-call-report (serverMessage): message.seconds is not in the types',
  ]);
  assert.match(webhook({ ...report, type: 'end-of-talk' })[0] ?? '', /: message is of no kind in the types/);
  const spoken = { type: 'transcript', role: 'user', transcriptType: 'final', transcript: 'Hello' };
  assert.deepEqual(faults({ kind: 'to the page', body: spoken }), []);
  assert.match(
    faults({ kind: 'to the page', body: { ...spoken, role: 'visitor' } })[0] ?? '',
    /^message to the page \(clientMessage\): role must be one of/,
  );
  assert.deepEqual(faults({ kind: 'from the page', body: { type: 'end-call' } }), []);
  assert.equal(faults({ kind: 'from the page', body: { type: 'hang-up' } }).length, 1);
});

test('a query is compared with what the list accepts: its names, its numbers, its words', () => {
  const calls = (query: Record<string, unknown>) => request('GET', '/call', { query, answer: [] });
  assert.deepEqual(calls({ limit: '100', createdAtGe: time }), []);
  assert.deepEqual(calls({ limit: '100', createdAtFrom: time }), [
    'GET /call query (callsQuery): createdAtFrom is not in the types',
  ]);
  assert.deepEqual(calls({ limit: 'all' }), [
    'GET /call query (callsQuery): limit must be number, not "all"',
  ]);
  const chats = request('GET', '/chat', {
    query: { page: '1', sortOrder: 'up' },
    answer: {
      results: [],
      metadata: { itemsPerPage: 1, totalItems: 0, currentPage: 1, hasNextPage: false, sortOrder: 'DESC' },
    },
  });
  assert.match(chats.join(), /^GET \/chat query \(chatPageQuery\): sortOrder must be one of/);
  const single = request('GET', `/assistant/${id}`, { query: { full: 'true' }, answer: assistant });
  assert.deepEqual(single, [`GET /assistant/${id} query: full is not in the types`]);
});

test('the events of a chat’s stream are compared, and so is the request that has no other answer', () => {
  const event = (body: object) => faults({ kind: 'chat event', body });
  assert.deepEqual(event({ id, path: 'chat.output[0].content', delta: 'Hel' }), []);
  assert.deepEqual(event({ id, text: 'Hel', path: 'chat.output[0].content' }), [
    'event of a chat (chatEvent): text is not in the types',
    'event of a chat (chatEvent): delta is missing',
  ]);
  const streamed = { kind: 'request', method: 'POST', path: '/chat', query: {}, status: 200 } as const;
  assert.deepEqual(faults({ ...streamed, body: { input: 'Hello', assistantId: id, stream: true } }), []);
  assert.match(
    faults({ ...streamed, body: { input: 'Hello', words: 5 } }).join(),
    /words is not in the types/,
  );
});

test('a route whose shapes no one has named is a fault', () => {
  assert.match(request('GET', '/campaign', {})[0] ?? '', /^GET \/campaign: its shapes are not known/);
});

/** Runs a test file as the runner does; @returns its results as TAP */
function runTests(name: string, text: string): { stdout: string; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-shapes-'));
  const file = join(folder, name);
  writeFileSync(file, text);
  const { NODE_TEST_CONTEXT: _, EMULATOR_TRAFFIC_FILE: __, ...env } = process.env;
  const loaded = new URL('../../support/end-of-file.ts', import.meta.url).href;
  const args = ['--test', '--test-reporter=tap', `--import=${loaded}`, file];
  const { stdout, status } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return { stdout, status };
}

test('a test during which something has another shape fails, and names it', () => {
  const { stdout, status } = runTests(
    'lying.test.mjs',
    `import { channel } from 'node:diagnostics_channel';
     import { test } from 'node:test';
     const say = (answer) =>
       channel('vapi-emulator').publish({ kind: 'request', method: 'GET', path: '/squad', query: {}, status: 200, answer });
     test('honest', () => say([]));
     test('lying', () => say([{ id: 'x' }]));
     test('honest again', () => say([]));`,
  );
  assert.equal(status, 1);
  assert.match(stdout, /^ok 1 - honest$/m);
  assert.match(stdout, /^not ok 2 - lying$/m);
  assert.match(stdout, /GET \/squad answer \(squads\): 0\.members is missing/);
  assert.match(stdout, /^ok 3 - honest again$/m);
});

test('so does one whose emulator runs in another process, even if that was killed', () => {
  const emulator = new URL('../../../demo/vapi-emulator/emulator.ts', import.meta.url).href;
  const child = `
    const { startEmulator } = await import(${JSON.stringify(emulator)});
    const org = { orgId: '${id}', privateKeys: ['key'], publicKeys: [], assistants: [{ id: '${id}' }] };
    const { url } = await startEmulator({ port: 0, orgs: [org] });
    for (const path of process.argv.slice(1))
      await (await fetch(url + path, { headers: { authorization: 'Bearer key' } })).text();
    process.kill(process.pid, 'SIGKILL');`;
  const { stdout, status } = runTests(
    'child.test.mjs',
    `import { spawnSync } from 'node:child_process';
     import { test } from 'node:test';
     const ask = (path) =>
       spawnSync(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(child)}, path]);
     test('honest', () => { ask('/call?limit=5'); });
     test('lying', () => { ask('/assistant/${id}?full=1'); });`,
  );
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^ok 1 - honest$/m);
  assert.match(stdout, /^not ok 2 - lying$/m);
  assert.match(stdout, /GET \/assistant\/.* query: full is not in the types/);
});

test('the check agrees with a whole validator, and knows every keyword of the schemas', async () => {
  const { definitions } = await readSchemas();
  for (const definition of Object.values(definitions)) requireKnownKeywords(definition);
  const schema: Schema = {
    type: 'object',
    properties: {
      kind: { anyOf: [{ const: 'a' }, { type: 'null' }] },
      list: { type: 'array', items: { $ref: '#/definitions/item' } },
      word: { enum: ['x', 'y'], type: 'string' },
      map: { type: 'object', additionalProperties: { type: 'number' } },
    },
    required: ['kind'],
    additionalProperties: false,
  };
  const item: Schema = {
    anyOf: [
      {
        type: 'object',
        properties: { type: { const: 'n' }, n: { type: 'integer' } },
        required: ['type', 'n'],
      },
      {
        type: 'object',
        properties: { type: { const: 's' } },
        required: ['type'],
        additionalProperties: false,
      },
    ],
  };
  const whole = new Ajv({ strict: false }).compile({ ...schema, definitions: { item } });
  const values = [
    { kind: 'a' },
    { kind: null, list: [], word: 'x', map: { one: 1 } },
    { kind: 'b' },
    {},
    [],
    null,
    'a',
    { kind: 'a', word: 'z' },
    { kind: 'a', more: 1 },
    { kind: 'a', map: { one: '1' } },
    { kind: 'a', list: {} },
    { kind: 'a', list: [{ type: 'n', n: 1, more: true }, { type: 's' }] },
    { kind: 'a', list: [{ type: 'n', n: 1.5 }] },
    { kind: 'a', list: [{ type: 's', more: true }] },
    { kind: 'a', list: [{ type: 'q' }] },
    { kind: 'a', list: [{}] },
  ];
  for (const value of values)
    assert.equal(faultsIn(schema, value, { item }).length === 0, whole(value), JSON.stringify(value));
});
