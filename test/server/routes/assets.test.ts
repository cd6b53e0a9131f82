import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unzipSync } from 'fflate';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

describe('the element’s files', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server?.close());
  const get = (path: string, headers: Record<string, string> = {}) =>
    server.request('GET', path, { headers });

  it('may be loaded by any page', async () => {
    for (const path of ['/widget.js', '/embed.js']) {
      const { status, headers } = await get(path);
      assert.equal(status, 200, path);
      assert.match(headers.get('content-type') ?? '', /javascript/);
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });

  it('are cached forever if their name contains their hash, and revalidated soon if not', async () => {
    assert.equal(
      (await get('/widget.js')).headers.get('cache-control'),
      'public, max-age=300, stale-while-revalidate=60',
    );
    const chunk = globSync(join(import.meta.dirname, '../../../dist/widget/chunks/*.js'))[0] ?? '';
    const { status, headers } = await get(`/chunks/${basename(chunk)}`);
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable');
  });

  it('of another build are answered with this build’s, if a cached launcher requests them', async () => {
    for (const name of ['mount', 'vapi-call']) {
      const old = await fetch(`${server.url}/chunks/${name}-0_old-0A.js?1`, { redirect: 'manual' });
      assert.equal(old.status, 302);
      assert.equal(old.headers.get('access-control-allow-origin'), '*');
      assert.equal(old.headers.get('cache-control'), 'no-store');
      const { href } = new URL(old.headers.get('location') ?? '', old.url);
      const chunk = await fetch(href);
      assert.equal(chunk.status, 200);
      assert.match(chunk.headers.get('cache-control') ?? '', /immutable/);
    }
    for (const path of ['/chunks/settings-0_old-0A.js', '/chunks/mount.js', '/mount-0_old-0A.js']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  it('are sent as brotli to clients that accept it, in no more bytes than promised', async () => {
    const { headers } = await get('/widget.js', { 'accept-encoding': 'br' });
    assert.equal(headers.get('content-encoding'), 'br');
    assert.match(headers.get('vary') ?? '', /Accept-Encoding/i);
    assert.ok(Number(headers.get('content-length')) <= 1500, `${headers.get('content-length')} bytes`);
  });

  it('are not sent again in full when they have not changed', async () => {
    const etag = (await get('/widget.js')).headers.get('etag') ?? '';
    assert.equal(
      (await get('/widget.js', { 'if-none-match': etag, 'cache-control': 'max-age=0' })).status,
      304,
    );
  });

  it('include the WordPress plugin, which anyone can download', async () => {
    const answer = await fetch(`${server.url}/installs/vapi-agent.zip`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/zip');
    assert.equal(answer.headers.get('content-disposition'), 'attachment');
    const files = Object.keys(unzipSync(new Uint8Array(await answer.arrayBuffer())));
    assert.ok(files.includes('vapi-agent/vapi-agent.php'), files.join());
    assert.equal((await get('/installs/')).status, 404);
  });

  it('are all that is served: no folder, no file of the server', async () => {
    for (const path of ['/chunks/', '/..%2fpackage.json', '/%2e%2e/package.json', '/.env', '/widget.ts']) {
      const answer = await get(path);
      assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`);
      assert.match(answer.headers.get('content-type') ?? '', /problem\+json/);
    }
  });

  it('and every other answer carry helmet’s headers and an id to look up in the log', async () => {
    const { headers } = await get('/healthz');
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.equal(headers.get('strict-transport-security'), 'max-age=31536000');
    assert.match(headers.get('x-request-id') ?? '', /^req_/);
    assert.equal(headers.get('x-powered-by'), null);
    assert.deepEqual((await get('/readyz')).body, { status: 'ready' });
  });
});

describe('the portal’s files', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server?.close());

  it('are where the server’s own address leads, also below a path of a proxy', async () => {
    const { status, headers } = await fetch(server.url, { redirect: 'manual' });
    assert.equal(status, 302);
    assert.equal(headers.get('location'), 'portal/');
  });

  it('are a page that is revalidated each time, and a script that is cached forever', async () => {
    const page = await server.request('GET', '/portal/');
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('cache-control'), 'no-cache');
    const [, script = ''] = /src="\.\/(assets\/main-[\w-]+\.js)"/.exec(page.text) ?? [];
    const { status, headers } = await server.request('GET', `/portal/${script}`, {
      headers: { 'accept-encoding': 'br' },
    });
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(headers.get('content-encoding'), 'br');
  });

  it('run only their own script, inside no other page, for no other origin', async () => {
    const { headers } = await server.request('GET', '/portal/');
    const policy = headers.get('content-security-policy') ?? '';
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ]) {
      assert.ok(policy.split('; ').includes(rule), rule);
    }
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(headers.get('access-control-allow-origin'), null);
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
  });

  it('are found without the slash too, also below a path, and nothing else is', async () => {
    const redirect = await fetch(`${server.url}/portal?from=mail`, { redirect: 'manual' });
    assert.deepEqual([redirect.status, redirect.headers.get('location')], [308, 'portal/?from=mail']);
    for (const path of [
      '/portal/main.ts',
      '/portal/assets/',
      '/portal/nothing',
      '/portal/..%2f..%2fpackage.json',
    ]) {
      assert.equal((await server.request('GET', path)).status, 404, path);
    }
  });
});
