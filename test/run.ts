/**
 * `npm test`: types, lint, build, server tests, element tests, whole-page tests, in this order and all of them, then
 * one line with the sum. Exits 1 when anything failed. `npm run test:long` runs the long campaigns in the same way.
 */
import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { installInCi, otherEngines } from './support/engines/packages.ts';
import { moved, movedDates, whyNotMoved } from './support/moved-clock.ts';
import { measureSlowness } from './support/slowness.ts';

interface Counts {
  passed: number;
  failed: number;
  msByFile?: Record<string, number>;
}

interface NodeTestOptions {
  /** Files at the same time. */
  concurrency?: number;
  timeoutMinutes?: number;
  env?: Record<string, string>;
  /** Patterns of files that are left out. */
  except?: string[];
  /** Where the system's clock stands for these tests; default where it is. */
  clock?: { at: string; timeZone: string };
}

const counts: Counts = { passed: 0, failed: 0 };
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-test-'));
// Some two hundred processes load the same sources: each is compiled once a run.
process.env.NODE_COMPILE_CACHE = join(scratch, 'compiled');
process.env.TEST_BUNDLES = join(scratch, 'bundles');
/** SQLite's files of the test servers. */
process.env.TEST_STORES = join(scratch, 'stores');
/** Time limits of tests are nets for what hangs: a slow or busy machine has them further away. */
const slowness = measureSlowness();
process.env.TEST_SLOWNESS = String(slowness);
/** Pages at the same time: each brings a browser, which fills a core. */
const browsers = Math.max(1, Math.min(4, availableParallelism()));
const bin = (name: string) => join('node_modules', '.bin', name);

/** No server, no store: what is wrong here is known within seconds. */
const fastFiles = ['test/*.test.ts', 'test/server/pure/**/*.test.ts'];
/** It runs the commands and examples that the docs name: no one waits for it among the server tests. */
const docsFile = 'test/docs.test.ts';
const serverFiles = ['test/server/**/*.test.ts', 'test/scenarios/**/*.test.ts'];
/** They touch no store, or bring both with them. */
const withoutStore = [
  'test/server/pure/**',
  'test/server/vapi-emulator/**',
  'test/server/{config,deploy,widget-size}.test.ts',
  'test/server/routes/assets.test.ts',
  'test/server/store/move-database.test.ts',
  'test/server/billing/cli.test.ts',
  'test/server/cli.test.ts',
];
/**
 * What the database itself decides: at every `npm test` on both engines. The other server tests follow in the long run,
 * and so do the servers that are killed on PostgreSQL.
 */
const onPostgresAlways = globSync([
  'test/scenarios/{metering,month}.test.ts',
  'test/server/access/concurrency.test.ts',
  'test/server/billing/{deleted-tenants,invoices}.test.ts',
  'test/server/access/rejoin.test.ts',
  'test/server/metering/{shared-org,unused-grants}.test.ts',
  'test/server/store/upgrade/upgrade.test.ts',
]);
/** Matrices, and whole processes started many times over; `npm test` has five minutes. */
const slowFiles = globSync([
  'test/e2e/{demo-pages,demo-process,installs,vapi-emulator}.test.ts',
  'test/e2e/element-{challenge,configurator,focus}.test.ts',
  'test/e2e/portal-*.test.ts',
  'test/server/billing/{cli,stripe-crashes,troubled-histories}.test.ts',
  'test/server/cli.test.ts',
  'test/server/store/move-database.test.ts',
]);

/** They start what reads the system's clock: the demo, the commands, the server as a process of its own. */
const readsTheClock = [
  'test/server/access/try-it.test.ts',
  'test/server/{cli,config}.test.ts',
  'test/scenarios/month.test.ts',
  'test/server/pure/**/*.test.ts',
];

/** What is shown of days and months, what expires, and what a page remembers for the next one. */
const datedPages = ['test/e2e/{client-calls,element-rejoin,portal}.test.ts'];

/** Reading all of Vapi's types fills a core for a while, the first time on a machine; the first steps leave one free. */
const schemas = 'test/support/vapi-shapes/make-schemas.ts';
spawn(process.execPath, [schemas], { stdio: 'ignore' }).unref();

