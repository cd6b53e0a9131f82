/** The tests' own time limits. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';

it('a time limit is a whole number of milliseconds at any slowness, or every request with one would fail', () => {
  const until = JSON.stringify(new URL('../../support/until.ts', import.meta.url).href);
  const script = `import { slowed } from ${until}; AbortSignal.timeout(slowed(200_000)); process.exit(0);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, TEST_SLOWNESS: '4.6' },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});
