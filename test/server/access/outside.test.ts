/** What someone else names is fetched only from the public internet, recordings included. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { postHook } from '../../../server/access/notices/hooks.ts';
import { isOutside, lookupOutside, outsideProblem, postOutside } from '../../../server/base/outside.ts';
import type { Context } from '../../../server/context.ts';
import { postMessage } from '../../../server/metering/forwarding.ts';
import { serve } from '../../support/listen.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { slowed } from '../../support/until.ts';

const inEarnest = { allowLoopback: false };
const forTests = { allowLoopback: true };

describe('an address', () => {
  const outside = [
    '8.8.8.8',
    '100.128.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
  ];
  const inside = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
    ...['192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:10.0.0.1'],
    ...['::ffff:a9fe:a9fe', '64:ff9b::a00:1', '2002:a00:1::', 'fc00::1', 'fd12::1', 'fe80::1', 'ff02::1'],
    // IPv4 within IPv6: compatible, translated, NAT64, 6to4, Teredo.
    ...['::10.0.0.1', '::a9fe:a9fe', '::ffff:0:10.0.0.1', '64:ff9b:1::a00:1', '2001:0:a00:1::', '100::1'],
    ...['4000::1', 'fec0::1', '5f00::1', '3fff::1', '2001:db8::1'],
    ...['localhost', ''],
  ];
  for (const address of outside)
    it(`${address} is on the public internet`, () => {
      assert.equal(isOutside(address, inEarnest), true);
    });
  for (const address of inside)
    it(`${address || 'nothing'} is not`, () => {
      assert.equal(isOutside(address, inEarnest), false);
    });
  it('of this machine is allowed for tests, and no other', () => {
    assert.deepEqual(
      ['127.0.0.1', '::1', '10.0.0.1'].map((address) => isOutside(address, forTests)),
      [true, true, false],
    );
  });
});

describe('a URL', () => {
  const refused = [
    ...['http://storage.example/a', 'ftp://storage.example/a', 'file:///etc/passwd', 'nonsense'],
    ...['https://user:pass@storage.example/', 'https://10.0.0.1/', 'https://[fd00::1]/', 'https://0x7f.1/'],
    ...[
      'https://localhost/',
      'https://a.localhost./',
      'https://[::ffff:0:a00:1]/',
      'https://2130706433/',
      'http://169.254.169.254/',
    ],
  ];
  for (const url of refused)
    it(`${url} is not requested`, () => {
      assert.notEqual(outsideProblem(url, inEarnest), null);
    });
  it('with https and a name may be requested', () => {
    assert.equal(outsideProblem('https://storage.example/a.wav?x=1', inEarnest), null);
  });
  it('whose name resolves to this machine is not connected to', async () => {
    const resolve = promisify(lookupOutside(inEarnest));
    for (const all of [true, false]) {
      await assert.rejects(resolve('localhost', { all }), /not on the public internet/);
    }
    assert.match(String(await promisify(lookupOutside(forTests))('localhost', {})), /^(127\.|::1)/);
  });
});

describe('a request posted to an address that someone has named', () => {
  // From each test's beginning: other files run between this line and the first of them.
  const signal = () => AbortSignal.timeout(slowed(60_000));
  const hook = { secret: 'whsec_AAAA', id: 'evt_1', body: {}, timeoutMs: 60_000, nowMs: 0 };

  it('arrives with its body, and its answer is returned, even one without a body', async (t) => {
    const url = await serve(t, (request, response) => {
      if (request.url === '/nothing') response.writeHead(204).end();
      else request.pipe(response.writeHead(201, { 'content-type': 'text/x-echo' }));
    });
    const sent = { headers: { 'x-their-key': 'k' }, body: 'é', signal: signal() };
    const answer = await postOutside(url, forTests, sent);
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), await answer.text()],
      [201, 'text/x-echo', 'é'],
    );
    assert.equal((await postOutside(`${url}/nothing`, forTests, sent)).status, 204);
  });

  it('does not follow a redirect', async (t) => {
    let asked = 0;
    const url = await serve(t, (_request, response) => {
      asked += 1;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    assert.equal((await postOutside(url, forTests, { headers: {}, body: '', signal: signal() })).status, 307);
    await assert.rejects(postHook({ ...hook, url, outside: forTests }), /answered 307/);
    assert.equal(asked, 2);
  });

  for (const url of [
    'https://127.0.0.1/',
    'https://[::10.0.0.1]/',
    'https://localhost/',
    'http://hooks.example/',
  ])
    it(`is not posted to ${url}, by a hook or by forwarding`, async () => {
      const ctx = { config: { vapiBaseUrl: 'https://api.vapi.ai' } } as Context;
      const target = { url, headers: {}, timeoutSeconds: 20, retried: false };
      const message = { headers: {}, body: Buffer.alloc(0) };
      await assert.rejects(postHook({ ...hook, url, outside: inEarnest }), /the address is no/);
      const forwarded = postMessage(
        { ...ctx, installationIds: [] } as unknown as Context,
        target,
        message,
        60_000,
      );
      await assert.rejects(forwarded, /the address is no/);
    });
});

describe('a recording', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork();
  });
  after(() => network?.close());

  /** Of a call whose recording exists according to Vapi. */
  async function recordingAt(recordingRedirect: string) {
    const { emulator, acme, server } = network;
    const { id } = emulator.makeCall({ assistantId: acme.assistantId, seconds: 30, recordingRedirect });
    await emulator.waitForCall(id, 'settled');
    return server.operator('GET', `/v1/tenants/acme/calls/${id}/recording`);
  }

  it('is passed on as sound from where Vapi redirects to', async (t) => {
    const url = await serve(t, (_request, response) =>
      response.writeHead(200, { 'content-type': 'audio/wav' }).end('sound'),
    );
    const answer = await recordingAt(`${url}/a.wav`);
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), answer.text],
      [200, 'audio/wav', 'sound'],
    );
  });

  for (const location of [
    'http://169.254.169.254/latest/meta-data/iam',
    'https://10.0.0.1/',
    'https://[fd00::1]/',
    'file:///etc/passwd',
    'http://storage.example/plain',
    'https://[',
  ]) {
    it(`to which Vapi redirects at ${location} is not fetched from there`, async () => {
      const answer = await recordingAt(location);
      assert.deepEqual([answer.status, codeOf(answer)], [503, 'vapi_unavailable']);
    });
  }

  it('whose redirect leads to a forbidden address is not fetched from there, although it would answer', async (t) => {
    let asked = 0;
    const internal = await serve(t, (_request, response) => {
      asked += 1;
      response.end('iam-credentials');
    });
    const location = internal.replace('http://', 'http://user:pass@');
    assert.equal(codeOf(await recordingAt(location)), 'vapi_unavailable');
    assert.equal(asked, 0);
  });

  it('whose storage redirects again is given up: one redirect is followed, and that is Vapi’s', async (t) => {
    let asked = 0;
    const url = await serve(t, (_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    assert.equal(codeOf(await recordingAt(url)), 'vapi_unavailable');
    assert.equal(asked, 1);
  });
});
