/**
 * The browser for element tests and whole-page tests, on any machine: `CHROME_PATH`, else an installed Chrome or
 * Chromium, else the binary inside the `@sparticuz/chromium` package, so that `npm ci` is all a test needs.
 */
import { execFile } from 'node:child_process';
import { constants, rmSync } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Flags for every launch; the driver (puppeteer, playwright-core) adds `--headless` and a fresh profile itself.
 * The microphone is a fake one that beeps, and its permission prompt is answered with yes.
 */
export const chromeArgs: string[] = [
  // The tests only load pages of this project, and containers often forbid the sandbox.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

const installedNames = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'];
const installedPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

let found: Promise<string> | undefined;

/**
 * The absolute path of a Chrome or Chromium that can be started.
 * @throws {Error} when `CHROME_PATH` does not name an executable file, or when there is none for this platform.
 */
export function chromePath(): Promise<string> {
  found ??= find().then(withRealClock);
  return found;
}

/** Chromium does not start under `faketime`: it is started as if the clock were not moved (`e2e/support/page-clock.ts`). */
async function withRealClock(path: string): Promise<string> {
  if (!process.env.FAKETIME) return path;
  const folder = await mkdtemp(join(tmpdir(), 'chromium-real-clock-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'chromium');
  const script = `#!/bin/sh\nunset LD_PRELOAD FAKETIME FAKETIME_SHARED\nexec '${path}' "$@"\n`;
  await writeFile(file, script, { mode: 0o755 });
  return file;
}

async function find(): Promise<string> {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (await isExecutable(named)) return named;
    throw new Error(`CHROME_PATH names no executable file: ${named}`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const onPath = installedNames.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const candidate of [...onPath, ...installedPaths]) {
    if (await isExecutable(candidate)) return candidate;
  }
  if (process.platform === 'linux' && process.arch === 'x64') return extractPackaged();
  throw new Error('No Chrome or Chromium found: install one or name it in CHROME_PATH');
}

/**
 * The package unpacks into the temporary folder and reuses any file that is there, of any version and even half written
 * by another process. So it gets a separate folder, which is renamed to its final name, including the version, only
 * when it is complete.
 */
async function extractPackaged(): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const packageFolder = dirname(dirname(resolve('@sparticuz/chromium')));
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = join(tmpdir(), `chromium-${version}-${process.getuid?.() ?? 0}`);
  const binary = join(folder, 'chromium');
  if (await isExecutable(binary)) return binary;

  await mkdir(tmpdir(), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    // In a separate process, because the package reads TMPDIR and this process must keep the real one.
    const script = "import c from '@sparticuz/chromium'; await c.executablePath();";
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: packageFolder,
      env: { ...process.env, TMPDIR: staging },
    });
    await rename(staging, folder);
  } catch (error) {
    // Another process was faster: its folder is complete, because it too was renamed.
    if (!(await isExecutable(binary))) throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return binary;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
