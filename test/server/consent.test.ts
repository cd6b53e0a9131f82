/** The consent that a tenant demands reaches its pages as it was written, and only well-formed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codeOf, pageOrigin, startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
  await server.createTenant();
});
after(() => server.close());

const settings = async () => {
  const answer = await server.request('GET', '/v1/widget/acme', { headers: { origin: pageOrigin } });
  assert.equal(answer.status, 200);
  return answer.body;
};
const change = (consent: unknown) => server.operator('PATCH', '/v1/tenants/acme', { consent });

test('a tenant demands nothing by default, and pages are told of none', async () => {
  assert.equal((await server.operator('GET', '/v1/tenants/acme')).body.consent, null);
  assert.equal('consent' in (await settings()), false);
});

test('what the operator writes is what the page gets; null takes it back', async () => {
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
