/** The demo as a newcomer starts it: a process that prints its addresses, ends cleanly, and explains a taken port. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { UsageAnswer } from '../../server/contract.ts';
import { bundleArgs } from '../support/bundles.ts';
import { eventually } from './support/stage.ts';

const kernelPorts = { PORT: '0', DEMO_SITE_PORT: '0', DEMO_FOREIGN_PORT: '0', EMULATOR_PORT: '0' };

interface Started {
  child: ChildProcess;
  /** What it has printed so far. */
  out(): string;
  err(): string;
  /** What is in the temporary folder that only this process uses. */
  leftovers(): string[];
  /** The exit code, once it has ended. */
  ended: Promise<number | null>;
}

const children = new Set<ChildProcess>();
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-test-'));
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true });
});

function startDemoProcess(env: Record<string, string>, ...args: string[]): Started {
  const folder = mkdtempSync(join(scratch, 'demo-'));
  const child = spawn(process.execPath, [...bundleArgs(), 'demo/main.ts', ...args], {
    cwd: `${import.meta.dirname}/../..`,
    env: { ...process.env, ...kernelPorts, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => {
    children.delete(child);
    return code as number | null;
  });
  return { child, out: () => out, err: () => err, leftovers: () => readdirSync(folder), ended };
}

const printed = (demo: Started, text: string) =>
  eventually(
    async () => demo.out() + demo.err(),
    (output) => output.includes(text),
  );

test('--json: one line of addresses; the month exists; a booked call is reported; SIGINT leaves nothing', async () => {
  const demo = startDemoProcess({ EMULATOR_REPORT_DELAY_MS: '0' }, '--json');
  await printed(demo, '\n');
  const lines = demo.out().trim().split('\n');
  assert.equal(lines.length, 1, demo.out());
  const told = JSON.parse(lines[0] ?? '') as Record<string, string>;
  assert.deepEqual(Object.keys(told), [
    'server',
    'site',
    'foreignSite',
    'emulator',
    'operatorKey',
    'portal',
    'tenants',
  ]);
  assert.deepEqual(told.tenants, [
    { slug: 'acme', accessMode: 'proxy' },
    { slug: 'riverside-dental', accessMode: 'scoped-key' },
    { slug: 'fern-garden', accessMode: 'public-key' },
  ]);
  for (const address of [told.server, told.site, told.foreignSite, told.emulator]) {
    assert.match(address ?? '', /^http:\/\/(localhost|127\.0\.0\.1):\d+$/);
  }
  assert.equal((await fetch(`${told.site}/acme`)).status, 200);
  assert.equal((await fetch(`${told.foreignSite}/`)).status, 200);
  assert.equal((await fetch(`${told.server}/readyz`)).status, 200);

  const portal = told.portal as unknown as { operator: string; client: string };
  for (const link of [portal.operator, portal.client]) {
    assert.match(await (await fetch(link)).text(), /Sign in to Harbour Voice Agency/);
  }

  const operator = { authorization: `Bearer ${told.operatorKey}` };
  const usage = async () => {
    const answer = await fetch(`${told.server}/v1/tenants/acme/usage?from=2020-01-01&to=2100-01-01`, {
      headers: operator,
    });
    return (await answer.json()) as UsageAnswer;
  };
  assert.equal((await usage()).total.calls, 70);

  const tenant = (await (await fetch(`${told.server}/v1/tenants/acme`, { headers: operator })).json()) as {
    assistantId: string;
  };
  await fetch(`${told.emulator}/_emulator/calls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ assistantId: tenant.assistantId, seconds: 65, cost: 0.1234 }),
  });
  await printed(demo, 'acme this month');
  assert.match(
    demo.out(),
    /^booked {2}acme {2}1:05 {2}\$0\.1234 = model \$0\.0692\d* \+ Vapi \$0\.0541\d*$/m,
  );
  assert.equal((await usage()).total.calls, 71);

  demo.child.kill('SIGINT');
  demo.child.kill('SIGINT');
  assert.equal(await demo.ended, 0);
  assert.equal(demo.err(), '');
  for (const address of [told.server, told.site, told.foreignSite, told.emulator]) {
    await assert.rejects(fetch(address ?? ''), 'the port is free again');
  }
  assert.deepEqual(demo.leftovers(), [], 'the store is gone');
});

test('without --json it says what to open and what to try; a signal during the start ends it at once', async () => {
  const demo = startDemoProcess({});
  await printed(demo, 'Ctrl-C ends everything');
  for (const word of ['/acme', '/riverside-dental', '/fern-garden', '/trouble', 'usage?by=component']) {
    assert.ok(demo.out().includes(word), word);
  }
  demo.child.kill('SIGTERM');
  assert.equal(await demo.ended, 0);

  const early = startDemoProcess({ EMULATOR_PORT: '0' });
  // Before its own code runs, a process can only be killed by the signal; from then on it ends in its own way.
  await eventually(async () => early.leftovers().length, Boolean);
  early.child.kill('SIGINT');
  assert.equal(await early.ended, 0);
  assert.equal(early.err(), '');
  assert.deepEqual(early.leftovers(), []);
});

test('a taken port is one line that names it and the variable that moves it; nothing is left running', async () => {
  const other = createServer();
  const port = await take(other);
  const tries = Object.keys(kernelPorts).map(async (variable) => {
    const demo = startDemoProcess({ [variable]: String(port) });
    assert.equal(await demo.ended, 1);
    const expected = `Port ${port} is taken by another program: choose another with ${variable}.\n`;
    assert.equal(demo.err(), expected);
    assert.equal(demo.out(), '');
    assert.deepEqual(demo.leftovers(), []);
  });
  await Promise.all(tries);
  other.close();
});

test('--port-base reaches the ports; an unknown option is named', async () => {
  const bad = startDemoProcess({}, '--port-base=65533');
  const unknown = startDemoProcess({}, '--ports');
  assert.equal(await bad.ended, 1);
  assert.equal(bad.err(), '--port-base must be a number from 0 to 65532\n');
  assert.equal(await unknown.ended, 1);
  assert.match(unknown.err(), /Unknown option '--ports'/);
});

test('two parts on one port and an invalid port are reported before anything starts', async () => {
  const twice = startDemoProcess({ PORT: '48787', DEMO_SITE_PORT: '48787' });
  const bad = startDemoProcess({ PORT: 'eighty', EMULATOR_PORT: '99999' });
  assert.equal(await twice.ended, 1);
  assert.match(twice.err(), /^Port 48787 is wanted twice, by PORT and DEMO_SITE_PORT: move one of them\.\n$/);
  assert.equal(await bad.ended, 1);
  assert.equal(
    bad.err(),
    'PORT must be a number from 0 to 65535\nEMULATOR_PORT must be a number from 0 to 65535\n',
  );
});

async function take(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
