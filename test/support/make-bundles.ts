/** Makes the files of `bundles.ts` in the given folder. */
import { buildSync } from 'esbuild';
import { bundledPackages, bundleFile } from './bundles.ts';

const [folder = ''] = process.argv.slice(2);
buildSync({
  entryPoints: bundledPackages.map((name) => ({ in: name, out: bundleFile('', name).replace(/\.mjs$/, '') })),
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // Shared modules stay shared.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: `node${process.versions.node}`,
  keepNames: true,
  logLevel: 'warning',
});
