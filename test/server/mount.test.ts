/** The backend inside someone else's Express app. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import express from 'express';
import { ConfigError, readConfig } from '../../server/config.ts';
import { createVapiAgent, type VapiAgent } from '../../server/mount.ts';
import { openParts } from '../../server/parts.ts';
import { pageOrigin, tenantInput } from '../support/test-server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'vapi-agent-mount-'));
const host = express();
const server = createServer(host);
let agent: VapiAgent;
let base: string;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { PUBLIC_URL: `${base}/voice`, LOG_LEVEL: 'silent' };
  agent = await createVapiAgent({ settings, dataDir });
  host.get('/', (_req, res) => {
    res.send('the shop');
  });
  host.use('/voice', agent.router);
  host.use((_req, res) => {
    res.status(404).send('the shop has no such page');
  });
});
after(async () => {
  await new Promise((resolve) => server.close(resolve));
  await agent.close();
  rmSync(dataDir, { recursive: true });
});

test('everything is below the path: element, visitors’ and operator’s requests', async () => {
  assert.match((await get('/voice/widget.js')).headers.get('content-type') ?? '', /javascript/);
  assert.equal((await get('/voice/readyz')).status, 200);
  const authorization = `Bearer ${agent.operatorApiKey}`;
  const created = await fetch(`${base}/voice/v1/tenants`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(tenantInput()),
  });
  assert.equal(created.status, 201);
  const { webhookUrl } = (await created.json()) as { webhookUrl: string };
  assert.equal(webhookUrl, `${base}/voice/v1/webhooks/vapi/acme`);
  const config = await get('/voice/v1/widget/acme', { origin: pageOrigin });
  assert.equal(((await config.json()) as { tenant: string }).tenant, 'acme');
  const snippet = await get('/voice/v1/tenants/acme/snippet', { authorization });
  assert.ok(((await snippet.json()) as { snippet: string }).snippet.includes(`${base}/voice/widget.js`));
});

test('the portal is below the path too, from the sign-in link on', async () => {
  const headers = {
    authorization: `Bearer ${agent.operatorApiKey}`,
    'content-type': 'application/json',
  };
  const made = await fetch(`${base}/voice/v1/sign-in-links`, { method: 'POST', headers, body: '{}' });
  const { url } = (await made.json()) as { url: string };
  assert.ok(url.startsWith(`${base}/voice/portal/sign-in?`));
  const signedIn = await fetch(url, { method: 'POST', headers: { origin: base }, redirect: 'manual' });
  const portal = new URL(signedIn.headers.get('location') ?? '', url);
  assert.equal(portal.href, `${base}/voice/portal/`);
  assert.match(await (await fetch(portal)).text(), /<portal-app>/);
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  assert.equal((await get('/voice/v1/me', { cookie })).status, 200);
  assert.equal((await fetch(`${base}/voice/portal`)).url, `${base}/voice/portal/`);
});

test('the app around it keeps its own pages and its own not-found', async () => {
  assert.equal(await (await get('/')).text(), 'the shop');
  const missing = await get('/nothing');
  assert.equal(await missing.text(), 'the shop has no such page');
  assert.equal(missing.headers.get('content-security-policy'), null);
  assert.equal(
    (await get('/voice/nothing')).headers.get('content-type'),
    'application/problem+json; charset=utf-8',
  );
});

test('a mount below a path, or one reached by http, does not set https policy for the host', async () => {
  const { config, secrets } = readConfig({ NODE_ENV: 'test' }, join(dataDir, 'https'));
  const database = { kind: 'sqlite', file: ':memory:' } as const;
  for (const publicUrl of ['https://shop.example/voice', 'http://localhost:8787']) {
    const parts = await openParts({ ...config, publicUrl, database, logLevel: 'silent' }, secrets, {});
    const own = createServer(parts.app).listen(0, '127.0.0.1');
    try {
      await once(own, 'listening');
      const { headers } = await fetch(`http://127.0.0.1:${(own.address() as AddressInfo).port}/healthz`);
      assert.equal(headers.get('strict-transport-security'), null, publicUrl);
    } finally {
      own.close();
      await parts.close();
    }
  }
});

test('bad settings are named, and nothing is left open', async () => {
  await assert.rejects(
    createVapiAgent({ settings: { PUBLIC_URL: 'nonsense', TRUST_PROXY: 'true' }, dataDir }),
    (error: ConfigError) => error instanceof ConfigError && error.problems.length === 2,
  );
});

test('in production keys are required and none is generated, unless a folder to store them is named', async () => {
  const settings = { PUBLIC_URL: 'https://shop.example/voice', SECRET_KEY: undefined, LOG_LEVEL: 'silent' };
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await assert.rejects(createVapiAgent({ settings }), (error: ConfigError) => {
      assert.deepEqual(error.problems, ['SECRET_KEY is missing', 'OPERATOR_API_KEY is missing']);
      return true;
    });
    const kept = await createVapiAgent({ settings, dataDir: join(dataDir, 'kept') });
    assert.match(kept.operatorApiKey, /^vak_/);
    await kept.close();
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
  await assert.rejects(createVapiAgent({ settings: { ...settings, NODE_ENV: 'production' } }), ConfigError);
});

test('behind a body parser requests are not blamed on the sender: the answer is a 500 that the log explains once', async () => {
  const { config, secrets } = readConfig({ NODE_ENV: 'test' }, join(dataDir, 'parsed'));
  const lines: string[] = [];
  const logTo = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  const parts = await openParts({ ...config, database: { kind: 'sqlite', file: ':memory:' } }, secrets, {
    logTo,
  });
  const parsing = createServer(express().use(express.json()).use('/late', parts.app)).listen(0, '127.0.0.1');
  try {
    await once(parsing, 'listening');
    const late = `http://127.0.0.1:${(parsing.address() as AddressInfo).port}/late`;
    const headers = { 'content-type': 'application/json' };
    for (const path of ['/v1/webhooks/vapi/acme', '/v1/webhooks/stripe', '/v1/sessions']) {
      const answer = await fetch(late + path, { method: 'POST', headers, body: '{"message": {}}' });
      assert.equal(answer.status, 500, path);
      assert.match(((await answer.json()) as { detail: string }).detail, /after a body parser/);
    }
    assert.equal((await fetch(`${late}/readyz`)).status, 200, 'what has no body is served');
    assert.equal(lines.filter((line) => line.includes('before express.json()')).length, 1);
  } finally {
    parsing.close();
    await parts.close();
  }
});

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}${path}`, { headers });
}
