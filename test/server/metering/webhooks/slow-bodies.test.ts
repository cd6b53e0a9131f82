/** What strangers send to a tenant's webhook never blocks Vapi's reports, and reveals nothing about the tenant. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import express from 'express';
import {
  longestBody,
  type WebhookBounds,
  webhookBounds,
} from '../../../../server/access/identity/webhook-sender.ts';
import { requestLog } from '../../../../server/base/log.ts';
import { errorHandler } from '../../../../server/errors.ts';
import { stripeWebhookRoutes } from '../../../../server/routes/stripe-webhook.ts';
import { vapiWebhookRoutes } from '../../../../server/routes/vapi-webhook.ts';
import { startTestServer, type TestServer } from '../../../support/test-server.ts';
import { until } from '../../../support/until.ts';
import { bookedCalls, hmac, report } from './support.ts';

let server: TestServer;
let count = 0;
const hours = 3_600_000;
const [attacker, vapi] = ['198.51.100.1', '203.0.113.1'];

before(async () => {
  server = await startTestServer();
});
after(() => server?.close());

const tenant = async (kind: 'token' | 'hmac') => {
  count += 1;
  const webhookSecret = `webhook-${randomUUID()}`;
  const { slug } = await server.createTenant({ slug: `t${count}`, webhookSecret, webhookAuth: { kind } });
  return { slug, webhookSecret };
};
type Tenant = Awaited<ReturnType<typeof tenant>>;

const seconds = () => String(Math.floor(server.clock.now / 1000));
const guessed = () => ({ 'x-timestamp': seconds(), 'x-signature': 'guessed' });
const token = ({ webhookSecret }: Tenant) => ({ 'x-vapi-agent-token': webhookSecret });
const signature = ({ webhookSecret }: Tenant, body: string) => ({
  'x-timestamp': seconds(),
  'x-signature': hmac(webhookSecret, `${seconds()}.${body}`).toString('hex'),
});

/** The routes behind one proxy, with their own limits. */
async function startRoutes(t: TestContext, bounds: Partial<WebhookBounds> = {}) {
  let begun = 0;
  const app = express().set('trust proxy', 1).use(requestLog(server.ctx.log));
  app.use((_req, _res, next) => {
    begun += 1;
    next();
  });
  const all = { ...webhookBounds, unprovenMs: hours, ...bounds };
  app.use('/stripe', stripeWebhookRoutes(server.ctx, all.unprovenMs));
  app.use(vapiWebhookRoutes(server.ctx, all), errorHandler);
  const http = createServer(app);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    http.close();
    http.closeAllConnections();
  });
  const { port } = http.address() as AddressInfo;

  /** A request whose body is sent piece by piece. */
  const open = (slug: string, headers: Record<string, string | number>, network = attacker) => {
    const options = { host: '127.0.0.1', port, path: `/${slug}`, method: 'POST', agent: false };
    const request = httpRequest({ ...options, headers: { 'x-forwarded-for': network, ...headers } });
    const state = { closed: false, answer: null as Answer | null };
    request
      .on('error', () => {})
      .on('close', () => {
        state.closed = true;
      });
    request.on('response', (response) => {
      let text = '';
      // It may be cut off while its request is unfinished; it is complete by then.
      response.on('error', () => {});
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('close', () => {
        const { requestId: _id, ...body } = JSON.parse(text);
        const { date: _date, etag: _etag, 'x-request-id': _request, ...kept } = response.headers;
        state.answer = { status: response.statusCode ?? 0, body, headers: kept };
      });
    });
    request.flushHeaders();
    return { request, state };
  };
  const send = async (
    slug: string,
    headers: Record<string, string | number>,
    body: string | Buffer,
    network = vapi,
  ) => {
    const { request, state } = open(slug, { 'content-length': Buffer.byteLength(body), ...headers }, network);
    request.end(body);
    return until(() => state.answer, 'an answer');
  };
  return { open, send, begun: () => begun };
}
interface Answer {
  status: number;
  body: { code?: string };
  headers: Record<string, unknown>;
}

