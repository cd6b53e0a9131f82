/** Stock Firefox, steered by puppeteer over WebDriver BiDi. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { puppeteerCore } from '@web/test-runner-chrome';

type Launch = NonNullable<Parameters<typeof puppeteerCore.launch>[0]>;

const names = ['firefox', 'firefox-esr'];

/** The absolute path of an installed Firefox, or undefined. `FIREFOX_PATH` names one. */
export function firefoxPath(): string | undefined {
  const named = process.env.FIREFOX_PATH;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find((path) => existsSync(path));
}

/**
 * The microphone is a fake one that is given without a question.
 * @param autoplay whether a page may play sound that nobody has asked for with a gesture
 */
export function firefoxLaunch({ autoplay }: { autoplay: 'allow' | 'deny' }): Launch {
  const executablePath = firefoxPath();
  return {
    browser: 'firefox',
    headless: true,
    ...(executablePath && { executablePath }),
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': autoplay === 'allow' ? 0 : 1,
    },
  };
}
