/**
 * Some two hundred processes of a run load the same packages, one of which has 2,500 files: reading them takes more of
 * a test file's time than most of its tests. Here each such package is one file, made once a run from the very files
 * that the package would load. Loaded with every test file (`--import`); if the runner has made no bundles, as for one
 * file started by hand, the packages are loaded as usual.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Pure ES modules, so that their exported names remain. */
export const bundledPackages = ['@vapi-ai/server-sdk', 'kysely', 'kysely/migration', 'stripe', 'zod'];

/** @returns the arguments with which a Node process also loads the bundles */
export function bundleArgs(): string[] {
  return process.env.TEST_BUNDLES ? [`--import=${import.meta.filename}`] : [];
}

/** @returns a package's file in the folder of the bundles */
export function bundleFile(folder: string, name: string): string {
  return join(folder, `${name.replaceAll('/', '+')}.mjs`);
}

const folder = process.env.TEST_BUNDLES;
if (folder) {
  const urls = new Map(
    bundledPackages
      .map((name) => [name, bundleFile(folder, name)] as const)
      .filter(([, file]) => existsSync(file))
      .map(([name, file]) => [name, pathToFileURL(file).href]),
  );
  registerHooks({
    resolve(specifier, context, next) {
      const url = urls.get(specifier);
      return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
    },
  });
}