for (const sockets of [4, 40]) {
  it(`${sockets} slow bodies with a guessed signature do not block a signed report`, async (t) => {
    const { open, send, begun } = await startRoutes(t);
    const signing = await tenant('hmac');
    // Even from Vapi's own network: announced sizes are ignored.
    const headers = { ...guessed(), 'content-length': longestBody };
    for (let socket = 0; socket < sockets; socket += 1) open(signing.slug, headers, vapi).request.write('{');
    await until(() => begun() === sockets, 'the slow bodies');
    const statuses = [];
    for (let sent = 0; sent < 13; sent += 1) {
      const body = report();
      statuses.push((await send(signing.slug, signature(signing, body), body)).status);
    }
    assert.deepEqual(statuses, Array(13).fill(200));
    assert.equal((await bookedCalls(server, signing.slug)).length, 13);
  });
}

it('a network that fills its share is refused, and Vapi’s own reports are accepted', async (t) => {
  const unproven = { total: 40_000, perNetwork: 20_000, perKey: 20_000, perKeyAndNetwork: 10_000 };
  const { open, send } = await startRoutes(t, { unproven });
  const signing = await tenant('hmac');
  const flood = open(signing.slug, { ...guessed(), 'content-length': longestBody });
  flood.request.write('x'.repeat(9900));
  const fromHere = async () => {
    const body = report();
    return send(signing.slug, signature(signing, body), body, attacker);
  };
  const refused = await until(async () => {
    const answer = await fromHere();
    return answer.status === 200 ? null : answer;
  }, 'the share to be full');
  assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited']);
  assert.equal(refused.headers['retry-after'], '2');
  const body = report();
  assert.equal((await send(signing.slug, signature(signing, body), body)).status, 200);
  flood.request.destroy();
  await until(async () => (await fromHere()).status === 200, 'what was aborted to be given back');
});

it('a body that grows beyond the share is refused as it arrives, and its connection is closed', async (t) => {
  const unproven = { total: 1000, perKey: 1000 };
  const { open, send } = await startRoutes(t, { unproven });
  const signing = await tenant('hmac');
  const { request, state } = open(signing.slug, { ...guessed(), 'content-length': longestBody });
  request.write('x'.repeat(1001));
  assert.equal((await until(() => state.answer, 'the refusal')).status, 429);
  await until(() => state.closed, 'the end of the connection');
  const body = report();
  assert.equal((await send(signing.slug, signature(signing, body), body)).status, 200);
});

it('a slow body is ended at the deadline unless its sender has shown the secret', async (t) => {
  const { open, begun } = await startRoutes(t, { unprovenMs: 50 });
  const [signing, trusting] = [await tenant('hmac'), await tenant('token')];
  const text = report();
  const slow = open(trusting.slug, { ...token(trusting), 'content-length': text.length }, vapi);
  slow.request.write(text.slice(0, 1));
  await until(() => begun() === 1, 'the one with the secret');
  for (const slug of [signing.slug, trusting.slug, 'nobody']) {
    const { request, state } = open(slug, { ...guessed(), 'content-length': longestBody });
    request.write('{');
    const answer = await until(() => state.answer, 'the deadline');
    assert.deepEqual([answer.status, answer.body.code], [408, 'request_timeout'], slug);
    await until(() => state.closed, 'the end of the connection');
  }
  slow.request.end(text.slice(1));
  assert.equal((await until(() => slow.state.answer, 'an answer')).status, 200);
});

