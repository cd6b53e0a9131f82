/**
 * Imports a lazy chunk. Chromium caches a failed `import()` until the page is left, so a short network failure would
 * disable the launcher: a failed chunk is requested once more at an address that is new to the browser, and from
 * `server` if the element names one, since a page's optimizer may have moved this script away from its chunks. The
 * address is only in the source text of the importing function, where the build put it; in a page's own bundle it
 * cannot be found, and the import fails. Without `import.meta`, this file also runs as a classic script.
 */
export async function load<Module>(importer: () => Promise<Module>, server?: string | null): Promise<Module> {
  try {
    return await importer();
  } catch (error) {
    const path = /\(.\.(\/.+?js)/.exec(`${importer}`)?.[1];
    if (!path) throw error;
    return import(`${server || '.'}${path}?${Date.now()}`);
  }
}
