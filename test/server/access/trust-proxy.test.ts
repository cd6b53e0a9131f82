/** Which address counts: the socket's, unless the operator has named its proxies. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type Server } from 'node:http';
import { after, describe, it } from 'node:test';
import { type Config, ConfigError, readConfig } from '../../../server/config.ts';
import { pageOrigin, startTestServer, type TestServer } from '../../support/test-server.ts';

/** @returns the networks under which calls with these `X-Forwarded-For` headers were counted */
async function networksFor(server: TestServer, forwarded: string[]): Promise<Set<string>> {
  const networks = new Set<string>();
  for (const value of forwarded) {
    const answer = await server.request('POST', '/v1/sessions', {
      headers: { origin: pageOrigin, 'content-type': 'text/plain', 'x-forwarded-for': value },
      body: { tenant: 'acme' },
    });
    assert.equal(answer.status, 201, answer.text);
    const claims = JSON.parse(Buffer.from(answer.body.session.split('.')[1], 'base64url').toString());
    networks.add(claims.network);
  }
  return networks;
}

const spoofed = ['203.0.113.1', '203.0.113.2', '203.0.113.3, 203.0.113.4'];
const cases: [setting: Config['trustProxy'], networks: number, why: string][] = [
  [false, 1, 'without TRUST_PROXY the header is ignored'],
  [['192.0.2.0/24'], 1, 'a header from a machine that is not one of our proxies is ignored'],
  [1, 3, 'behind one proxy its last entry counts'],
  [['loopback'], 3, 'behind a named proxy the first address beyond it counts'],
];

describe('the visitor’s address', () => {
  const servers: TestServer[] = [];
  after(() => Promise.all(servers.map((server) => server.close())));
  const start = async (trustProxy: Config['trustProxy']) => {
    const server = await startTestServer({ config: { trustProxy } });
    servers.push(server);
    await server.createTenant();
    return server;
  };

  for (const [setting, count, why] of cases) {
    it(why, async () => assert.equal((await networksFor(await start(setting), spoofed)).size, count));
  }

  it('behind one proxy cannot be chosen by adding to the header', async () => {
    const server = await start(1);
    const entries = ['198.51.100.9', '1.1.1.1, 198.51.100.9', '2.2.2.2, 3.3.3.3, 198.51.100.9'];
    assert.equal((await networksFor(server, entries)).size, 1);
  });

  it('is the same whatever port a proxy adds, and differs from another visitor’s', async () => {
    const entries = ['198.51.100.9:1111', '198.51.100.9:2222', '198.51.100.10:1111', '[2001:db8::1]:443'];
    assert.equal((await networksFor(await start(1), entries)).size, 3);
  });

  it('is never accepted from everyone: TRUST_PROXY=true is refused', () => {
    for (const TRUST_PROXY of ['true', '*', '0.0.0.0/0/0', 'everyone', '100']) {
      assert.throws(() => readConfig({ TRUST_PROXY, SECRET_KEY: '', PORT: '0' }, '/nowhere'), ConfigError);
    }
  });
});

it('a client that sends slowly is cut off: the server has timeouts for headers and requests', async () => {
  const found: Server[] = [];
  const onRequest = (message: unknown) => found.push((message as { server: Server }).server);
  subscribe('http.server.request.start', onRequest);
  const server = await startTestServer();
  await server.request('GET', '/healthz');
  unsubscribe('http.server.request.start', onRequest);
  await server.close();
  const [{ headersTimeout, requestTimeout } = createServer()] = found;
  assert.ok(headersTimeout > 0 && headersTimeout <= 10_000);
  assert.ok(requestTimeout > 0 && requestTimeout <= 20_000);
});