it('a compressed body counts by its decompressed size', async (t) => {
  const { send } = await startRoutes(t, { unproven: { total: 2_000_000, perKey: 2_000_000 } });
  const [signing, trusting] = [await tenant('hmac'), await tenant('token')];
  const zipped = { ...guessed(), 'content-encoding': 'gzip' };
  const codes = [];
  for (const [slug, headers, body] of [
    [signing.slug, zipped, gzipSync(Buffer.alloc(4_000_000))],
    ['nobody', zipped, gzipSync(Buffer.alloc(4_000_000))],
    [trusting.slug, { ...zipped, ...token(trusting) }, gzipSync(Buffer.alloc(longestBody + 1))],
    [signing.slug, zipped, gzipSync('{}').subarray(0, 12)],
    [signing.slug, zipped, Buffer.from('{}')],
    [signing.slug, { ...zipped, 'content-encoding': 'rot13' }, Buffer.from('{}')],
  ] as const) {
    codes.push((await send(slug, headers, body)).body.code);
  }
  assert.deepEqual(codes, [
    'rate_limited',
    'rate_limited',
    'payload_too_large',
    'invalid_request',
    'invalid_request',
    'invalid_request',
  ]);
  const body = report();
  const headers = { ...signature(signing, body), 'content-encoding': 'gzip' };
  assert.equal((await send(signing.slug, headers, gzipSync(body))).status, 200);
});

it('a caller with a tenant’s secret can fill that tenant’s share and no more', async (t) => {
  const { open, send } = await startRoutes(t, { proven: { total: 100_000, perKey: 10_000 } });
  const [leaked, other] = [await tenant('token'), await tenant('token')];
  open(leaked.slug, { ...token(leaked), 'content-length': longestBody }).request.write('x'.repeat(9900));
  const refused = await until(async () => {
    const answer = await send(leaked.slug, token(leaked), report());
    return answer.status === 200 ? null : answer;
  }, 'the share to be full');
  assert.equal(refused.body.code, 'rate_limited');
  assert.equal((await send(other.slug, token(other), report())).status, 200);
});

it('unknown tenants, those that sign and those with a token are refused alike, at the same point', async (t) => {
  const { open } = await startRoutes(t);
  const custom = { kind: 'hmac', signatureHeader: 'svix-signature', timestampHeader: 'svix-timestamp' };
  const { slug: own } = await server.createTenant({ slug: 'own-headers', webhookAuth: custom });
  const slugs = ['nobody', 'No such name!', own, (await tenant('hmac')).slug, (await tenant('token')).slug];
  let network = 0;
  const begin = (slug: string, headers: Record<string, string>) => {
    // Each from a different network, since one that fails often gets another answer.
    network += 1;
    const opened = open(encodeURIComponent(slug), { ...headers, 'content-length': 2 }, `192.0.2.${network}`);
    opened.request.write('{');
    return opened;
  };
  const seen = new Set<string>();
  const note = ({ status, headers, body }: Answer) => seen.add(JSON.stringify([status, headers, body]));
  for (const headers of [
    guessed(),
    { 'svix-timestamp': seconds(), 'svix-signature': 'guessed' },
    { 'x-timestamp': seconds() },
    { ...guessed(), 'x-vapi-secret': 'wrong' },
  ]) {
    const afterBody = slugs.map((slug) => begin(slug, headers));
    for (const slug of slugs) {
      for (const early of [{}, { 'x-signature': 'guessed' }, { 'x-vapi-secret': 'wrong' }]) {
        const { state } = begin(slug, early as Record<string, string>);
        note(await until(() => state.answer, 'an early answer'));
      }
    }
    assert.deepEqual(
      afterBody.map(({ state }) => state.answer),
      slugs.map(() => null),
    );
    for (const { request, state } of afterBody) {
      request.end('}');
      note(await until(() => state.answer, 'an answer to the whole body'));
    }
  }
  assert.equal(seen.size, 1, [...seen].join('\n'));
  assert.match([...seen][0] ?? '', /^\[401,/);
});

it('a body that pretends to be Stripe’s is not read without a signature, and not for long with a guessed one', async (t) => {
  const { open } = await startRoutes(t, { unprovenMs: 50 });
  const statuses = [];
  for (const headers of [{}, { 'stripe-signature': 't=1,v1=guessed' }]) {
    const { request, state } = open('stripe', { ...headers, 'content-length': 1_000_000 });
    request.write('{');
    statuses.push((await until(() => state.answer, 'an answer')).status);
    await until(() => state.closed, 'the end of the connection');
  }
  assert.deepEqual(statuses, [401, 408]);
});
