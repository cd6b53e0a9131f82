/**
 * Imports a part that only some calls need. Chromium remembers a failed `import()` for the life of the page, so a
 * failed chunk is asked for once more under an address that is new to the browser, as `load.ts` does for the launcher;
 * this copy stands in the chunks' own folder, against which their addresses are relative.
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
