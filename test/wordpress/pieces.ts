/**
 * What the WordPress tests need beside this project: Debian's WordPress, PHP and PHP_CodeSniffer, and from the npm
 * registry a WordPress of 2024, the SQLite driver for WordPress, and PHP 7.4 to 8.5 as WebAssembly. For root on Debian,
 * missing packages are installed and Debian's newest WordPress unpacked; anyone else reads what to install.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { getNewestOfDebian } from './newest.ts';

const debianPackages = [
  'php-cli',
  'php-sqlite3',
  'php-mbstring',
  'php-xml',
  'php-curl',
  'php-gd',
  'php-zip',
  'wordpress',
  'wordpress-theme-twentytwentythree',
  'php-codesniffer',
  'gettext',
];
/** Exact versions: the tests read inside them. */
const npmPackages = [
  '@wp-playground/wordpress-builds@0.9.19',
  '@php-wasm/node@3.1.56',
  '@php-wasm/universal@3.1.56',
];

/** Too large for the project's own dependencies; kept from one run to the next. */
const folder = join(tmpdir(), 'vapi-agent-wordpress');

export interface Pieces {
  /** Folders with WordPress's files, from the oldest version to the newest. */
  wordpress: WordPressFiles[];
  /** Folder of WordPress's plugin that keeps the database in a SQLite file. */
  sqlite: string;
  /** The folder in which `@php-wasm/…` can be imported. */
  wasm: string;
}

export interface WordPressFiles {
  version: string;
  folder: string;
}

/** @returns what was found, or what is missing, a line each */
export function getPieces(): Pieces | string[] {
  const missing = [...getDebianPackages(), ...getNpmPackages()];
  if (missing.length > 0) return missing;
  const builds = join(folder, 'node_modules', '@wp-playground', 'wordpress-builds');
  const sqlite = unzipped(
    join(builds, 'src', 'sqlite-database-integration', 'sqlite-database-integration.zip'),
    'sqlite',
  );
  // The archive has what PHP reads; scripts and styles lie beside it.
  const middle = unzipped(join(builds, 'src', 'wordpress', 'wp-6.5.zip'), 'wordpress-6.5');
  cpSync(join(builds, 'public', 'wp-6.5'), middle, { recursive: true });
  const newest = process.env.WORDPRESS_FOLDER ?? getNewestOfDebian(join(folder, 'debian'));
  return {
    wordpress: ['/usr/share/wordpress', middle, ...(newest ? [newest] : [])].map((files) => ({
      version: versionOf(files),
      folder: files,
    })),
    sqlite: join(sqlite, readdirSync(sqlite).find((name) => name.startsWith('sqlite-')) ?? ''),
    wasm: folder,
  };
}

function getDebianPackages(): string[] {
  const needed = debianPackages.filter((name) => !isInstalled(name));
  if (needed.length === 0) return [];
  const isDebian = existsSync('/etc/debian_version');
  if (isDebian && process.getuid?.() === 0) {
    process.stdout.write(`# installing ${needed.join(' ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const args = ['install', '-y', '-qq', '--no-install-recommends', ...needed];
    const { status } = spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status === 0) return [];
  }
  return [`Debian packages, to be installed by root: apt-get install ${needed.join(' ')}`];
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' });
  return stdout?.includes('Status: install ok installed') ?? false;
}

function getNpmPackages(): string[] {
  const wanted = npmPackages.join('\n');
  const mark = join(folder, 'installed.txt');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return [];
  process.stdout.write(`# fetching ${npmPackages.join(' ')}\n`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', ...npmPackages];
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) return [`npm packages: npm install --prefix ${folder} ${npmPackages.join(' ')}`];
  writeFileSync(mark, wanted);
  return [];
}

function unzipped(zip: string, name: string): string {
  const target = join(folder, name);
  if (existsSync(target)) return target;
  for (const [path, content] of Object.entries(unzipSync(readFileSync(zip)))) {
    if (path.endsWith('/')) continue;
    mkdirSync(join(target, path, '..'), { recursive: true });
    writeFileSync(join(target, path), content);
  }
  return target;
}

function versionOf(files: string): string {
  const text = readFileSync(join(files, 'wp-includes', 'version.php'), 'utf8');
  return /\$wp_version = '([^']+)'/.exec(text)?.[1] ?? 'unknown';
}
