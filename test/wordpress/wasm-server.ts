/**
 * A web server with PHP as WebAssembly, in a separate process because each request blocks it:
 * `node wasm-server.ts MODULES_FOLDER PHP_VERSION SITE_FOLDER`. Prints its port when it listens.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface PhpAnswer {
  httpStatusCode: number;
  headers: Record<string, string[]>;
  bytes: Uint8Array;
}

const [modules = '', version = '', folder = ''] = process.argv.slice(2);
const load = (name: string) =>
  import(pathToFileURL(join(modules, 'node_modules', '@php-wasm', name, 'index.js')).href);
const { loadNodeRuntime, createNodeFsMountHandler } = await load('node');
const { PHP, PHPRequestHandler, setPhpIniEntries } = await load('universal');

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer: PhpAnswer = await handler.request({
    url: request.url ?? '/',
    method: request.method,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    ...(chunks.length > 0 ? { body: new Uint8Array(Buffer.concat(chunks)) } : {}),
  });
  response.writeHead(answer.httpStatusCode, answer.headers).end(answer.bytes);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

const php = new PHP(await loadNodeRuntime(version, { emscriptenOptions: { processId: process.pid } }));
await php.mount('/site', createNodeFsMountHandler(folder));
await setPhpIniEntries(php, { memory_limit: '512M', upload_max_filesize: '32M', post_max_size: '32M' });
const handler = new PHPRequestHandler({
  php,
  documentRoot: '/site',
  absoluteUrl: `http://localhost:${port}`,
  cookieStore: false,
});
process.stdout.write(`${port}\n`);
