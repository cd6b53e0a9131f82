/** `vapi-agent doctor` as it is typed: what it prints, what it asks first, and its exit code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';

const cli = join(import.meta.dirname, '..', '..', '..', 'server', 'cli.ts');
const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-doctor-'));
let network: TestNetwork;
before(async () => {
  network = await startTestNetwork();
  network.server.ctx.config.publicUrl = network.server.url;
  await network.addTenant('well');
  await network.server.operator('POST', '/v1/tenants/well/wire', {});
});
after(async () => {
  await network?.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(args: string[], typed = ''): Promise<{ code: number; out: string; err: string }> {
  const { url, operatorKey } = network.server;
  const env = {
    ...{ PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: folder },
    ...{ VAPI_AGENT_URL: url, OPERATOR_API_KEY: operatorKey },
  };
  return new Promise((resolve) => {
    const options = { cwd: folder, env };
    const child = execFile(process.execPath, [cli, 'doctor', ...args], options, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
    child.stdin?.end(typed);
  });
}

test('a line for each row, exit code 0 when none failed; with --json the rows as the API has them', async () => {
  const { code, out, err } = await run(['well']);
  assert.deepEqual([code, err], [0, ''], out);
  assert.match(out, /^ok {4}Database +(?:SQLite|PostgreSQL) accepts writes\.$/m);
  assert.match(out, /^ok {4}Private key +Vapi accepts it/m);
  assert.match(out, /^- {5}Web call +Only a test call shows it\.$/m);
  const { rows, failed } = JSON.parse((await run(['well', '--json'])).out);
  assert.equal(failed, 0);
  assert.ok(rows.some(({ id }: { id: string }) => id === 'wiring'));
});

test('a row that failed is followed by what to do, and the exit code is 1', async () => {
  await network.addTenant('elsewhere', {}, { server: { url: 'https://crm.client.example/vapi' } });
  const { code, out, err } = await run(['elsewhere']);
  assert.equal(code, 1, out);
  assert.match(err, /^1 of \d+ failed\.\n$/);
  assert.match(out, /^FAIL {2}Call reports .+\n +-> Under “Call reporting”/m);
});

test('the most that a test call may cost is shown first, and only a yes makes one', async () => {
  for (const typed of ['', 'n\n', 'yesterday\n']) {
    const { code, err } = await run(['well', '--test-call'], typed);
    assert.equal(code, 0);
    assert.match(err, /ended after 10 s and may cost up to 0\.50 USD\. Make it\? \[y\/N\]/);
  }
  assert.deepEqual(network.emulator.calls(), []);
});

test('--record writes a capture; without a tenant there is nothing to record', async () => {
  const { code, err } = await run(['well', '--record', 'capture.json']);
  assert.equal(code, 0, err);
  const { format, exchanges } = JSON.parse(readFileSync(join(folder, 'capture.json'), 'utf8'));
  assert.equal(format, 1);
  assert.ok(exchanges.length > 0);
  assert.equal((await run(['--record', 'capture.json'])).code, 2);
});
