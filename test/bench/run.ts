/** `npm run bench [name …]`: every `*.bench.ts` here, or the named ones, one after another. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';

const wanted = process.argv.slice(2);
const benches = globSync('test/bench/*.bench.ts').filter(
  (file) => wanted.length === 0 || wanted.includes(basename(file, '.bench.ts')),
);
let failed = benches.length === 0;
for (const file of benches.sort()) {
  process.stdout.write(`\n# ${basename(file, '.bench.ts')}\n`);
  failed = spawnSync(process.execPath, [file], { stdio: 'inherit' }).status !== 0 || failed;
}
process.exitCode = failed ? 1 : 0;
