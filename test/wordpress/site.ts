/** One WordPress site in a temporary folder with a SQLite database, served on loopback by a chosen PHP. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import type { Pieces, WordPressFiles } from './pieces.ts';

export interface SiteOptions {
  pieces: Pieces;
  wordpress: WordPressFiles;
  /** `native` is the installed PHP, anything else a version of PHP as WebAssembly. */
  php: string;
  multisite?: boolean;
}

export interface Site {
  /** Without a trailing slash; also the site's origin. */
  url: string;
  folder: string;
  /** Calls `helper.php`. @throws Error with what PHP said when it did not answer with JSON */
  // biome-ignore lint/suspicious/noExplicitAny: each task answers in its own shape
  help(task: string, query?: Record<string, string>): Promise<any>;
  /** Lines of WordPress's debug log, whatever their source, except those that result from these tests' surroundings. */
  notices(): string[];
  close(): Promise<void>;
}

const ofSurroundings = new RegExp(
  [
    // The site cannot reach the internet.
    'could not establish a secure connection to WordPress\\.org',
    // The driver is older than the newest PHP.
    '/wp-content/sqlite-database-integration/',
    // PHP reads WordPress's own older files: what a plugin passes to them does not matter.
    'Deprecated:  (Return type of|Optional parameter) .*/wp-includes/',
  ].join('|'),
);
const password = 'correct horse battery';
export const admin = { name: 'admin', password };

export async function startSite(options: SiteOptions): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-site-'));
  // Debian's package has its themes and plugins behind symbolic links.
  execFileSync('cp', ['-rL', `${options.wordpress.folder}/.`, folder]);
  const drivers = join(folder, 'wp-content', 'sqlite-database-integration');
  cpSync(options.pieces.sqlite, drivers, { recursive: true });
  const dropIn = readFileSync(join(drivers, 'db.copy'), 'utf8')
    .replaceAll("'{SQLITE_IMPLEMENTATION_FOLDER_PATH}'", "__DIR__ . '/sqlite-database-integration'")
    .replaceAll('{SQLITE_PLUGIN}', 'sqlite-database-integration/load.php');
  writeFileSync(join(folder, 'wp-content', 'db.php'), dropIn);
  mkdirSync(join(folder, 'wp-content', 'database'), { recursive: true });
  writeClassicTheme(join(folder, 'wp-content', 'themes', 'classic'));
  cpSync(join(import.meta.dirname, 'helper.php'), join(folder, 'helper.php'));
  configure(folder, '');

  const { child, url } = await (options.php === 'native' ? serveNative(folder) : serveWasm(options, folder));
  const log = join(folder, 'wp-content', 'debug.log');
  const site: Site = {
    url,
    folder,
    async help(task, query = {}) {
      const response = await fetch(`${url}/helper.php?${new URLSearchParams({ ...query, do: task })}`);
      const text = await response.text();
      try {
        return JSON.parse(text);
      } catch {
        throw new Error(`${task} answered ${response.status}: ${text.slice(0, 2000)}`);
      }
    },
    notices() {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
      return lines.filter((line) => line !== '' && !ofSurroundings.test(line));
    },
    async close() {
      // The whole group: PHP's workers outlive the process that started them.
      if (child.pid) process.kill(-child.pid);
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    const version = await site.help('install');
    if (version !== options.wordpress.version) throw new Error(`installed WordPress says ${version}`);
    if (options.multisite) {
      configure(folder, "define('WP_ALLOW_MULTISITE', true);");
      await site.help('install-network');
      const host = new URL(url).host;
      configure(
        folder,
        `define('MULTISITE', true); define('SUBDOMAIN_INSTALL', false); define('DOMAIN_CURRENT_SITE', '${host}');
        define('PATH_CURRENT_SITE', '/'); define('SITE_ID_CURRENT_SITE', 1); define('BLOG_ID_CURRENT_SITE', 1);`,
      );
    }
    return site;
  } catch (error) {
    await site.close();
    throw error;
  }
}

/** Nothing in WordPress contacts the internet, and every notice is logged. */
function configure(folder: string, more: string): void {
  writeFileSync(
    join(folder, 'wp-config.php'),
    `<?php
define('DB_NAME', 'wordpress'); define('DB_USER', ''); define('DB_PASSWORD', ''); define('DB_HOST', '');
define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', ''); define('DB_DIR', __DIR__ . '/wp-content/database/');
define('DB_FILE', 'site.sqlite');
${['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'].map((name) => `define('${name}_KEY', '${name} key of a test'); define('${name}_SALT', '${name} salt of a test');`).join('\n')}
define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', false); define('WP_DEBUG_LOG', true);
define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true); define('DISABLE_WP_CRON', true);
define('FS_METHOD', 'direct');
define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']); define('WP_SITEURL', WP_HOME);
${more}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }
require_once ABSPATH . 'wp-settings.php';
`,
  );
}

/** A minimal theme of the older kind, in which scripts are printed in the footer. */
function writeClassicTheme(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'style.css'), '/*\nTheme Name: Classic\n*/\n');
  writeFileSync(
    join(folder, 'index.php'),
    `<!doctype html><html <?php language_attributes(); ?>><head><title>Shop</title><?php wp_head(); ?></head>
<body><?php wp_body_open(); while (have_posts()) { the_post(); the_content(); } wp_footer(); ?></body></html>`,
  );
}

async function serveNative(folder: string): Promise<{ child: ChildProcess; url: string }> {
  // PHP's web server cannot choose one.
  const port = await freePort();
  // The configuration changes while it runs, and PHP would use the old one for two more seconds.
  const settings = ['upload_max_filesize=32M', 'post_max_size=32M', 'opcache.revalidate_freq=0'];
  const child = spawn(
    'php',
    [...settings.flatMap((setting) => ['-d', setting]), '-S', `127.0.0.1:${port}`, '-t', folder],
    { stdio: 'ignore', detached: true, env: { ...process.env, PHP_CLI_SERVER_WORKERS: '4' } },
  );
  const url = `http://localhost:${port}`;
  await until(() => fetch(`${url}/license.txt`).catch(() => null), 'PHP to answer');
  return { child, url };
}

async function serveWasm(
  { pieces, php }: SiteOptions,
  folder: string,
): Promise<{ child: ChildProcess; url: string }> {
  const program = join(import.meta.dirname, 'wasm-server.ts');
  const child = spawn(process.execPath, [program, pieces.wasm, php, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  for await (const port of createInterface({ input: child.stdout })) {
    return { child, url: `http://localhost:${port}` };
  }
  throw new Error(`PHP ${php} did not start`);
}
