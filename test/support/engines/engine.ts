/** Starts a browser of any engine. */
import { chromeArgs, chromePath } from '../chrome.ts';
import { firefoxLaunch } from './firefox.ts';
import type { Engine, EngineName } from './page.ts';
import { openPuppeteer } from './puppeteer.ts';
import { openWebKit } from './webkit.ts';

export interface EngineOptions {
  /** Whether a page may play sound before any gesture; default: as browsers come, not. */
  autoplay?: 'allow' | 'deny';
}

export async function openEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  const { autoplay = 'deny' } = options;
  switch (name) {
    case 'Chromium':
      return openPuppeteer(name, {
        executablePath: await chromePath(),
        // It warns in the page's console of a WebGL that nobody has asked for.
        args: [...chromeArgs, '--enable-unsafe-swiftshader'],
      });
    case 'Firefox':
      return openPuppeteer(name, firefoxLaunch({ autoplay }));
    case 'WebKit':
      return openWebKit({ autoplay });
  }
}
