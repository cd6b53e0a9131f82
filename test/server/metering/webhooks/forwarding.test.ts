/** A tenant's own server still gets what it got before, and Vapi gets its answers, as if we were not in between. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Engine, type TestDatabase, testDatabases } from '../../../support/postgres.ts';
import { codeOf, startTestServer, type TestServer } from '../../../support/test-server.ts';
import { until } from '../../../support/until.ts';
import {
  bookedCalls,
  hmac,
  hook,
  metric,
  type OwnServer,
  otherMessage,
  report,
  startOwnServer,
  toolCalls,
} from './support.ts';

for (const engine of testDatabases()) describe(`forwarding, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  const secretKeys = [randomBytes(32)];
  const webhookSecret = 'webhook-secret-of-acme';
  const proof = { 'x-vapi-agent-token': webhookSecret };
  let database: TestDatabase;
  let server: TestServer;
  let own: OwnServer;
  const start = async (now?: number) => {
    const options = { database, secrets: { secretKeys }, ...(now ? { now } : {}) };
    server = await startTestServer(options);
    server.secrets.add('header of the own server', 'secret-of-their-server');
  };
  const send = (body: string, headers: Record<string, string> = proof) => hook(server, 'acme', body, headers);
  /** Advances the time; the worker reads its clock only now and then. */
  const pass = (ms: number) => {
    server.clock.now += ms;
    server.ctx.outboxBell.ring();
  };
  const pending = () => metric(server, 'vapi_agent_outbox_pending');
  const failures = () => metric(server, 'vapi_agent_forwarded_total{mode="outbox",result="failed"}');
  /** The next attempt counts from when the server notices, not from when the target answered. */
  const firstFailure = () => until(failures, 'the first failure');

  beforeEach(async () => {
    database = await engine.createMigrated();
    own = await startOwnServer();
    await start();
    await server.createTenant({
      slug: 'acme',
      webhookSecret,
      webhookForwardUrl: own.url,
      webhookForwardHeaders: { 'X-Their-Key': 'secret-of-their-server' },
    });
  });
  afterEach(async () => {
    await server.close();
    await own.close();
    await database.remove();
  });

  it('answers a tool-call with exactly the answer of the tenant’s own server', async () => {
    const results = '{"results":[{"toolCallId":"1","result":"a table for two"}]}';
    own.answers.push([200, results, 'application/json; charset=utf-8']);
    const body = toolCalls({ note: 'bytes are kept:  é \\u00e9 1.0' });
    const answer = await send(body, { ...proof, 'x-call-id': 'abc', 'user-agent': 'Vapi' });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, results);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    const [sent] = own.received;
    assert.equal(sent?.raw.toString(), body);
    assert.equal(sent?.headers['x-their-key'], 'secret-of-their-server');
    assert.equal(sent?.headers['x-call-id'], 'abc');
    assert.equal(sent?.headers['user-agent'], 'Vapi');
    assert.equal(sent?.headers['content-type'], 'application/json');
  });

  it('relays every kind of message for which Vapi waits for an answer', async () => {
    const kinds = [
      'tool-calls',
      'transfer-destination-request',
      'handoff-destination-request',
      'knowledge-base-request',
      'voice-request',
      'assistant-request',
      'call.endpointing.request',
    ];
    for (const kind of kinds) {
      own.answers.push([201, JSON.stringify({ answered: kind })]);
      const answer = await send(otherMessage(kind));
      assert.deepEqual([answer.status, answer.body], [201, { answered: kind }]);
    }
    await until(async () => (await pending()) === 0, '0 messages to be left');
  });

  it('never shows the tenant’s own server the secret that opens our ledger', async () => {
    const ways: Record<string, string>[] = [
      proof,
      { 'x-vapi-secret': webhookSecret },
      { authorization: `Bearer ${webhookSecret}` },
    ];
    for (const way of ways) await send(toolCalls(), way);
    for (const { headers } of own.received) {
      assert.doesNotMatch(JSON.stringify(headers), new RegExp(webhookSecret));
    }
    // Its own credential, which Vapi adds, is for it.
    await send(toolCalls(), { ...proof, authorization: 'Bearer of-the-tenant' });
    assert.equal(own.received.at(-1)?.headers.authorization, 'Bearer of-the-tenant');
  });

  it('answers 502 when the tenant’s own server fails, and passes on its own refusals', async () => {
    own.answers.push([0, '']);
    const dead = await send(toolCalls());
    assert.deepEqual([dead.status, codeOf(dead)], [502, 'forward_failed']);
    assert.equal(dead.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    own.answers.push([422, '{"theirs":true}']);
    const refused = await send(toolCalls());
    assert.deepEqual([refused.status, refused.body], [422, { theirs: true }]);
    await own.close();
    assert.equal((await send(toolCalls())).status, 502);
  });

  it('does not repeat a failed tool-call because Vapi tries again', async () => {
    const body = toolCalls();
    own.answers.push([500, '{}']);
    assert.equal((await send(body)).status, 500);
    for (let i = 0; i < 3; i += 1) assert.equal((await send(body)).status, 502);
    assert.equal(own.received.length, 1);
  });

  it('delivers all other messages as they came, and the report is also in the ledger', async () => {
    const id = randomUUID();
    const bodies = [report(id), otherMessage('speech-update'), otherMessage('something-of-next-year')];
    for (const body of bodies) assert.deepEqual((await send(body)).body, {});
    await own.waitFor(3);
    assert.deepEqual(own.received.map(({ raw }) => raw.toString()).sort(), bodies.sort());
    assert.ok(own.received.every(({ headers }) => headers['x-their-key'] === 'secret-of-their-server'));
    assert.deepEqual(await bookedCalls(server, 'acme'), [id]);
    await until(async () => (await pending()) === 0, 'an empty outbox');
  });

  it('passes on messages about another tenant’s call, and books nothing of them', async () => {
    await server.createTenant({ slug: 'first', webhookSecret });
    const id = randomUUID();
    assert.equal((await hook(server, 'first', report(id), proof)).status, 200);
    const body = report(id);
    assert.equal((await send(body)).status, 200);
    await own.waitFor(1);
    assert.equal(own.received[0]?.raw.toString(), body);
    assert.deepEqual(await bookedCalls(server, 'acme'), []);
    assert.deepEqual(await bookedCalls(server, 'first'), [id]);
  });

  it('tries again with pauses until the message is accepted, even after a restart', async () => {
    const { port } = new URL(own.url);
    own.answers.push([500, ''], [0, '']);
    const body = report();
    await send(body);
    await own.waitFor(1);
    await until(async () => (await pending()) === 1, '1 messages to be left');
    await firstFailure();
    pass(5000);
    await own.waitFor(2);
    await until(async () => (await failures()) === 2, 'the second failure');
    await own.close();
    const { now } = server.clock;
    await server.close();

    own = await startOwnServer(Number(port));
    await start(now + 10_000);
    await own.waitFor(1);
    assert.equal(own.received[0]?.raw.toString(), body);
    await until(async () => (await pending()) === 0, 'an empty outbox');
  });

  it('gives a message up after a day, and counts it', async () => {
    await own.close();
    await send(report());
    await firstFailure();
    pass(86_400_000);
    const givenUp = 'vapi_agent_forwarded_total{mode="outbox",result="given-up"}';
    await until(() => metric(server, givenUp), 'the message to be given up');
    await until(async () => (await pending()) === 0, '0 messages to be left');
  });

  it('does not let one tenant’s dead server delay another’s messages', async () => {
    const dead = await startOwnServer();
    await dead.close();
    await server.createTenant({ slug: 'dead', webhookSecret, webhookForwardUrl: dead.url });
    for (let i = 0; i < 20; i += 1) await hook(server, 'dead', report(), proof);
    await send(report());
    await own.waitFor(1);
    await until(async () => (await pending()) === 20, '20 messages to be left');
  });

  // SQLite is for one process.
  if (engine.name === 'PostgreSQL') {
    it('shares the work between two servers on one store: each message is delivered once', async () => {
      const second = await startTestServer({ database, secrets: { secretKeys }, now: server.clock.now });
      const bodies = Array.from({ length: 40 }, () => report());
      await Promise.all(bodies.map((body, i) => hook(i % 2 ? server : second, 'acme', body, proof)));
      await until(async () => (await pending()) === 0, 'an empty outbox');
      assert.deepEqual(own.received.map(({ raw }) => raw.toString()).sort(), bodies.sort());
      await second.close();
    });
  }

  it('forwards once what comes twice', async () => {
    own.answers.push([500, '']);
    const body = report();
    for (let i = 0; i < 3; i += 1) assert.equal((await send(body)).status, 200);
    await firstFailure();
    pass(5000);
    await own.waitFor(2);
    await until(async () => (await pending()) === 0, 'an empty outbox');
    await send(body);
    await until(async () => (await pending()) === 0, '0 messages to be left');
    assert.equal(own.received.length, 2);
  });

  it('refuses a signed tool-call that is replayed after it was answered', async () => {
    await server.operator('PATCH', '/v1/tenants/acme', { webhookAuth: { kind: 'hmac' } });
    const body = toolCalls();
    const timestamp = String(server.clock.now);
    const signature = hmac(webhookSecret, `${timestamp}.${body}`).toString('hex');
    const headers = { 'x-timestamp': timestamp, 'x-signature': signature };
    assert.equal((await send(body, headers)).status, 200);
    assert.equal(codeOf(await send(body, headers)), 'conflict');
    assert.equal(own.received.length, 1);
  });

  it('keeps nothing readable in the outbox, and nothing at all once it is delivered', async () => {
    own.answers.push([500, '']);
    await send(report(randomUUID(), { transcript: 'a confidence' }));
    await own.waitFor(1);
    const { store } = server.ctx;
    const contents = () => store.selectFrom('forwardedContents').selectAll().execute();
    const text = JSON.stringify(await contents());
    assert.doesNotMatch(text, /confidence/);
    assert.match(text, /"bodySealed":"v1\./);
    await firstFailure();
    pass(5000);
    await until(async () => (await pending()) === 0, 'an empty outbox');
    assert.deepEqual(await contents(), []);
  });

  it('never forwards to this server under any of its names', async () => {
    for (const slug of ['acme', 'another']) {
      const webhookForwardUrl = `https://voice.agency.example/v1/webhooks/vapi/${slug}`;
      const answer = await server.operator('PATCH', '/v1/tenants/acme', { webhookForwardUrl });
      assert.equal(answer.body.errors[0].path, 'webhookForwardUrl');
    }
    // Under a name that the server does not recognize, with a valid secret: the loop is detected there.
    await server.operator('PATCH', '/v1/tenants/acme', {
      webhookForwardUrl: `${server.url}/v1/webhooks/vapi/acme`,
      webhookForwardHeaders: { 'x-vapi-secret': webhookSecret },
    });
    const taken = (type: string) => metric(server, `vapi_agent_webhooks_total{type="${type}",result="ok"}`);
    const answer = await send(toolCalls());
    assert.deepEqual([answer.status, answer.body], [200, {}]);
    assert.equal(await taken('tool-calls'), 2);
    const id = randomUUID();
    await send(report(id));
    await until(async () => (await taken('end-of-call-report')) === 2, 'the report to come back');
    await until(async () => (await pending()) === 0, 'an empty outbox');
    assert.equal(await taken('end-of-call-report'), 2);
    assert.deepEqual(await bookedCalls(server, 'acme'), [id]);
  });

  it('does nothing when there is no target', async () => {
    await server.operator('PATCH', '/v1/tenants/acme', { webhookForwardUrl: null });
    assert.deepEqual((await send(toolCalls())).body, {});
    assert.equal((await send(report())).status, 200);
    await until(async () => (await pending()) === 0, '0 messages to be left');
    assert.equal(own.received.length, 0);
  });

  it('shows the operator where messages go and which headers they have, not the values', async () => {
    const { body } = await server.operator('GET', '/v1/tenants/acme');
    assert.equal(body.webhookForwardUrl, own.url);
    assert.deepEqual(body.webhookForwardHeaders, ['x-their-key']);
    // A new server does not get the old one's secrets.
    const webhookForwardUrl = 'https://elsewhere.example/vapi';
    const moved = await server.operator('PATCH', '/v1/tenants/acme', { webhookForwardUrl });
    assert.deepEqual(moved.body.webhookForwardHeaders, []);
  });
}
