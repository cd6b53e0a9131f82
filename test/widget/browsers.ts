/** The browser of the element tests: Chromium, or the one that `TEST_BROWSER` names (`Firefox`, `WebKit`). */
import type { BrowserLauncher } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { firefoxLaunch } from '../support/engines/firefox.ts';
import { startWebKit, type WebKit } from '../support/engines/webkit.ts';
import { farMs } from '../support/time-limit.ts';

export const engine = process.env.TEST_BROWSER ?? 'Chromium';

/** Runs before everything else in the page of each test file. */
export const pageHead =
  engine === 'WebKit' ? '<script src="/test/support/engines/peer-connection.js"></script>' : '';

/** @throws {Error} for an unknown engine */
export async function launcher(): Promise<BrowserLauncher> {
  switch (engine) {
    case 'Chromium':
      return byPuppeteer({
        executablePath: await chromePath(),
        // A click made by a script is not a visitor's gesture, and sound needs one.
        args: [...chromeArgs, '--autoplay-policy=no-user-gesture-required'],
      });
    case 'Firefox':
      return byPuppeteer(firefoxLaunch({ autoplay: 'allow', microphone: 'fake' }));
    case 'WebKit':
      return webkitLauncher();
    default:
      throw new Error(`TEST_BROWSER is Chromium, Firefox or WebKit, not ${engine}`);
  }
}

type Launch = NonNullable<NonNullable<Parameters<typeof chromeLauncher>[0]>['launchOptions']>;

function byPuppeteer(launchOptions: Launch): BrowserLauncher {
  return chromeLauncher({
    // One call a browser: test files that run in parallel must not share one.
    createPage: async ({ context }) => (await context.browser().createBrowserContext()).newPage(),
    launchOptions: { timeout: 2 * farMs, protocolTimeout: 3 * farMs, ...launchOptions },
  });
}

/** One window, one file after another. */
function webkitLauncher(): BrowserLauncher {
  let webkit: WebKit | undefined;
  let active: string | undefined;
  return {
    name: 'WebKit',
    type: 'webdriver',
    concurrency: 1,
    async startSession(id, url) {
      webkit ??= await startWebKit({ autoplay: 'allow', microphone: 'fake' });
      active = id;
      await webkit.session.navigate(url);
    },
    isActive: (id) => id === active,
    getBrowserUrl: () => webkit?.session.url(),
    async stopSession() {
      active = undefined;
      // Ends whatever the page is still doing.
      await webkit?.session.navigate('about:blank');
      return {};
    },
    startDebugSession: () => Promise.reject(new Error('not in WebKit')),
    async stop() {
      await webkit?.close();
    },
  };
}
