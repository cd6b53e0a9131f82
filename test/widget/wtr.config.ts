/** Element tests: the sources in a real browser, with the real SDK; our server and Daily's call machine are replaced. */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { esbuildPlugin } from '@web/dev-server-esbuild';
import type {
  Reporter,
  TestResult,
  TestRunnerConfig,
  TestRunnerPlugin,
  TestSuiteResult,
} from '@web/test-runner';
import { build } from 'esbuild';
import { farMs } from '../support/time-limit.ts';
import { engine, launcher, pageHead } from './browsers.ts';

const sdkPath = '/__vapi-sdk.js';
/** Where daily-js looks for its call machine when a grant has `mediaProxyUrl: <origin>/media`. */
const callMachine =
  /^\/media\/c\.daily\.co\/call-machine\/versioned\/[\d.]+\/static\/call-machine-object-bundle\.js$/;

/** The SDK is CommonJS, which a browser cannot load: bundled once, in memory. */
function realSdk(): TestRunnerPlugin {
  let code = '';
  return {
    name: 'real-sdk',
    async serverStart() {
      const result = await build({
        stdin: {
          contents: "import V from '@vapi-ai/web'; export default V.default ?? V;",
          resolveDir: process.cwd(),
        },
        bundle: true,
        format: 'esm',
        write: false,
        define: { 'process.env.NODE_ENV': '"production"' },
      });
      code = result.outputFiles[0]?.text ?? '';
    },
    resolveImport: ({ source }) => (source === '@vapi-ai/web' ? sdkPath : undefined),
    async serve({ path }) {
      if (path === sdkPath) return { body: code, type: 'js' };
      if (!callMachine.test(path)) return undefined;
      return { body: await readFile(new URL('call-machine.js', import.meta.url), 'utf8'), type: 'js' };
    },
  };
}

/** Prints what failed and why, and leaves the counts for the script that adds up all kinds of tests. */
function countReporter(): Reporter {
  return {
    async onTestRunFinished({ sessions }) {
      const tests: { name: string; result: TestResult }[] = [];
      const broken: string[] = [];
      const collect = (suite: TestSuiteResult | undefined, path: string): void => {
        for (const result of suite?.tests ?? []) tests.push({ name: `${path} > ${result.name}`, result });
        for (const inner of suite?.suites ?? []) collect(inner, `${path} > ${inner.name}`);
      };
      for (const session of sessions) {
        const file = session.testFile.split('/').at(-1) ?? session.testFile;
        collect(session.testResults, file);
        for (const error of session.errors) broken.push(`${file}: ${error.stack ?? error.message}`);
        for (const url of session.request404s) broken.push(`${file}: ${url} was not found`);
      }
      const failed = tests.filter(({ result }) => !result.passed);
      for (const { name, result } of failed) {
        console.log(
          `\nFAILED ${name}\n${result.error?.message ?? 'skipped'}\n${frames(result.error?.stack)}`,
        );
      }
      for (const text of broken) console.log(`\nFAILED ${text}`);
      const counts = { passed: tests.length - failed.length, failed: failed.length + broken.length };
      console.log(`\n${engine}: ${counts.passed} element tests passed, ${counts.failed} failed`);
      const file = process.env.TEST_COUNTS_FILE;
      if (file) await writeFile(file, JSON.stringify(counts));
    },
  };
}

/** The lines of a stack with locations; its head repeats the message. */
const frames = (stack = ''): string =>
  stack
    .split('\n')
    .filter((line) => /^\s*at /.test(line))
    .join('\n');

export default {
  rootDir: '.',
  files: 'test/widget/*.test.ts',
  // A page for each core, at most two. Firefox draws no frames in a covered tab, and WebKit's driver has one window.
  concurrency: engine === 'Chromium' ? Math.min(2, availableParallelism()) : 1,
  browserStartTimeout: 2 * farMs,
  testsStartTimeout: 2 * farMs,
  testsFinishTimeout: 15 * farMs,
  nodeResolve: { exportConditions: ['production', 'default'] },
  browsers: [await launcher()],
  testRunnerHtml: (framework) =>
    `<!doctype html><html lang="en"><head><script>window.farMs = ${farMs}</script>${pageHead}</head><body><script type="module" src="${framework}"></script></body></html>`,
  plugins: [realSdk(), esbuildPlugin({ ts: true, target: 'es2022' })],
  reporters: [countReporter()],
  testFramework: { config: { ui: 'bdd', timeout: 3 * farMs } },
  // The page's own console is part of what some tests check, and all of it is read there.
  browserLogs: false,
} satisfies TestRunnerConfig;
