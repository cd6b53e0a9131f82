/**
 * Any process may answer any request of a visitor, of Vapi and of the portal: each here goes to another one than the
 * request before. And what a process answers whose database is away.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type Relay, startRelay } from '../../support/relay.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { pageOrigin, startTestServer, type TestServer } from '../../support/test-server.ts';
import { slowed, until } from '../../support/until.ts';

const engine = everyDatabase().find(({ name }) => name === 'PostgreSQL');

describe('three processes on one PostgreSQL', { skip: engine ? false : 'no PostgreSQL here' }, () => {
  let database: TestDatabase;
  let network: TestNetwork;
  let relay: Relay;
  let all: TestServer[];
  let turn = 0;
  const secretKeys = [randomBytes(32)];
  /** Each time the next one. */
  const next = () => {
    turn += 1;
    return all[turn % all.length] as TestServer;
  };
  const visitor = (path: string, body: object) =>
    next().request('POST', path, { headers: { origin: pageOrigin, 'content-type': 'text/plain' }, body });

  before(async () => {
    assert.ok(engine);
    database = await engine.createMigrated();
    network = await startTestNetwork({ server: { database, secrets: { secretKeys } } });
    const { url } = database.config as { url: string };
    relay = await startRelay(url);
    const also = (config: TestDatabase['config']) =>
      startTestServer({
        database: { config, remove: async () => {} },
        clock: network.server.clock,
        vapiBaseUrl: network.emulator.url,
        secrets: { secretKeys, operatorApiKey: network.server.operatorKey },
      });
    const abroad = { kind: 'postgres', url: relay.url, timeoutMs: slowed(3000) } as const;
    all = [network.server, await also(database.config), await also(abroad)];
  });
  after(async () => {
    for (const server of all?.slice(1) ?? []) await server.close();
    await network?.close();
    await relay?.close();
    await database?.remove();
  });

  it('answer a visitor from the session to the rating, wherever each request goes', async () => {
    for (let first = 0; first < all.length; first += 1) {
      turn = first;
      const { status, body } = await visitor('/v1/sessions', { tenant: 'acme' });
      assert.equal(status, 201);
      const start = await visitor('/v1/calls', { session: body.session });
      assert.equal(start.status, 201, start.text);
      const again = await visitor('/v1/calls', { session: body.session });
      assert.equal(again.body.code, 'session_used', 'used up for all of them');
      const { callId, endToken: token } = start.body;
      const rated = await visitor(`/v1/calls/${callId}/feedback`, { token, rating: 'good' });
      assert.equal(rated.status, 204, rated.text);
      await next().ctx.backgroundDone();
    }
  });

  it('grant calls by phone together no more than the limits: of 120 at once, 7', async () => {
    const limits = { concurrentCalls: 7, monthlyBudgetMicros: 1_000_000_000 };
    const { slug, webhookSecret } = await network.addTenant('crowd', { phoneCalls: 'ask', limits });
    const ask = async (index: number) => {
      const call = { id: randomUUID(), type: 'inboundPhoneCall' };
      const server = all[index % 2] as TestServer;
      const { status, body } = await server.request('POST', `/v1/webhooks/vapi/${slug}`, {
        headers: { 'x-vapi-agent-token': webhookSecret },
        body: { message: { type: 'assistant-request', call } },
      });
      assert.equal(status, 200);
      return body.assistantId === undefined ? 'refused' : 'granted';
    };
    const answers = await Promise.all(Array.from({ length: 120 }, (_, index) => ask(index)));
    assert.equal(answers.filter((answer) => answer === 'granted').length, 7);
  });

  it('know one key, which each of them revokes for all', async () => {
    const authorization = `Bearer ${network.server.operatorKey}`;
    const ask = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
      next().request(method, path, { headers: { 'content-type': 'application/json', ...headers }, body });
    const key = await ask('POST', '/v1/keys', { authorization }, { name: 'reads', tenant: 'acme' });
    assert.equal(key.status, 201, key.text);
    const mine = { authorization: `Bearer ${key.body.key}` };
    for (let time = 0; time < 3; time += 1)
      assert.equal((await ask('GET', '/v1/tenants/acme/usage', mine)).status, 200);
    assert.equal((await ask('DELETE', `/v1/keys/${key.body.id}`, { authorization })).status, 204);
    for (let time = 0; time < 3; time += 1)
      assert.equal((await ask('GET', '/v1/tenants/acme/usage', mine)).status, 401);
  });

  it('go on without the one whose database is away, which says so and changes nothing', async () => {
    const [home, , abroad] = all as [TestServer, TestServer, TestServer];
    relay.silence();
    const settings = (server: TestServer) =>
      server.request('GET', '/v1/widget/acme', { headers: { origin: pageOrigin } });
    const away = await settings(abroad);
    assert.deepEqual([away.status, away.headers.get('retry-after')], [503, '5']);
    assert.equal((await abroad.request('GET', '/readyz')).status, 503);
    for (const path of ['/healthz', '/openapi.json', '/widget.js'])
      assert.equal((await abroad.request('GET', path)).status, 200, path);
    assert.equal((await settings(home)).status, 200);
    relay.restore();
    await until(async () => (await settings(abroad)).status === 200, 'the database to be back');
  });
});
