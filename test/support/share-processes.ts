/**
 * Loading the server takes a test file longer than most of its tests: a process runs many files, one after the other.
 * Each is a separate suite, so that its hooks apply to it alone, and a set-up that fails affects no other file.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @param folder where the files that load the others are written
 * @returns at most `processes` files to be run instead of `files`, each with as many of them
 */
export function shareProcesses(folder: string, files: string[], processes: number): string[] {
  mkdirSync(folder, { recursive: true });
  const groups = Array.from({ length: Math.min(processes, files.length) }, (_, group) =>
    // Neighbours are about the same thing, and take about as long: they go to different processes.
    files.filter((_, index) => index % processes === group),
  );
  return groups.map((group, index) => {
    const path = join(folder, `group-${index + 1}.test.mjs`);
    const lines = group.map((file) => {
      const url = pathToFileURL(resolve(file)).href;
      return `describe(${JSON.stringify(file)}, async () => void (await import(${JSON.stringify(url)})));\n`;
    });
    writeFileSync(path, `import { describe } from 'node:test';\n${lines.join('')}`);
    return path;
  });
}
