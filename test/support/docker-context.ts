/** Which files of the checkout an image's build can see. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The lines of `.dockerignore`: the last one that matches a file, or a folder above it, decides. */
export function contextOf(root: string): (file: string) => boolean {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n');
  const rules = lines.map((line) => ({
    lets: line.startsWith('!'),
    names: patternOf(line.replace('!', '')),
  }));
  return (file) => {
    const parts = file.split('/');
    const paths = parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
    return rules.findLast(({ names }) => paths.some((path) => names.test(path)))?.lets ?? true;
  };
}

/** Docker's own format: Node's globs skip names that begin with a dot, Docker's do not. */
function patternOf(line: string): RegExp {
  const source = line
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*\*\/|\*|\?/g, (part) => ({ '**/': '(?:.*/)?', '*': '[^/]*' })[part] ?? '[^/]');
  return new RegExp(`^${source}$`);
}
