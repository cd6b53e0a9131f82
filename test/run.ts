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
import { shareProcesses } from './support/share-processes.ts';
import { measureSlowness } from './support/slowness.ts';

interface Counts {
  passed: number;
  failed: number;
  msByFile?: Record<string, number>;
}

interface NodeTestOptions {
  /** Processes at the same time. */
  concurrency?: number;
  /** Whether a process runs many files; where each brings a browser or a process of its own there is nothing to share. */
  shared?: boolean;
  timeoutMinutes?: number;
  env?: Record<string, string>;
  /** Patterns of excluded files. */
  except?: string[];
  /** The system's clock for these tests; default: unchanged. */
  clock?: { at: string; timeZone: string };
}

const counts: Counts = { passed: 0, failed: 0 };
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-test-'));
// Some two hundred processes load the same sources: each is compiled once a run.
process.env.NODE_COMPILE_CACHE = join(scratch, 'compiled');
process.env.TEST_BUNDLES = join(scratch, 'bundles');
/** SQLite's files of the test servers. */
process.env.TEST_STORES = join(scratch, 'stores');
/** Tests' time limits only catch what hangs: on a slow or busy machine they are longer. */
const slowness = measureSlowness();
process.env.TEST_SLOWNESS = String(slowness);
/** Pages at the same time: each starts a browser, which fills a core. */
const browsers = Math.max(1, Math.min(4, availableParallelism()));
const bin = (name: string) => join('node_modules', '.bin', name);

/** No server, no store: these fail within seconds. */
const fastFiles = ['test/*.test.ts', 'test/server/pure/**/*.test.ts'];
/** It runs the commands and examples of the docs, which the server tests do not wait for. */
const docsFile = 'test/docs.test.ts';
const serverFiles = ['test/server/**/*.test.ts', 'test/scenarios/**/*.test.ts'];
/** They use no store, or bring both engines with them. */
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
 * What the database itself decides: at every `npm test` on PostgreSQL, and but for the longest on SQLite. The other server
 * tests follow in the long run, and so do the servers that are killed on PostgreSQL.
 */
const onPostgresAlways = globSync([
  'test/scenarios/{metering,month}.test.ts',
  'test/server/access/concurrency.test.ts',
  'test/server/billing/{deleted-tenants,invoices}.test.ts',
  'test/server/access/rejoin.test.ts',
  'test/server/metering/{shared-org,unused-grants}.test.ts',
  'test/server/store/upgrade/upgrade.test.ts',
]);
/** Whole months, races and kills: in the long run, on PostgreSQL and on SQLite (`movedClockTests`). */
const longServerFiles = globSync([
  'test/scenarios/{durability,metering}.test.ts',
  'test/server/attacks/attacks.test.ts',
  'test/server/billing/{dunning,histories,month-close,stripe-keys,stripe-races}.test.ts',
  'test/server/deploy.test.ts',
  'test/server/store/postgres-outage.test.ts',
]);
/** Matrices, and whole processes started many times over; `npm test` has five minutes. */
const slowFiles = globSync([
  docsFile,
  'test/server/access/concurrency.test.ts',
  'test/e2e/{demo-pages,demo-process,failures,installs,vapi-emulator}.test.ts',
  'test/e2e/element-{challenge,configurator,focus,host-pages,rejoin}.test.ts',
  'test/e2e/portal-*.test.ts',
  'test/server/billing/{cli,stripe-crashes,troubled-histories}.test.ts',
  'test/server/cli.test.ts',
  'test/server/doctor/cli.test.ts',
  'test/server/store/move-database.test.ts',
]);

/** They start what reads the system's clock: the demo, the commands, the server as a separate process. */
const readsTheClock = [
  'test/server/access/try-it.test.ts',
  'test/server/{cli,config}.test.ts',
  'test/scenarios/month.test.ts',
  'test/server/pure/**/*.test.ts',
];

/** What is shown about days and months, what expires, and what a page remembers for the next one. */
const datedPages = ['test/e2e/{client-calls,element-rejoin,portal}.test.ts'];

/** Reading all of Vapi's types fills a core for a while, the first time on a machine; the first steps leave one free. */
const schemas = 'test/support/vapi-shapes/make-schemas.ts';
spawn(process.execPath, [schemas], { stdio: 'ignore' }).unref();

if (process.argv[2] === 'long') {
  build();
  bundle();
  installInCi();
  for (const { engine, missing } of otherEngines()) {
    // In CI, the host pages' tests fail if something is missing.
    if (missing) process.stdout.write(`\n# element tests in ${engine}: SKIPPED. ${missing}\n`);
    else elementTests(`element tests in ${engine}`, { TEST_BROWSER: engine });
  }
  nodeTests('whole server on PostgreSQL', serverFiles, {
    ...{ concurrency: 3, shared: true, env: { TEST_ENGINE: 'PostgreSQL' } },
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
  const shared = { concurrency: 3, shared: true };
  nodeTests('fast tests', fastFiles, { ...shared, env: env('SQLite'), except: [docsFile] });
  nodeTests('server tests', serverFiles, {
    ...{ ...shared, env: env('SQLite') },
    except: [...slowFiles, ...longServerFiles, 'test/server/pure/**'],
  });
  nodeTests('server tests on PostgreSQL', onPostgresAlways, { ...shared, env: env('PostgreSQL') });
  elementTests('element tests');
  nodeTests('whole-page tests', ['test/e2e/**/*.test.ts'], { concurrency: browsers, except: slowFiles });
}

rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** Passes or fails as a whole: it counts as one. */
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
      const options = {
        concurrency: 3,
        shared: true,
        env: { TEST_ENGINE: 'SQLite' },
        clock: { at, timeZone },
      };
      const [files, except] = all ? [serverFiles, slowFiles] : [readsTheClock, []];
      nodeTests(`server tests at ${at} ${timeZone}`, files, { ...options, except });
      if (all)
        nodeTests(`whole pages at ${at} ${timeZone}`, datedPages, {
          ...{ ...options, shared: false, concurrency: browsers },
        });
    }
  }
}

/** A test that hangs fails after its time instead of blocking everything. */
function nodeTests(title: string, patterns: string[], options: NodeTestOptions = {}): void {
  const { concurrency = 1, shared = false, timeoutMinutes = 20, env = {}, except = [], clock } = options;
  const found = patterns.flatMap((pattern) => globSync(pattern, { exclude: except })).sort();
  const files = shared ? shareProcesses(join(scratch, slug(title)), found, concurrency * 4) : found;
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
  if (shared) assertAllRan(title, found);
}

/** A process that ends early takes the files with it that it had not come to, and fails for none of them. */
function assertAllRan(title: string, files: string[]): void {
  const { msByFile = {} } = readCounts(countsFile(title));
  const missing = files.filter((file) => msByFile[file] === undefined);
  for (const file of missing) process.stdout.write(`${title}: ${file} was not run\n`);
  counts.failed += missing.length;
}

/** A runner that leaves its counts in a file; if it fails without counting a failure, that counts as one. */
function counted(title: string, command: (file: string) => [string, string[], Record<string, string>]): void {
  const file = countsFile(title);
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

function slug(title: string): string {
  return title.replaceAll(/[ /:]/g, '-');
}

/** `npm test` has five minutes: shows where a change makes it slower. */
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

function countsFile(title: string): string {
  return join(scratch, `${slug(title)}.json`);
}

function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return { passed: 0, failed: 0 };
  }
}
