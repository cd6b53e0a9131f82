/**
 * Imports a lazy chunk. Chromium remembers a failed `import()` for the life of the page, so after a moment without
 * network the launcher would stay dead: a failed chunk is asked for once more under an address that is new to the
 * browser. The address stands only in the importing function's own text, where the build has put it; in a page's own
 * bundle it cannot be found, and the failure stays what it is.
 */
export async function load<Module>(importer: () => Promise<Module>): Promise<Module> {
  try {
    return await importer();
  } catch (error) {
    const path = /\(.(\..+?js)/.exec(`${importer}`)?.[1];
    if (!path) throw error;
    return import(`${new URL(path, import.meta.url)}?${Date.now()}`);
  }
}
