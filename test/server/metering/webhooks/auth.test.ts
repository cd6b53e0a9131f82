/** Only the tenant's Vapi can write to its ledger, in each of the ways in which Vapi can prove itself. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { startTestNetwork } from '../../../support/test-network.ts';
import { codeOf, startTestServer, type TestServer } from '../../../support/test-server.ts';
import { bookedCalls, hmac, hook, metric, otherMessage, report } from './support.ts';

for (const engine of testDatabases()) describe(`webhooks, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let server: TestServer;
  let count = 0;
  /** A separate one, so that tests do not see each other's calls. */
  const tenant = async (changes: Record<string, unknown> = {}) => {
    count += 1;
    const webhookSecret = `webhook-${randomUUID()}`;
    const view = await server.createTenant({ slug: `t${count}`, webhookSecret, ...changes });
    return { slug: view.slug, webhookSecret };
  };
  before(async () => {
    server = await startTestServer({ engine });
  });
  after(() => server?.close());

  it('accept the secret in our header, in X-Vapi-Secret and as a bearer token, and nowhere else', async () => {
    const { slug, webhookSecret } = await tenant();
    const ways: Record<string, string>[] = [
      { 'x-vapi-agent-token': webhookSecret },
      { 'x-vapi-secret': webhookSecret },
      { authorization: `Bearer ${webhookSecret}` },
    ];
    for (const way of ways) assert.equal((await hook(server, slug, report(), way)).status, 200);
    for (const way of [{}, { 'x-api-key': webhookSecret }, { 'x-vapi-secret': `${webhookSecret}x` }]) {
      assert.equal(codeOf(await hook(server, slug, report(), way as Record<string, string>)), 'unauthorized');
    }
    assert.equal((await bookedCalls(server, slug)).length, 3);
  });

  it('do not accept another tenant’s secret', async () => {
    const [acme, rival] = [await tenant(), await tenant()];
    const answer = await hook(server, acme.slug, report(), { 'x-vapi-secret': rival.webhookSecret });
    assert.equal(codeOf(answer), 'unauthorized');
    assert.deepEqual(await bookedCalls(server, acme.slug), []);
  });

  it('are accepted with the right secret from an address that has failed often: Vapi’s are shared', async () => {
    const own = await startTestServer({ engine });
    const { slug } = await own.createTenant({ webhookSecret: 'the-right-secret' });
    const answers = [];
    for (let i = 0; i < 32; i += 1) {
      answers.push(codeOf(await hook(own, slug, report(), { 'x-vapi-secret': 'a-wrong-secret' })));
    }
    assert.deepEqual([answers[0], answers.at(-1)], ['unauthorized', 'rate_limited']);
    assert.equal((await hook(own, slug, report(), { 'x-vapi-secret': 'the-right-secret' })).status, 200);
    await own.close();
  });

  describe('signed with HMAC', () => {
    const seconds = () => String(Math.floor(server.clock.now / 1000));
    const signed = (secret: string, body: string, timestamp = seconds()) => ({
      'x-timestamp': timestamp,
      'x-signature': hmac(secret, `${timestamp}.${body}`).toString('hex'),
    });

    it('are accepted with Vapi’s defaults, a timestamp in seconds or in milliseconds', async () => {
      const { slug, webhookSecret } = await tenant({ webhookAuth: { kind: 'hmac' } });
      for (const timestamp of [seconds(), String(server.clock.now)]) {
        const body = report();
        assert.equal((await hook(server, slug, body, signed(webhookSecret, body, timestamp))).status, 200);
      }
      assert.equal((await bookedCalls(server, slug)).length, 2);
    });

    it('are refused when the body or the timestamp was changed, or the key is another', async () => {
      const { slug, webhookSecret } = await tenant({ webhookAuth: { kind: 'hmac' } });
      const body = report();
      const headers = signed(webhookSecret, body);
      const later = String(Number(headers['x-timestamp']) + 1);
      const tries: [string, Record<string, string>][] = [
        [report(), headers],
        [`${body} `, headers],
        [body, { ...headers, 'x-timestamp': later }],
        [body, signed('another-key', body)],
        [body, { 'x-vapi-agent-token': webhookSecret }],
        [body, { 'x-signature': headers['x-signature'] }],
        [body, { ...headers, 'x-timestamp': 'now' }],
      ];
      for (const [text, proof] of tries) {
        assert.match(codeOf(await hook(server, slug, text, proof)), /^(unauthorized|rate_limited)$/);
      }
      assert.deepEqual(await bookedCalls(server, slug), []);
    });

    it('are refused when they are more than five minutes old or from the future', async () => {
      const { slug, webhookSecret } = await tenant({ webhookAuth: { kind: 'hmac' } });
      const at = (ms: number) => String(Math.floor((server.clock.now + ms) / 1000));
      const body = report();
      for (const [ms, accepted] of [
        [-299_000, true],
        [299_000, true],
        [-302_000, false],
        [302_000, false],
      ] as const) {
        const { status } = await hook(server, slug, body, signed(webhookSecret, body, at(ms)));
        assert.equal(status === 200, accepted, `${ms} ms`);
      }
    });

    it('change nothing when they are replayed', async () => {
      const { slug, webhookSecret } = await tenant({ webhookAuth: { kind: 'hmac' } });
      const body = report();
      const headers = signed(webhookSecret, body);
      await hook(server, slug, body, headers);
      const usage = async () => (await server.operator('GET', `/v1/tenants/${slug}/usage`)).body.total;
      const once = await usage();
      assert.equal(once.costMicros, 70_000);
      assert.equal((await hook(server, slug, body, headers)).status, 200);
      assert.deepEqual(await usage(), once);
    });

    it('are accepted in every other form of Vapi’s credential', async () => {
      const key = randomBytes(32);
      const { slug } = await tenant({
        webhookSecret: key.toString('base64'),
        webhookAuth: {
          kind: 'hmac',
          algorithm: 'sha512',
          signatureHeader: 'Svix-Signature',
          timestampHeader: 'Svix-Timestamp',
          signaturePrefix: 'v1,',
          encoding: 'base64',
          payloadFormat: '{method} {url} {svix-id}.{timestamp}.{body}',
          secretIsBase64: true,
          messageIdHeader: 'Svix-Id',
        },
      });
      const { webhookUrl } = (await server.operator('GET', `/v1/tenants/${slug}`)).body;
      // A body may contain what looks like a placeholder.
      const body = report(randomUUID(), { summary: 'they said {timestamp} and {url}' });
      const text = `POST ${webhookUrl} msg_1.${seconds()}.${body}`;
      const headers = {
        'svix-id': 'msg_1',
        'svix-timestamp': seconds(),
        'svix-signature': `v1,${hmac(key, text, 'sha512').toString('base64')}`,
      };
      assert.equal((await hook(server, slug, body, headers)).status, 200);
      const { 'svix-id': _id, ...withoutId } = headers;
      assert.notEqual((await hook(server, slug, body, withoutId)).status, 200);
    });

    it('need a format that signs body and time', async () => {
      for (const payloadFormat of ['{body}', '{timestamp}', '{timestamp}.{body}.{svix-id}']) {
        const input = { kind: 'hmac', payloadFormat };
        await assert.rejects(tenant({ webhookAuth: input }), /invalid_request/);
      }
    });

    it('come from the emulator’s credential as they come from Vapi’s', async () => {
      const webhookSecret = `webhook-${randomUUID()}`;
      const network = await startTestNetwork({ server: { engine } });
      const orgId = randomUUID();
      const assistantId = randomUUID();
      network.emulator.addOrg({
        orgId,
        privateKeys: ['private-key-of-signed'],
        publicKeys: [],
        assistants: [
          {
            id: assistantId,
            server: { url: `${network.server.url}/v1/webhooks/vapi/signed`, credentialId: 'cred' },
            serverMessages: ['status-update', 'end-of-call-report'],
          },
        ],
        credentials: [{ id: 'cred', authenticationPlan: { type: 'hmac', secretKey: webhookSecret } }],
      });
      await network.server.createTenant({
        slug: 'signed',
        orgId,
        assistantId,
        privateKey: 'private-key-of-signed',
        webhookSecret,
        webhookAuth: { kind: 'hmac' },
      });
      const { id } = network.emulator.makeCall({ assistantId, seconds: 30 });
      await network.emulator.waitForCall(id, 'settled');
      assert.deepEqual(
        network.emulator.deliveries().map(({ answer }) => answer),
        [200, 200],
      );
      const { body } = await network.server.operator('GET', `/v1/tenants/signed/calls/${id}`);
      assert.ok(body.costMicros > 0);
      await network.close();
    });
  });

  it('accept the old secret beside the new one for a day, and no longer', async () => {
    const { slug, webhookSecret } = await tenant();
    const fresh = `webhook-${randomUUID()}`;
    const { body } = await server.operator('PATCH', `/v1/tenants/${slug}`, { webhookSecret: fresh });
    const day = 86_400_000;
    assert.equal(body.previousWebhookSecretUntil, new Date(server.clock.now + day).toISOString());
    const works = async (secret: string) =>
      (await hook(server, slug, report(), { 'x-vapi-agent-token': secret })).status === 200;
    assert.deepEqual([await works(webhookSecret), await works(fresh)], [true, true]);
    server.clock.now += day;
    assert.deepEqual([await works(webhookSecret), await works(fresh)], [false, true]);
  });

  it('no longer accept the old secret when the operator ends the overlap, at once or later', async () => {
    const { slug, webhookSecret } = await tenant();
    const works = async (secret: string) =>
      (await hook(server, slug, report(), { 'x-vapi-agent-token': secret })).status === 200;
    const [second, third] = [`webhook-${randomUUID()}`, `webhook-${randomUUID()}`];
    const patch = (changes: object) => server.operator('PATCH', `/v1/tenants/${slug}`, changes);
    await patch({ webhookSecret: second });
    assert.equal(await works(webhookSecret), true);
    await patch({ webhookSecretOverlapSeconds: 0 });
    assert.equal(await works(webhookSecret), false);
    await patch({ webhookSecret: third, webhookSecretOverlapSeconds: 0 });
    assert.deepEqual([await works(second), await works(third)], [false, true]);
  });

  it('may be 5 MB large, and no larger', async () => {
    const { slug, webhookSecret } = await tenant();
    const sized = (bytes: number) => {
      const empty = report(randomUUID(), { transcript: '' }).length;
      return report(randomUUID(), { transcript: 'x'.repeat(bytes - empty) });
    };
    const headers = { 'x-vapi-agent-token': webhookSecret };
    assert.equal((await hook(server, slug, sized(5 * 1024 * 1024), headers)).status, 200);
    assert.equal(codeOf(await hook(server, slug, sized(5 * 1024 * 1024 + 1), headers)), 'payload_too_large');
  });

  it('are refused before their body is read', async () => {
    const { slug } = await tenant();
    // Announces 5 MB and sends none: only a server that does not wait for them can answer.
    const { hostname, port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          hostname,
          port,
          method: 'POST',
          path: `/v1/webhooks/vapi/${slug}`,
          headers: { 'content-length': 5_000_000 },
        },
        (response) => {
          resolve(response.statusCode);
          request.destroy();
        },
      );
      request.on('error', reject);
      request.flushHeaders();
    });
    assert.ok(status === 401 || status === 429);
  });

  it('of unknown types and with unknown fields are accepted and counted', async () => {
    const { slug, webhookSecret } = await tenant();
    const headers = { 'x-vapi-agent-token': webhookSecret };
    const series = 'vapi_agent_webhooks_total{type="unknown",result="ok"}';
    const before = await metric(server, series);
    for (const body of [
      otherMessage('something-of-next-year', { field: { of: ['next', 'year'] } }),
      JSON.stringify({ message: { type: 'call.something', call: { id: 7 } }, more: true }),
    ]) {
      assert.deepEqual((await hook(server, slug, body, headers)).body, {});
    }
    assert.equal((await metric(server, series)) - before, 2);
    const known = 'vapi_agent_webhooks_total{type="end-of-call-report",result="ok"}';
    const reports = await metric(server, known);
    await hook(server, slug, report(randomUUID(), { fieldOfNextYear: [1] }), headers);
    assert.equal((await metric(server, known)) - reports, 1);
    const unreadable = report('not-a-uuid');
    assert.equal((await hook(server, slug, unreadable, headers)).status, 200);
    assert.equal(await metric(server, known.replace('"ok"', '"unreadable"')), 1);
    assert.equal(codeOf(await hook(server, slug, '{"message":', headers)), 'invalid_request');
  });

  it('are counted for the operator only', async () => {
    assert.equal((await server.request('GET', '/metrics')).status, 401);
    const { slug } = await tenant();
    const made = await server.operator('POST', '/v1/keys', {
      name: 'client',
      tenant: slug,
      scopes: ['read'],
    });
    const headers = { authorization: `Bearer ${made.body.key}` };
    assert.equal((await server.request('GET', '/metrics', { headers })).status, 404);
    const { status, text } = await server.operator('GET', '/metrics');
    assert.equal(status, 200);
    assert.match(text, /^vapi_agent_outbox_pending 0$/m);
    assert.match(text, /^process_cpu_seconds_total /m);
    assert.ok((await metric(server, 'vapi_agent_booked_micros')) > 0);
    assert.doesNotMatch(text, new RegExp(slug));
    await server.request('POST', '/v1/calls', { body: { session: 'forged' } });
    assert.equal(await metric(server, 'vapi_agent_grants_total{result="unauthorized"}'), 1);
  });
}
