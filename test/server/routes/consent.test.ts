/** The consent that a tenant requires reaches its pages as it was written, and only well-formed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestNetwork } from '../../support/test-network.ts';
import { codeOf, pageOrigin, startTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
  await server.createTenant();
});
after(() => server?.close());

const settings = async () => {
  const answer = await server.request('GET', '/v1/widget/acme', { headers: { origin: pageOrigin } });
  assert.equal(answer.status, 200);
  return answer.body;
};
const change = (consent: unknown) => server.operator('PATCH', '/v1/tenants/acme', { consent });

test('a tenant requires nothing by default, and pages get none', async () => {
  assert.equal((await server.operator('GET', '/v1/tenants/acme')).body.consent, null);
  assert.equal('consent' in (await settings()), false);
});

test('what the operator writes is what the page gets; null removes it', async () => {
  const consent = {
    version: '2026-11',
    text: 'We record.\nFor thirty days.',
    linkUrl: 'https://acme.example/p',
  };
  const answer = await change(consent);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body.consent, consent);
  assert.deepEqual((await settings()).consent, consent);
  await server.operator('PATCH', '/v1/tenants/acme', { name: 'Another name' });
  assert.deepEqual((await settings()).consent, consent, 'other changes leave it alone');
  assert.equal((await change(null)).body.consent, null);
  assert.equal('consent' in (await settings()), false);
});

test('a consent without a version or a text, or with a link that is not https, is refused', async () => {
  const good = { version: '1', text: 'We record.' };
  for (const bad of [
    { ...good, version: ' ' },
    { ...good, text: '' },
    { ...good, linkUrl: 'javascript:alert(1)' },
    { ...good, linkUrl: 'http://acme.example' },
    { ...good, more: 1 },
    { text: 'We record.' },
  ]) {
    const answer = await change(bad);
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'invalid_request'], JSON.stringify(bad));
  }
});

test('where it is required, no call and no conversation begins without the current version, and the answer says what to do', async () => {
  const network = await startTestNetwork({
    tenant: { modes: ['voice', 'chat'], consent: { version: '2', text: 'We record.' } },
  });
  try {
    const { visitor, session, emulator } = network;
    for (const consent of [undefined, '1']) {
      const began = { session: await session('acme'), ...(consent ? { consent } : {}) };
      const call = await visitor('/v1/calls', began);
      const chat = await visitor('/v1/chats', { ...began, message: 'Hello' });
      for (const answer of [call, chat]) {
        assert.deepEqual([answer.status, codeOf(answer)], [403, 'call_denied']);
        assert.match(answer.body.detail, /Reload the page/);
        assert.deepEqual(answer.body.errors, [
          { path: 'consent', message: 'must be the version of the tenant\'s consent, "2"' },
        ]);
      }
    }
    assert.equal(emulator.calls().length, 0);
    // A refusal uses nothing up.
    const refused = await session('acme');
    assert.equal((await visitor('/v1/calls', { session: refused })).status, 403);
    assert.equal((await visitor('/v1/calls', { session: refused, consent: '2' })).status, 201);
  } finally {
    await network.close();
  }
});

test('the version and the time are kept with the call and every message, also when what was said is deleted', async () => {
  const network = await startTestNetwork({
    tenant: { modes: ['voice', 'chat'], consent: { version: '2', text: 'We record.' } },
  });
  try {
    const { visitor, session, emulator, server: own } = network;
    const at = new Date(own.clock.now).toISOString();
    const { callId } = (await visitor('/v1/calls', { session: await session('acme'), consent: '2' })).body;
    emulator.endCall(callId);
    await emulator.waitForCall(callId, 'settled');
    const path = `/v1/tenants/acme/calls/${callId}`;
    assert.deepEqual((await own.operator('GET', path)).body.consent, { version: '2', at });
    const { key } = (
      await own.operator('POST', '/v1/keys', { name: 'client', tenant: 'acme', scopes: ['read'] })
    ).body;
    const headers = { authorization: `Bearer ${key}` };
    assert.deepEqual((await own.request('GET', path, { headers })).body.consent, { version: '2', at });
    await own.operator('DELETE', `${path}/content`, { of: 'call' });
    assert.deepEqual((await own.operator('GET', path)).body.consent, { version: '2', at });

    const first = await visitor('/v1/chats', {
      session: await session('acme'),
      consent: '2',
      message: 'Hello',
    });
    const chat = /"chat":"([^"]+)"/.exec(first.text)?.[1];
    assert.equal((await visitor('/v1/chats', { chat, message: 'And more' })).status, 200);
    await own.ctx.backgroundDone();
    const { calls } = (await own.operator('GET', '/v1/tenants/acme/calls?type=chat')).body;
    assert.equal(calls.length, 2);
    for (const { id } of calls) {
      assert.equal((await own.operator('GET', `/v1/tenants/acme/calls/${id}`)).body.consent.version, '2');
    }
  } finally {
    await network.close();
  }
});

test('where nothing is required nothing is stored, whatever a browser sends', async () => {
  const network = await startTestNetwork();
  try {
    const { visitor, session, server: own } = network;
    const { callId } = (await visitor('/v1/calls', { session: await session('acme'), consent: '7' })).body;
    assert.equal((await own.operator('GET', `/v1/tenants/acme/calls/${callId}`)).body.consent, null);
  } finally {
    await network.close();
  }
});
