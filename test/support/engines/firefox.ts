/** Stock Firefox, driven by puppeteer over WebDriver BiDi. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { puppeteerCore } from '@web/test-runner-chrome';
import type { EngineOptions } from './page.ts';

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

export function firefoxLaunch({ autoplay, microphone }: EngineOptions): Launch {
  const executablePath = firefoxPath();
  return {
    browser: 'firefox',
    headless: true,
    ...(executablePath && { executablePath }),
    extraPrefsFirefox: {
      'media.navigator.streams.fake': microphone !== 'none',
      // No question is asked; the answer then is that of `permissions`: 2 is no.
      'media.navigator.permission.disabled': microphone !== 'refused',
      'permissions.default.microphone': microphone === 'refused' ? 2 : 0,
      // Neither a real microphone nor a loudspeaker is found.
      'media.cubeb.force_null_context': microphone === 'none',
      'media.autoplay.default': autoplay === 'allow' ? 0 : 1,
    },
  };
}
