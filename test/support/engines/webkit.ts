/** WebKit as Debian builds it: WebKitWebDriver steers its MiniBrowser on a screen that nobody sees. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { until } from '../until.ts';
import { WebDriverSession } from './webdriver.ts';

export interface WebKit {
  session: WebDriverSession;
  close(): Promise<void>;
}

/** The microphone is a mock one that is given without a question. */
const browserArgs = ['--automation', '--enable-media-stream=true', '--enable-mock-capture-devices=true'];

/** @param autoplay whether a page may play sound that nobody has asked for with a gesture */
export async function startWebKit({ autoplay }: { autoplay: 'allow' | 'deny' }): Promise<WebKit> {
  const started: ChildProcess[] = [];
  const kill = (): void => {
    for (const each of started.splice(0).reverse()) each.kill('SIGKILL');
  };
  process.once('exit', kill);
  try {
    const display = await startScreen(started);
    const driver = await startDriver(started, display);
    const session = await WebDriverSession.open(driver, {
      pageLoadStrategy: 'none',
      'webkitgtk:browserOptions': { args: [...browserArgs, `--autoplay-policy=${autoplay}`] },
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

/** @returns the name of a display of its own; the server picks a free one and says so when it is ready */
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

/** @returns the driver's base URL, once it answers */
async function startDriver(started: ChildProcess[], display: string): Promise<string> {
  const port = await freePort();
  const env = { ...process.env, DISPLAY: display, NO_AT_BRIDGE: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' };
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
