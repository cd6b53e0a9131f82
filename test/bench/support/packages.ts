/**
 * Other makers' packages, for comparison only: fetched when a bench needs them, kept in a cache that is not part of the
 * project, never installed. The bench's browser runs exactly the file with the given hash.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'vapi-agent-bench');

export interface PackageFile {
  /** An npm package with its exact version: `name@1.2.3`. */
  spec: string;
  /** Inside the package. */
  path: string;
  /** Of the file, in hex. */
  sha256: string;
}

/** @throws Error when npm cannot fetch it, or when it is a different file */
export async function packageFile({ spec, path, sha256 }: PackageFile): Promise<Buffer> {
  const kept = join(cache, spec.replaceAll('/', '+'), path);
  const content = await readFile(kept).catch(async () => {
    await fetchInto(kept, spec, path);
    return readFile(kept);
  });
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) throw new Error(`${path} of ${spec} has the hash ${found}, not ${sha256}`);
  return content;
}

/** The file gets its final name only when it is complete. */
async function fetchInto(kept: string, spec: string, path: string): Promise<void> {
  await mkdir(dirname(kept), { recursive: true });
  const staging = await mkdtemp(join(cache, 'fetch-'));
  try {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', staging, spec]);
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await run('tar', ['-xzf', filename, `package/${path}`], { cwd: staging });
    await rename(join(staging, 'package', path), kept);
  } catch (error) {
    throw new Error(`${spec} could not be fetched from npm: ${error}`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
