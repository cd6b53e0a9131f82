/** Starts a browser of any engine. */
import { chromeArgs, chromePath } from '../chrome.ts';
import { firefoxLaunch } from './firefox.ts';
import type { Engine, EngineName, Microphone } from './page.ts';
import { openPuppeteer } from './puppeteer.ts';
import { openWebKit } from './webkit.ts';

/** Sound needs a gesture, as in a browser with default settings. */
export async function openEngine(name: EngineName, microphone: Microphone = 'fake'): Promise<Engine> {
  switch (name) {
    case 'Chromium':
      return openPuppeteer(name, {
        executablePath: await chromePath(),
        // It warns in the page's console about a WebGL that no one requested.
        args: [...chromeArgs, '--enable-unsafe-swiftshader'],
      });
    case 'Firefox':
      return openPuppeteer(name, firefoxLaunch({ autoplay: 'deny', microphone }));
    case 'WebKit':
      return openWebKit({ autoplay: 'deny', microphone });
  }
}
