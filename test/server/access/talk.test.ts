/** The host of "Talk to it now": what is there and what is not, who is admitted from it, and what its calls count for. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { documentedPolicy } from '../../../demo/policies.ts';
import { send } from '../../support/raw-http.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { type Answer, codeOf, pageOrigin, startTestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

const publicUrl = 'https://voice.agency.example';
const talkUrl = 'https://talk.agency.example';
const dailyProxyUrl = 'https://relay.agency.example/daily';

describe('the talk host', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({
      server: { config: { publicUrl, talkUrl, dailyProxyUrl, trustProxy: 1 } },
      tenant: { challenge: 'altcha' },
    });
  });
  after(() => network.close());

  const on = (
    host: string,
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = '',
  ) => {
    const { port } = new URL(network.server.url);
    const all = Object.entries({
      'x-forwarded-for': '198.51.100.7',
      'content-type': 'text/plain',
      ...headers,
    });
    return send(`http://${host}:${port}`, {
      ...{ method, path, headers: all as [string, string][] },
      ...(body ? { body } : {}),
    });
  };
  const onTalk = (method: string, path: string, headers?: Record<string, string>, body?: string) =>
    on('talk.agency.example', method, path, headers, body);
  const onPublic = (method: string, path: string, headers?: Record<string, string>, body?: string) =>
    on('voice.agency.example', method, path, headers, body);
  const bearer = () => ({ authorization: `Bearer ${network.server.operatorKey}` });
  const linkTo = async (slug = 'acme') => {
    const answer = await network.server.operator('POST', `/v1/tenants/${slug}/talk`);
    assert.equal(answer.status, 201, answer.text);
    const url = new URL(answer.body.url);
    return { url, token: new URLSearchParams(url.hash.slice(1)).get('token') ?? '', answer };
  };
  /** What the page sends. */
  const talking = (token: string) => ({ origin: talkUrl, 'x-vapi-agent-talk': token });
  const askSession = (headers: Record<string, string>, slug = 'acme', host = onTalk): Promise<Answer> =>
    host('POST', '/v1/sessions', headers, JSON.stringify({ tenant: slug }));

  it('serves the page, the element and health checks; portal, sign-in, webhooks and API are not there', async () => {
    for (const path of ['/talk', '/widget.js', '/healthz', '/readyz'])
      assert.equal((await onTalk('GET', path)).status, 200, path);
    const { text } = await onTalk('GET', '/widget.js');
    const [chunk = ''] = /chunks\/mount-[\w-]+\.js/.exec(text) ?? [];
    assert.equal((await onTalk('GET', `/${chunk}`)).status, 200);
    const gone = [
      '/portal',
      '/portal/',
      '/portal/sign-in',
      '/metrics',
      '/openapi.json',
      '/v1/me',
      '/v1/tenants',
    ];
    for (const path of [...gone, '/v1/tenants/acme', '/v1/keys', '/v1/billing/seller', '/installs/', '/']) {
      const answer = await onTalk('GET', path, bearer());
      assert.equal(answer.status, 404, path);
      assert.equal(codeOf(answer), 'not_found');
    }
    for (const path of [
      '/v1/tenants',
      '/v1/tenants/acme/talk',
      '/v1/sign-in-links',
      '/v1/webhooks/vapi/acme',
    ])
      assert.equal((await onTalk('POST', path, bearer(), '{}')).status, 404, path);
  });

  it('is recognized however it is written, and whatever a proxy or a page says beside it', async () => {
    for (const host of ['TALK.agency.EXAMPLE', 'talk.agency.example.'])
      assert.equal((await on(host, 'GET', '/v1/tenants', bearer())).status, 404, host);
    const forwarded = { ...bearer(), 'x-forwarded-host': 'voice.agency.example' };
    assert.equal((await onTalk('GET', '/v1/tenants', forwarded)).status, 404);
    const behind = { ...bearer(), 'x-forwarded-host': 'talk.agency.example' };
    assert.equal((await on('127.0.0.1', 'GET', '/v1/tenants', behind)).status, 404);
    assert.equal((await on('127.0.0.1', 'GET', '/v1/tenants', bearer())).status, 200);
  });

  it('alone has the page, which only the portal may frame and which runs only what a call needs', async () => {
    assert.equal((await onPublic('GET', '/talk')).status, 404);
    const { headers, text } = await onTalk('GET', '/talk');
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none';/);
    assert.match(policy, new RegExp(`frame-ancestors ${publicUrl}$`));
    assert.match(policy, /script-src 'self' 'sha256-[^']+' 'wasm-unsafe-eval' https:\/\/c\.daily\.co/);
    assert.match(policy, /wss:\/\/relay\.agency\.example/);
    for (const source of documentedPolicy("'self'")
      .split(/\s+/)
      .filter((word) => /[:']/.test(word)))
      assert.ok(policy.includes(source), source);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')/);
    assert.deepEqual(
      ['x-robots-tag', 'referrer-policy', 'cache-control', 'set-cookie', 'x-frame-options'].map((name) =>
        headers.get(name),
      ),
      ['noindex', 'no-referrer', 'no-store', null, null],
    );
    assert.doesNotMatch(text, /vapi\.ai|Vapi /);
    const portal = await onPublic('GET', '/portal/');
    assert.match(portal.headers.get('content-security-policy') ?? '', new RegExp(`frame-src ${talkUrl}$`));
  });

  it('shares no cookie with the portal: signing in sets one for its own host only', async () => {
    const { body } = await network.server.operator('POST', '/v1/sign-in-links', {});
    const { pathname, search } = new URL(body.url);
    const signedIn = await onPublic('POST', pathname + search, { origin: publicUrl });
    const cookie = signedIn.headers.get('set-cookie') ?? '';
    assert.match(cookie, /^__Host-vapi-agent=/);
    assert.doesNotMatch(cookie, /domain/i);
  });

  it('admits its page with the token of a link: no entry in the list, no challenge, not the client’s own page', async () => {
    const { url, token, answer } = await linkTo();
    assert.equal(url.origin + url.pathname, `${talkUrl}/talk`);
    assert.equal(url.search, '', 'the token is in the fragment, which no server sees');
    assert.equal(answer.body.expiresAt, new Date(network.server.clock.now + 600_000).toISOString());
    // Browsers name no origin when a page reads from its own server.
    for (const headers of [talking(token), { 'x-vapi-agent-talk': token }]) {
      const settings = await onTalk('GET', '/v1/widget/acme', headers);
      assert.equal(settings.status, 200, settings.text);
      assert.equal(settings.body.challenge, undefined);
    }
    assert.equal((await askSession(talking(token))).status, 201);
    const { body: setup } = await network.server.operator('GET', '/v1/tenants/acme/setup');
    assert.equal(setup.snippetSeen, null);
    const { body: seen } = await network.server.operator('GET', '/v1/audit');
    assert.ok(seen.entries.some(({ action }: { action: string }) => action === 'talk-link.create'));
  });

  const refused = async (asked: Promise<Answer>, why: string) => {
    const answer = await asked;
    assert.deepEqual([answer.status, answer.body?.code], [403, 'origin_not_allowed'], why);
  };

  it('refuses a stranger: without a token, with a made-up one, with one of another tenant or another kind', async () => {
    await network.addTenant('globex');
    const { token } = await linkTo('globex');
    await refused(askSession({ origin: talkUrl }), 'without a token');
    await refused(askSession(talking('')), 'an empty token');
    await refused(askSession(talking(`${token.slice(0, -4)}AAAA`)), 'a forged token');
    await refused(askSession(talking(token)), 'a token of another tenant');
    await refused(askSession(talking(token), 'nobody'), 'an unknown tenant');
    await refused(askSession(talking(await network.session('globex')), 'globex'), 'a session as a token');
    await refused(onTalk('GET', '/v1/widget/acme', { origin: talkUrl }), 'settings');
    assert.equal((await askSession(talking(token), 'globex')).status, 201);
  });

  it('refuses a token used from another origin, or by another way than its own host', async () => {
    const { token } = await linkTo();
    for (const origin of ['https://evil.example', pageOrigin, publicUrl, 'null', `${talkUrl}:8443`])
      await refused(askSession({ ...talking(token), origin }), origin);
    await refused(
      askSession({ 'x-vapi-agent-talk': token }),
      'a request that changes something names its origin',
    );
    await refused(askSession(talking(token), 'acme', onPublic), 'at the public host');
  });

  it('refuses its page without a token even if the tenant’s list covers it, and offers no one to allow it', async () => {
    const allowedOrigins = ['https://*.agency.example', talkUrl];
    await network.addTenant('wide', { allowedOrigins });
    await refused(askSession({ origin: talkUrl }, 'wide'), 'at the talk host');
    await refused(askSession({ origin: talkUrl }, 'wide', onPublic), 'at the public host');
    assert.equal((await askSession({ origin: 'https://www.agency.example' }, 'wide', onPublic)).status, 201);
    const { body } = await network.server.operator('GET', '/v1/tenants/wide/blocked-origins');
    assert.deepEqual(body.blockedOrigins, []);
  });

  it('refuses a token after ten minutes, and one that was issued before a pause', async () => {
    const first = await linkTo();
    network.server.clock.now += 599_000;
    assert.equal((await askSession(talking(first.token))).status, 201);
    network.server.clock.now += 1000;
    await refused(askSession(talking(first.token)), 'ten minutes later');
    const { token } = await linkTo();
    await network.server.operator('POST', '/v1/tenants/acme/pause');
    await refused(askSession(talking(token)), 'while it is paused');
    await network.server.operator('POST', '/v1/tenants/acme/resume');
    await refused(askSession(talking(token)), 'after the pause');
  });

  it('does not let a session leave it: without the token, or on a page of the client, it starts nothing', async () => {
    const { token } = await linkTo();
    const start = async (host: typeof onTalk, headers: Record<string, string>) => {
      const { session } = (await askSession(talking(token))).body;
      return host('POST', '/v1/calls', headers, JSON.stringify({ session }));
    };
    await refused(start(onTalk, { origin: talkUrl }), 'without the token');
    await refused(start(onPublic, { origin: pageOrigin }), 'on a page of the client');
    await refused(start(onPublic, talking(token)), 'at the public host');
  });

  for (const accessMode of ['proxy', 'scoped-key', 'public-key']) {
    it(`starts an ordinary call in the mode ${accessMode}: reserved, capped, in the ledger, done in the set-up`, async () => {
      const slug = `talks-${accessMode}`;
      await network.addTenant(slug, { accessMode, limits: { callsPerMinute: 1, maxCallSeconds: 77 } });
      const { token } = await linkTo(slug);
      const start = async () => {
        const { session } = (await askSession(talking(token), slug)).body;
        return onTalk('POST', '/v1/calls', talking(token), JSON.stringify({ session }));
      };
      const { status, body } = await start();
      assert.equal(status, 201);
      // The restricted public key does not name this page.
      assert.equal(body.mode, accessMode === 'public-key' ? 'proxy' : accessMode);
      assert.equal(body.maxDurationSeconds, 77);
      assert.equal(codeOf(await start()), 'rate_limited');
      if (body.mode !== 'proxy') return;
      const { calls } = (await network.server.operator('GET', `/v1/tenants/${slug}/calls`)).body;
      assert.deepEqual(
        calls.map(({ id }: { id: string }) => id),
        [body.callId],
      );
      const { firstCall } = (await network.server.operator('GET', `/v1/tenants/${slug}/setup`)).body;
      assert.ok(firstCall);
      const end = { token: body.endToken };
      const ended = await onTalk(
        'POST',
        `/v1/calls/${body.callId}/end`,
        { origin: talkUrl },
        JSON.stringify(end),
      );
      assert.equal(ended.status, 204);
      const booked = async () =>
        (await network.server.operator('GET', `/v1/tenants/${slug}/calls`)).body.calls[0].status === 'ended';
      await until(booked, 'the booked call');
    });
  }

  it('writes no token into the log', async () => {
    const { token } = await linkTo();
    await askSession(talking(token));
    assert.ok(network.server.log.every((line) => !line.includes(token)));
  });

  it('gives links to the operator only, and only with the scope to change something', async () => {
    const key = async (body: object) =>
      `Bearer ${(await network.server.operator('POST', '/v1/keys', body)).body.key}`;
    const ask = async (authorization: string) =>
      (await network.server.request('POST', '/v1/tenants/acme/talk', { headers: { authorization } })).status;
    assert.equal(await ask(await key({ name: 'reads', scopes: ['read'] })), 403);
    assert.equal(await ask(await key({ name: 'client', scopes: ['read'], tenant: 'acme' })), 404);
    assert.equal(await ask('Bearer vak_made-up-key-of-some-length'), 401);
    assert.equal((await network.server.operator('POST', '/v1/tenants/nobody/talk')).status, 404);
  });
});

it('without TALK_URL there is no page and no link, and the answer names the setting', async (context) => {
  const server = await startTestServer();
  context.after(() => server.close());
  await server.createTenant();
  assert.equal((await server.request('GET', '/talk')).status, 404);
  const answer = await server.operator('POST', '/v1/tenants/acme/talk');
  assert.equal(codeOf(answer), 'conflict');
  assert.match(answer.body.detail, /TALK_URL/);
  assert.equal((await server.operator('GET', '/v1/me')).body.talk, false);
});
