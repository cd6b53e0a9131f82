/** A small web server for the demo's pages: the businesses' own sites. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { listen } from './ports.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface SiteOptions {
  folder: string;
  port: number;
  /** Values for `{{NAME}}` in a page; HTML, so already escaped. `{{NONCE}}` is new with each answer. */
  values: Record<string, string>;
  /** Additional headers of single pages, by path; may contain `{{NONCE}}`. */
  headers?: Record<string, Record<string, string>>;
  /** Runs before single paths are answered; an address redirects there. */
  before?: Record<string, () => Promise<unknown>>;
}

export interface Site {
  /** With `localhost`, where browsers allow the microphone without TLS. */
  url: string;
  /** Every name under which a page of this site can be opened. */
  origins: string[];
  close(): Promise<void>;
}

/** Serves on the loopback address. Rejects with Node's own error when the port is taken. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const server = createServer(answer(options));
  await listen(server, options.port, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    origins: [`http://localhost:${port}`, `http://127.0.0.1:${port}`],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const answer =
  (options: SiteOptions): RequestListener =>
  async (request, response) => {
    const path = URL.parse(request.url ?? '', 'http://localhost')?.pathname ?? '';
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'Only GET here');
    try {
      const address = await options.before?.[path]?.();
      if (typeof address === 'string')
        return send(response, 302, `See ${address}`, { location: address, 'cache-control': 'no-store' });
    } catch (error) {
      return send(response, 500, (error as Error).message);
    }
    const file = fileOf(path);
    const content = file && (await readFile(join(options.folder, file)).catch(() => null));
    if (!file || !content) return send(response, 404, 'No such page');
    const values = { ...options.values, NONCE: randomBytes(16).toString('base64') };
    const headers = Object.entries(options.headers?.[path] ?? {}).map(([name, value]) => [
      name,
      fillIn(value, values),
    ]);
    const type = types[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, {
      'content-type': type,
      'cache-control': 'no-cache',
      'permissions-policy': 'microphone=(self)',
      'x-content-type-options': 'nosniff',
      ...Object.fromEntries(headers),
    });
    response.end(type.startsWith('text/html') ? fillIn(content.toString(), values) : content);
  };

/** `/` and `/name` are pages, `/name.css` and `/name.js` are files; a path with a folder is not found. */
function fileOf(path: string): string | null {
  if (path === '/') return 'index.html';
  const name = /^\/([a-z0-9-]+)(\.css|\.js|\.svg)?$/.exec(path);
  return name ? `${name[1]}${name[2] ?? '.html'}` : null;
}

/** @throws Error for a placeholder without a value, so that none ever reaches a browser */
function fillIn(page: string, values: Record<string, string>): string {
  return page.replace(/\{\{([A-Z_]+)\}\}/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {{${name}}}`);
    return value;
  });
}

function send(response: ServerResponse, status: number, text: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
}
