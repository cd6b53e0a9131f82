/** The remaining steps of a client's set-up are derived from what has happened. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { planPresets } from '../../../server/contract.ts';
import { findTenantByHandle } from '../../../server/store/tenants.ts';
import { putWiring } from '../../../server/store/wirings.ts';
import { pageOrigin, startTestServer, type TestServer, testTime } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server?.close());

const setup = async (slug: string) => (await server.operator('GET', `/v1/tenants/${slug}/setup`)).body;
const nothing = { connected: false, snippetSeen: null, plan: false, invited: null, firstCall: null };
const started = new Date(testTime).toISOString();
const askForSession = (tenant: string, origin: string) =>
  server.request('POST', '/v1/sessions', { headers: { origin }, body: { tenant } });

test('a new client has everything to do, and each step is done once it has happened', async () => {
  const slug = 'steps';
  const webhookSecret = `webhook-${randomUUID()}`;
  const { assistantId } = await server.createTenant({ slug, webhookSecret });
  assert.deepEqual(await setup(slug), { ...nothing, isDone: false });

  assert.equal((await askForSession(slug, pageOrigin)).status, 201);
  await until(async () => (await setup(slug)).snippetSeen !== null, 'the snippet to be seen');
  assert.deepEqual((await setup(slug)).snippetSeen, { origin: pageOrigin, at: started });

  await server.operator('POST', '/v1/sign-in-links', { tenant: slug });
  assert.equal((await setup(slug)).invited, started);

  const plan = planPresets[0]?.plan;
  const set = await server.operator('PUT', `/v1/tenants/${slug}/plan`, { plan, from: '2026-11-01' });
  assert.ok(set.status < 300, set.text);
  assert.equal((await setup(slug)).plan, true);

  const call = { id: randomUUID(), type: 'webCall', assistantId, createdAt: started };
  const message = { type: 'end-of-call-report', cost: 0.05, startedAt: started, endedAt: started, call };
  const headers = { 'x-vapi-agent-token': webhookSecret };
  await server.request('POST', `/v1/webhooks/vapi/${slug}`, { headers, body: { message } });
  const { connected, firstCall, isDone } = await setup(slug);
  assert.deepEqual([connected, firstCall, isDone], [true, started, true]);
});

test('a report from before the wiring does not make a client connected, nor one that no longer comes', async () => {
  const slug = 'wired';
  const webhookSecret = `webhook-${randomUUID()}`;
  const { assistantId } = await server.createTenant({ slug, webhookSecret });
  const report = async (createdAt: number) => {
    const at = new Date(createdAt).toISOString();
    const call = { id: randomUUID(), type: 'webCall', assistantId, createdAt: at };
    const message = { type: 'end-of-call-report', cost: 0.05, startedAt: at, endedAt: at, call };
    const headers = { 'x-vapi-agent-token': webhookSecret };
    await server.request('POST', `/v1/webhooks/vapi/${slug}`, { headers, body: { message } });
  };
  const connected = async () => (await setup(slug)).connected;
  await report(testTime);
  assert.equal(await connected(), true);
  const tenantId = (await findTenantByHandle(server.ctx.store, slug))?.id ?? '';
  const wiredAt = testTime + 1000;
  const row = { tenantId, assistantId, name: null, wiredAt, version: null, noticed: null, checkedAt: null };
  await putWiring(server.ctx.store, { ...row, trouble: null, reportedAt: null, nextAttemptAt: wiredAt });
  assert.equal(await connected(), false);
  await report(wiredAt);
  assert.equal(await connected(), true);
  const silent = { ...row, trouble: 'silent', reportedAt: wiredAt, nextAttemptAt: wiredAt } as const;
  await putWiring(server.ctx.store, silent);
  assert.equal(await connected(), false);
});

test('a refused page and a page of this server are not the website; saving settings loses nothing', async () => {
  const own = new URL(server.ctx.config.publicUrl).origin;
  await server.createTenant({ slug: 'pages', allowedOrigins: [pageOrigin, own] });
  assert.equal((await askForSession('pages', 'https://stranger.example')).status, 403);
  assert.equal((await askForSession('pages', own)).status, 201);
  await server.ctx.backgroundDone();
  assert.equal((await setup('pages')).snippetSeen, null);
  await askForSession('pages', pageOrigin);
  await until(async () => (await setup('pages')).snippetSeen !== null, 'the snippet to be seen');
  await server.operator('PATCH', '/v1/tenants/pages', { name: 'Pages' });
  assert.equal((await setup('pages')).snippetSeen.origin, pageOrigin);
});

test('one client’s steps are not another’s, and a client may not see its own', async () => {
  await server.createTenant({ slug: 'other' });
  assert.deepEqual(await setup('other'), { ...nothing, isDone: false });
  const key = (await server.operator('POST', '/v1/keys', { name: 'c', tenant: 'other', scopes: ['read'] }))
    .body.key;
  const headers = { authorization: `Bearer ${key}` };
  assert.equal((await server.request('GET', '/v1/tenants/other/setup', { headers })).status, 404);
});
