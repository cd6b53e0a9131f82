/** A test's expectations may not depend on the day it runs; checked in the sources. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { startTestNetwork } from './support/test-network.ts';
import { testTime } from './support/test-server.ts';

const root = join(import.meta.dirname, '..');

/** Files that may read the system's clock, with reasons. */
const mayRead: Record<string, string> = {
  'test/clock.test.ts': 'names what it looks for',
  'test/support/stripe-stand-in/stand-in.ts':
    'its default, beside a demo or a server that runs by the system’s clock',
};

const readers = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\bDate\.now\b|\bnew Date\(\)/.test(readFileSync(join(root, file), 'utf8')))
    .sort();

it('no test of the server, of a scenario or of a whole page reads the system’s clock without a reason', () => {
  const found = readers('test/{*.test.ts,{server,scenarios,long,e2e,support}/**/*.ts}');
  assert.deepEqual(
    found.filter((file) => !mayRead[file]),
    [],
  );
});

it('the emulator has one place where time comes from', () => {
  assert.deepEqual(readers('demo/vapi-emulator/**/*.ts'), ['demo/vapi-emulator/world.ts']);
});

it('a test’s server and emulator start at the same fixed time and move together', async () => {
  const network = await startTestNetwork();
  try {
    const { assistantId } = network.acme;
    const createdNow = () =>
      Date.parse(String(network.emulator.makeCall({ assistantId, seconds: 1 }).view.createdAt));
    assert.equal(network.server.ctx.now(), testTime);
    assert.ok(Math.abs(createdNow() - testTime) < 1000);
    network.server.clock.now += 86_400_000;
    assert.ok(Math.abs(createdNow() - testTime - 86_400_000) < 1000);
    network.server.clock.now = testTime;
    assert.ok(Math.abs(createdNow() - testTime) < 1000);
  } finally {
    await network.close();
  }
});
