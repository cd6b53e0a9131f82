/**
 * `npm run build`, second part: `dist/installs/vapi-agent.zip`, the plugin in WordPress's format. The same files always
 * give the same bytes.
 */
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';

const folder = join(import.meta.dirname, 'wordpress');
const target = join(import.meta.dirname, '..', '..', 'dist', 'installs', 'vapi-agent.zip');
/** Any date that a zip file can store. */
const mtime = '2026-01-01T00:00:00';

const files: Zippable = {};
for (const name of globSync('**/*', { cwd: folder }).sort()) {
  const path = join(folder, name);
  if (!statSync(path).isFile() || name === 'README.md') continue;
  files[`vapi-agent/${name.replaceAll('\\', '/')}`] = [readFileSync(path), { mtime }];
}
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, zipSync(files, { level: 9 }));
