/** The command line before it reaches a server, and how it handles an answer that is not ours. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demandNode } from '../../server/base/node-version.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-cli-'));
let proxy: Server;
let address: string;
const asked: string[] = [];
/** Answers the request to close months, once it arrives. */
let finish: (() => void) | null = null;

/** A close of three clients on the server, which is being restarted at the first look. */
let looks = 0;
let isStopped = false;
function job(url: string, response: ServerResponse): void {
  const run = (state: string, done: number, more: object = {}) =>
    JSON.stringify({
      ...{ id: 'run_1', state, entries: [], entriesLeftOut: false, needsPerson: 0, ...more },
      progress: { pending: 3 - done, underWay: 0, done, forPerson: 0 },
    });
  const entry = (tenant: string) => ({ tenant, month: '2026-11', outcome: 'finalized', openCalls: 0 });
  const page = (tenant: string, nextCursor: string | null) =>
    JSON.stringify({ clients: [{ tenant, state: 'done', entries: [entry(tenant)] }], nextCursor });
  if (url.includes('/clients')) response.end(url.includes('cursor') ? page('bolt', null) : page('acme', '1'));
  else if (url.endsWith('/close')) response.writeHead(202).end(run('running', 1));
  else if (isStopped) response.end(run('stopped', 1));
  else {
    looks += 1;
    if (looks === 1) response.writeHead(502).end('Bad Gateway');
    else
      response.end(
        looks === 2 ? run('running', 2) : run('finished', 3, { entriesLeftOut: true, needsPerson: 1 }),
      );
  }
}

before(async () => {
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === '/voice/v1/billing/close') {
      finish = () => response.end('{"entries": [], "needsPerson": 0}');
    } else if (request.url?.startsWith('/job/')) {
      job(request.url, response);
    } else if (request.url === '/slow') {
      // Never.
    } else if (request.url?.startsWith('/voice/')) response.end('{"tenants": [], "nextCursor": null}');
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>No such page</h1>');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
after(() => {
  proxy.closeAllConnections();
  proxy.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  code: number;
  out: string;
  err: string;
}
function run(args: string[], env: Record<string, string> = {}): Promise<Result> {
  const given = { PATH: process.env.PATH ?? '', OPERATOR_API_KEY: 'vak_of-some-length-for-tests', ...env };
  return new Promise((resolve) => {
    const all = [join(root, 'server', 'cli.ts'), ...args];
    const options = { cwd: folder, env: { NODE_COMPILE_CACHE: folder, ...given } };
    const child = execFile(process.execPath, all, options, (_error, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
  });
}

test('the path of the server’s address is kept, with and without a slash at its end', async () => {
  for (const end of ['/voice', '/voice/']) {
    const { code, out, err } = await run(['tenants'], { VAPI_AGENT_URL: address + end });
    assert.deepEqual([code, out], [0, 'nothing\n'], err);
  }
  assert.deepEqual(asked.splice(0), ['GET /voice/v1/tenants', 'GET /voice/v1/tenants']);
});

test('an answer that is not the server’s own is a sentence that names the address, not a parser error', async () => {
  const { code, err } = await run(['tenants'], { VAPI_AGENT_URL: address });
  assert.equal(code, 1);
  assert.ok(err.includes(`${address}/v1/tenants (status 404)`), err);
  assert.match(err, /No such page/);
  asked.length = 0;
});

test('an address without its scheme is refused with an example', async () => {
  for (const text of ['voice.agency.example', 'localhost:8787']) {
    const { code, err } = await run(['tenants'], { VAPI_AGENT_URL: text });
    assert.equal(code, 1);
    assert.match(err, /^VAPI_AGENT_URL must be an address such as https:\/\/voice\.agency\.example, not “/);
  }
});

test('a close that takes longer than any limit of fetch is waited for', async () => {
  const preload = join(folder, 'short-limits.mjs');
  // In that process fetch times out after a moment instead of five minutes, and says when that has passed.
  writeFileSync(
    preload,
    `import { get } from 'node:http';
await fetch('data:,');
// Node 24 asks the first; in Node 26 that only wraps the second.
for (const of of [1, 2].map((number) => Symbol.for('undici.globalDispatcher.' + number))) {
  const { constructor } = globalThis[of];
  if (constructor.name === 'Agent') globalThis[of] = new constructor({ headersTimeout: 100 });
}
fetch('${address}/slow').catch(({ cause }) => get('${address}/voice/' + cause.code));
`,
  );
  const result = run(['close'], { VAPI_AGENT_URL: `${address}/voice`, NODE_OPTIONS: `--import=${preload}` });
  await until(() => finish, 'the request to close');
  await until(() => asked.includes('GET /voice/UND_ERR_HEADERS_TIMEOUT'), 'the end of the patience of fetch');
  finish?.();
  assert.deepEqual(await result, { code: 0, out: 'nothing\n', err: '' });
});

test('a close is followed to its whole report, through a restart of the server; without waiting it is named', async () => {
  const env = { VAPI_AGENT_URL: `${address}/job` };
  const started = await run(['close', '--no-wait'], env);
  assert.deepEqual([started.code, started.out], [0, 'run_1\n'], started.err);
  const { code, out, err } = await run(['close'], env);
  assert.equal(code, 3, 'someone has to look');
  assert.equal(err, 'run_1: 1 of 3 clients\nrun_1: 2 of 3 clients\n');
  assert.match(out, /^tenant +month +outcome +openCalls\nacme .+\nbolt .+\n$/);
});

test('a close that someone stops meanwhile is not done for the one who follows it', async () => {
  isStopped = true;
  const { code, err } = await run(['close'], { VAPI_AGENT_URL: `${address}/job` });
  assert.deepEqual(
    [code, err],
    [3, 'run_1: 1 of 3 clients\nStopped: vapi-agent runs resume run_1 continues it.\n'],
  );
});

test('--help and help list the commands, --version the version; neither needs a server', async () => {
  for (const word of ['--help', '-h', 'help']) {
    const { code, out } = await run([word]);
    assert.equal(code, 0);
    assert.match(out, /^Usage: vapi-agent/);
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  assert.equal((await run(['--version'])).out, `${version}\n`);
});

test('a mistake is two lines that name the nearest command, not the whole help', async () => {
  const unknown = await run(['invocies']);
  assert.deepEqual([unknown.code, unknown.out], [2, '']);
  assert.match(unknown.err, /^There is no command “invocies”\. Did you mean “invoices”\?\nUsage: .+\n$/);
  const option = await run(['invoices', '--monht', '2026-11']);
  assert.equal(option.err, 'There is no option --monht. Did you mean --month?\n');
  assert.equal(option.code, 2);
  const { code, out } = await run(['help', 'start']);
  assert.equal(code, 0);
  assert.match(out, /^Usage:\n {2}vapi-agent start +runs the server.+\n$/);
});

test('a Node that is too old is named', () => {
  assert.throws(() => demandNode('20.20.2'), /Node 24 or newer is needed; this is 20\.20\.2\./);
  demandNode('24.0.0');
});
