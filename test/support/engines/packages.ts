/**
 * Which engines beside Chromium can be tested here. In CI, and for root on Debian, missing ones are installed; anyone
 * else reads what to install.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { firefoxPath } from './firefox.ts';
import type { EngineName } from './page.ts';

interface Requirement {
  engine: EngineName;
  /** Debian's names. */
  packages: string[];
  isHere(): boolean;
}

const requirements: Requirement[] = [
  { engine: 'Firefox', packages: ['firefox-esr'], isHere: () => firefoxPath() !== undefined },
  {
    engine: 'WebKit',
    packages: ['webkit2gtk-driver', 'xvfb'],
    isHere: () => isOnPath('WebKitWebDriver') && isOnPath('Xvfb'),
  },
];

/** What builds an image without an engine, and what makes its base. */
export const imageTools = ['buildah', 'mmdebstrap'];

export interface EngineState {
  engine: EngineName;
  /** How to install a missing one. */
  missing: string | undefined;
}

/** The current state; installs nothing. */
export function otherEngines(): EngineState[] {
  return requirements.map(({ engine, packages, isHere }) => ({
    engine,
    missing: isHere() ? undefined : `${engine} is not here: apt-get install -y ${packages.join(' ')}`,
  }));
}

/** In CI, and as root on Debian, installs missing engines, a pooler, a Redis, what moves the clock, and what builds an image. */
export function installInCi(): void {
  const packages = requirements.flatMap(({ packages, isHere }) => (isHere() ? [] : packages));
  for (const name of ['pgbouncer', 'faketime', 'redis-server', ...imageTools])
    if (!isOnPath(name)) packages.push(name);
  const mayInstall = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (!process.env.CI || !mayInstall || packages.length === 0) return;
  process.stdout.write(`# installing ${packages.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
}

/** @returns whether a program of this name can be started */
export function isOnPath(name: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.some((folder) => existsSync(join(folder, name)));
}
