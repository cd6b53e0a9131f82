/**
 * Imports a part that only some calls need. Chromium caches a failed `import()` until the page is left, so a failed
 * chunk is requested once more at an address that is new to the browser, as in `load.ts`. This copy is in the chunks'
 * folder, because their addresses are relative to it.
 * @throws {CallError} `network`
 */
import { CallError } from './failure.ts';

export async function lazy<Module>(importer: () => Promise<Module>): Promise<Module> {
  try {
    return await importer();
  } catch (error) {
    const path = /import\(.(\..+?js)/.exec(`${importer}`)?.[1];
    if (!path) throw new CallError('network', String(error));
    return import(`${new URL(path, import.meta.url)}?${Date.now()}`).catch((again) => {
      throw new CallError('network', String(again));
    });
  }
}
