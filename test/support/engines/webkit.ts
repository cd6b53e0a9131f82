/** WebKit as Debian builds it: WebKitWebDriver drives its MiniBrowser on an invisible screen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';
import { type Engine, type EngineOptions, type EnginePage, type PageOptions, usualViewport } from './page.ts';
import { type ElementReference, WebDriverSession } from './webdriver.ts';

export interface WebKit {
  session: WebDriverSession;
  close(): Promise<void>;
}

export async function startWebKit({ autoplay, microphone }: EngineOptions): Promise<WebKit> {
  const args = [
    '--automation',
    '--enable-media-stream=true',
    `--enable-mock-capture-devices=${microphone === 'fake'}`,
    `--autoplay-policy=${autoplay}`,
  ];
  const started: ChildProcess[] = [];
  const settings = mkdtempSync(join(tmpdir(), 'vapi-agent-webkit-'));
  const kill = (): void => {
    for (const each of started.splice(0).reverse()) each.kill('SIGKILL');
    rmSync(settings, { recursive: true, force: true });
  };
  process.once('exit', kill);
  try {
    const display = await startScreen(started);
    shrinkBars(settings);
    const driver = await startDriver(started, { DISPLAY: display, XDG_CONFIG_HOME: settings });
    const session = await WebDriverSession.open(driver, {
      'webkitgtk:browserOptions': { args },
    });
    return {
      session,
      async close() {
        await session.close();
        kill();
        process.off('exit', kill);
      },
    };
  } catch (error) {
    kill();
    throw error;
  }
}

/** @returns the name of a new display; the server chooses a free one and reports it when it is ready */
async function startScreen(started: ChildProcess[]): Promise<string> {
  const args = ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'];
  const screen = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  started.push(screen);
  let told = '';
  (screen.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  await until(() => told.endsWith('\n') || screen.exitCode !== null, 'a display');
  if (!told) throw new Error(`Xvfb ended with ${screen.exitCode}`);
  return `:${told.trim()}`;
}

/** The browser's own bars would keep its window wider than a phone. */
function shrinkBars(settings: string): void {
  mkdirSync(join(settings, 'gtk-3.0'));
  const style = '* { font-size: 1px; padding: 0; margin: 0; border: 0; min-width: 0; min-height: 0; }';
  writeFileSync(join(settings, 'gtk-3.0', 'gtk.css'), style);
}

/** @returns the driver's base URL, once it answers */
async function startDriver(started: ChildProcess[], variables: Record<string, string>): Promise<string> {
  const port = await freePort();
  // Without a desktop there is no accessibility bus, and without a graphics card nothing to composite with.
  const env = { ...process.env, ...variables, NO_AT_BRIDGE: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' };
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: 'ignore', env });
  started.push(driver);
  const base = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${base}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(async () => driver.exitCode !== null || (await answers()), 'WebKitWebDriver');
  if (driver.exitCode !== null) throw new Error(`WebKitWebDriver ended with ${driver.exitCode}`);
  return base;
}

/** WebKit as an engine like the others. Its driver does not report the console. */
export async function openWebKit(options: EngineOptions): Promise<Engine> {
  const { session, close } = await startWebKit(options);
  return { name: 'WebKit', open: (url, page = {}) => openPage(session, url, page), close };
}

async function openPage(
  session: WebDriverSession,
  url: string,
  { viewport = usualViewport }: PageOptions,
): Promise<EnginePage> {
  await session.navigate('about:blank');
  await resizeViewport(session, viewport);
  await session.navigate(url);
  const run: EnginePage['run'] = (act, ...args) => session.execute(`return (${act})(...arguments)`, args);
  return {
    run,
    async runInFrame(act, ...args) {
      const frame = await session.execute<ElementReference>('return document.querySelector("iframe")');
      await session.frame(frame);
      try {
        return await run(act, ...args);
      } finally {
        await session.frame(null);
      }
    },
    move: (x, y) => session.move(x, y),
    async tap(x, y) {
      await session.move(x, y);
      await session.press();
      await session.release();
    },
    press: () => session.press(),
    release: () => session.release(),
    pressEscape: () => session.strike('\uE00C'),
    complaints: () => [],
    close: () => session.navigate('about:blank'),
  };
}

/** The driver only knows the window's size, including the browser's own bars. */
async function resizeViewport(
  session: WebDriverSession,
  { width, height }: { width: number; height: number },
): Promise<void> {
  const measure = () => session.execute<[number, number]>('return [innerWidth, innerHeight]');
  const outer = await session.size();
  const [innerWidth, innerHeight] = await measure();
  await session.resize(width + outer.width - innerWidth, height + outer.height - innerHeight);
  await until(
    async () => (await measure()).join() === [width, height].join(),
    `a viewport of ${width} by ${height}`,
  );
}
