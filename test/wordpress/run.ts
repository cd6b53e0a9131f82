/**
 * `npm run test:wordpress`: the plugin on real WordPress sites. For root on Debian, WordPress and PHP are installed; if
 * they are not available, it says what is missing and passes without a test. `WORDPRESS_FOLDER` names the files of your
 * own WordPress (unpacked, without a configuration) to test as the newest; empty = do not look for one.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getPieces } from './pieces.ts';

const pieces = getPieces();
if (Array.isArray(pieces)) {
  process.stdout.write(
    `The WordPress tests need what is not here:\n${pieces.join('\n')}\n0 passed, 0 failed\n`,
  );
  process.exit(0);
}
const versions = pieces.wordpress.map(({ version }) => version).join(', ');
process.stdout.write(`# WordPress ${versions}\n`);
// Looked for once, even if it was not found.
process.env.WORDPRESS_FOLDER ??= pieces.wordpress[2]?.folder ?? '';
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-test-'));
const file = join(scratch, 'counts.json');
// One file after another: each site's PHP keeps a core busy.
const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-concurrency=1',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./test/support/count-reporter.ts',
    `--test-reporter-destination=${file}`,
    ...globSync('test/wordpress/*.test.ts').sort(),
  ],
  { stdio: 'inherit' },
);
const { passed, failed } = JSON.parse(readFileSync(file, 'utf8')) as { passed: number; failed: number };
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = status === 0 && failed === 0 ? 0 : 1;
