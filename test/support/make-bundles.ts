/** Makes the files of `bundles.ts` in the folder that is named to it. */
import { buildSync } from 'esbuild';
import { bundledPackages, bundleFile } from './bundles.ts';

const [folder = ''] = process.argv.slice(2);
buildSync({
  entryPoints: bundledPackages.map((name) => ({ in: name, out: bundleFile('', name).replace(/\.mjs$/, '') })),
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // What two of them share, they still share.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: `node${process.versions.node}`,
  keepNames: true,
  logLevel: 'warning',
});