if (process.argv[2] === 'long') {
  build();
  bundle();
  installInCi();
  for (const { engine, missing } of otherEngines()) {
    // The host pages' tests fail for what is missing in CI.
    if (missing) process.stdout.write(`\n# element tests in ${engine}: SKIPPED. ${missing}\n`);
    else elementTests(`element tests in ${engine}`, { TEST_BROWSER: engine });
  }
  nodeTests('whole server on PostgreSQL', serverFiles, {
    ...{ concurrency: 3, env: { TEST_ENGINE: 'PostgreSQL' } },
    except: [...withoutStore, ...onPostgresAlways],
  });
  nodeTests('slow tests', slowFiles, { concurrency: 2, env: { TEST_ENGINE: 'SQLite' } });
  movedClockTests();
  nodeTests('long campaigns', ['test/long/**/*.test.ts'], { concurrency: 2, timeoutMinutes: 40 });
} else {
  step('types', bin('tsc'), ['--noEmit']);
  step('types of the element', bin('tsc'), ['--noEmit', '-p', 'widget']);
  step('lint', bin('biome'), ['check', '--error-on-warnings']);
  build();
  bundle();
  const env = (engine: string) => ({ TEST_ENGINE: engine });
  nodeTests('fast tests', fastFiles, { concurrency: 3, env: env('SQLite'), except: [docsFile] });
  nodeTests('server tests', [docsFile, ...serverFiles], {
    ...{ concurrency: 3, env: env('SQLite') },
    except: [...slowFiles, 'test/server/pure/**'],
  });
  nodeTests('server tests on PostgreSQL', onPostgresAlways, { concurrency: 3, env: env('PostgreSQL') });
  elementTests('element tests');
  nodeTests('whole-page tests', ['test/e2e/**/*.test.ts'], { concurrency: browsers, except: slowFiles });
}

rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** Something that passes or fails as a whole: it counts as one. */
function step(title: string, command: string, args: string[]): void {
  const ok = run(title, command, args, {});
  counts[ok ? 'passed' : 'failed'] += 1;
}

function build(): void {
  step('build', bin('vite'), ['build', '--logLevel', 'warn']);
  step('plugin', process.execPath, ['widget/installs/wordpress-zip.ts']);
}

function bundle(): void {
  step('bundles', process.execPath, ['test/support/make-bundles.ts', join(scratch, 'bundles')]);
  step("schemas of Vapi's types", process.execPath, [schemas]);
}

function elementTests(title: string, env: Record<string, string> = {}): void {
  counted(title, (file) => [
    bin('wtr'),
    ['--config', 'test/widget/wtr.config.ts'],
    { ...env, TEST_COUNTS_FILE: file },
  ]);
}

/**
 * What holds today must hold on any day: all server tests and the pages that show dates on one bad date, those that
 * read the clock on the others.
 */
function movedClockTests(): void {
  const missing = whyNotMoved();
  if (missing) process.stdout.write(`\n# tests with a moved clock: SKIPPED. ${missing}\n`);
  else {
    for (const { at, timeZone, all } of movedDates) {
      const options = { concurrency: 3, env: { TEST_ENGINE: 'SQLite' }, clock: { at, timeZone } };
      const [files, except] = all ? [serverFiles, slowFiles] : [readsTheClock, []];
      nodeTests(`server tests at ${at} ${timeZone}`, files, { ...options, except });
      if (all)
        nodeTests(`whole pages at ${at} ${timeZone}`, datedPages, { ...options, concurrency: browsers });
    }
  }
}

/** A test that hangs fails after its time instead of holding up everything. */
function nodeTests(title: string, patterns: string[], options: NodeTestOptions = {}): void {
  const { concurrency = 1, timeoutMinutes = 5, env = {}, except = [], clock } = options;
  const files = patterns.flatMap((pattern) => globSync(pattern, { exclude: except })).sort();
  counted(title, (file) => {
    const args = [
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${Math.round(timeoutMinutes * 60_000 * slowness)}`,
      '--import=./test/support/bundles.ts',
      '--import=./test/support/end-of-file.ts',
      '--test-reporter=dot',
      '--test-reporter-destination=stdout',
      '--test-reporter=./test/support/count-reporter.ts',
      `--test-reporter-destination=${file}`,
      ...files,
    ];
    return clock ? moved(clock, process.execPath, args, env) : [process.execPath, args, env];
  });
}

/** A runner that leaves its counts in a file; one that fails without counting a failure counts as one. */
function counted(title: string, command: (file: string) => [string, string[], Record<string, string>]): void {
  const file = join(scratch, `${title.replaceAll(/[ /:]/g, '-')}.json`);
  const ok = run(title, ...command(file));
  const result = readCounts(file);
  showSlowest(result.msByFile ?? {});
  counts.passed += result.passed;
  counts.failed += result.failed;
  if (!ok && result.failed === 0) counts.failed += 1;
  if (ok && result.passed === 0) {
    process.stdout.write(`${title}: no test was run\n`);
    counts.failed += 1;
  }
}

/** `npm test` has five minutes: a change that makes it slower shows where. */
function showSlowest(msByFile: Record<string, number>): void {
  const slowest = Object.entries(msByFile)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8);
  for (const [file, ms] of slowest)
    process.stdout.write(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${file}\n`);
}

function run(title: string, command: string, args: string[], env: Record<string, string>): boolean {
  const startedAt = performance.now();
  process.stdout.write(`\n# ${title}\n`);
  const result = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const ok = result.status === 0;
  process.stdout.write(`# ${title}: ${ok ? 'ok' : 'FAILED'} in ${seconds} s\n`);
  return ok;
}

function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return { passed: 0, failed: 0 };
  }
}
