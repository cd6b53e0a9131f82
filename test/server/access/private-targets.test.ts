/**
 * `ALLOW_PRIVATE_TARGETS` lets hooks, notices and forwarding reach the servers that it lists in a private network, and
 * nothing else there. Names resolve as the tests say; the servers are on this machine, which counts as private here because
 * Vapi seems not to be on it.
 */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { privateTargetProblem } from '../../../server/base/private-targets.ts';
import { freePort } from '../../support/free-port.ts';
import { type HookReceiver, startHookReceiver } from '../../support/hook-receiver.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';
import { hook, type OwnServer, report, startOwnServer, toolCalls } from '../metering/webhooks/support.ts';

/** What a name resolves to. */
const names = new Map<string, string>();
const realLookup = dns.lookup;

function lookup(name: string, options: { all?: boolean }, done: (...answer: unknown[]) => void): void {
  const address = names.get(name);
  if (address === undefined) {
    (realLookup as unknown as typeof lookup)(name, options, done);
    return;
  }
  const family = isIP(address);
  if (options.all) done(null, [{ address, family }]);
  else done(null, address, family);
}

describe('a server in a private network', () => {
  let network: TestNetwork;
  let receiver: HookReceiver;
  let own: OwnServer;
  const start = async (privateTargets: string[]) => {
    const port = await freePort();
    network = await startTestNetwork({
      emulator: { port },
      // The same machine, by an address that does not look like it.
      server: { vapiBaseUrl: `http://0.0.0.0:${port}`, config: { privateTargets } },
    });
  };
  before(async () => {
    dns.lookup = lookup as unknown as typeof dns.lookup;
    syncBuiltinESMExports();
    receiver = await startHookReceiver();
    own = await startOwnServer();
  });
  after(async () => {
    dns.lookup = realLookup;
    syncBuiltinESMExports();
    await Promise.all([receiver.close(), own.close()]);
  });
  afterEach(async () => {
    names.clear();
    receiver.hooks.length = 0;
    receiver.answer = { status: 200 };
    own.received.length = 0;
    await network.close();
  });

  /** The address of a server of this machine by another name. */
  const at = (host: string, url: string) => url.replace('127.0.0.1', host);
  const change = (changes: object) => network.server.operator('PATCH', '/v1/tenants/acme', changes);
  const beforeCall = (host: string) => ({
    beforeCall: { url: at(host, receiver.url), whenUnavailable: 'deny' },
  });
  const startCall = async () => network.visitor('/v1/calls', { session: await network.session('acme') });
  const proof = () => ({ 'x-vapi-agent-token': network.acme.webhookSecret });
  const sendTool = () => hook(network.server, 'acme', toolCalls(), proof());

  it('is refused by default, in each setting that names one', async () => {
    await start([]);
    for (const host of ['n8n', '127.0.0.1', 'localhost', '10.1.2.3']) {
      const answer = await change({
        ...beforeCall(host),
        alerts: { url: at(host, receiver.url) },
        webhookForwardUrl: at(host, own.url),
      });
      assert.deepEqual(
        answer.body.errors.map(({ path }: { path: string }) => path),
        ['beforeCall.url', 'alerts.url', 'webhookForwardUrl'],
        host,
      );
      assert.match(answer.text, /ALLOW_PRIVATE_TARGETS/);
    }
  });

  it('is not reached by a name that resolves to it', async () => {
    await start([]);
    names.set('hooks.example', '127.0.0.1');
    const saved = await change({
      beforeCall: { url: 'https://hooks.example/', whenUnavailable: 'deny' },
      webhookForwardUrl: 'https://hooks.example/',
    });
    assert.equal(saved.status, 200, saved.text);
    assert.equal(codeOf(await startCall()), 'call_denied');
    assert.equal(codeOf(await sendTool()), 'forward_failed');
  });

  for (const [listed, host] of [
    ['n8n', 'n8n'],
    ['127.0.0.0/8', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
  ] as const)
    it(`is reached at ${host} by hooks, notices and forwarding if ${listed} is listed`, async () => {
      await start([listed]);
      names.set('n8n', '127.0.0.1');
      const saved = await change({
        ...beforeCall(host),
        alerts: { url: at(host, receiver.url) },
        webhookForwardUrl: at(host, own.url),
      });
      assert.equal(saved.status, 200, saved.text);
      receiver.answer = { status: 200, body: { allow: false, message: 'Members only.' } };
      assert.equal((await startCall()).body.detail, 'Members only.');
      assert.equal((await sendTool()).status, 200);
      await change({ limits: { monthlyBudgetMicros: 10_000 } });
      assert.equal((await hook(network.server, 'acme', report(), proof())).status, 200);
      await until(() => receiver.hooks.some(({ body }) => body.type === 'tenant.budget-100'), 'the notice');
    });

  it('that is not listed is not reached by a redirect of one that is', async () => {
    await start(['n8n']);
    names.set('n8n', '127.0.0.1').set('crm', '127.0.0.1');
    await change({ ...beforeCall('n8n'), webhookForwardUrl: at('n8n', own.url) });
    receiver.answer = { status: 302, body: at('crm', own.url) };
    assert.equal(codeOf(await startCall()), 'call_denied');
    assert.deepEqual([receiver.hooks.length, own.received.length], [1, 0]);
  });

  it('is not reached by a listed network’s neighbor, or by a listed name that now resolves to metadata', async () => {
    await start(['n8n', '10.0.0.0/8', '100.64.0.0/10', 'fd00::/8']);
    await change({ ...beforeCall('n8n'), limits: { callsPerMinutePerIp: 100 } });
    for (const address of [
      ...['169.254.169.254', '100.100.100.200', 'fd00:ec2::254', '168.63.129.16', 'fe80::1', '0.0.0.0'],
      ...['::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe'],
    ]) {
      names.set('n8n', address);
      network.server.log.length = 0;
      assert.equal(codeOf(await startCall()), 'call_denied', address);
      assert.match(network.server.log.join(''), /not on the public internet/, address);
    }
    names.set('other.example', '127.0.0.1');
    await change({ beforeCall: { url: 'https://other.example/', whenUnavailable: 'deny' } });
    assert.equal(codeOf(await startCall()), 'call_denied');
    assert.match(network.server.log.join(''), /not on the public internet/);
  });

  it('that an assistant at Vapi names is reached only after the operator has entered it', async () => {
    await start(['n8n']);
    const named = 'https://n8n/vapi';
    names.set('n8n', '127.0.0.1');
    const { assistantId, privateKey } = network.acme;
    await fetch(`${network.emulator.url}/assistant/${assistantId}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ server: { url: named } }),
    });
    const wired = await network.server.operator('POST', '/v1/tenants/acme/wire', {});
    assert.equal(wired.status, 200, wired.text);
    assert.equal(wired.body.assistants[0].forwardUrl, named);
    const problem = async () => {
      network.server.log.length = 0;
      assert.equal(codeOf(await sendTool()), 'forward_failed');
      return /not on the public internet/.test(network.server.log.join(''));
    };
    assert.equal(await problem(), true);
    // What it had is kept: the operator has only said that it is meant.
    assert.equal((await change({ webhookForwardUrl: named })).status, 200);
    assert.equal(await problem(), false);
  });

  it('is not where a recording is fetched from, although it is listed', async () => {
    await start(['127.0.0.0/8', 'localhost']);
    const { emulator, acme, server } = network;
    const recordingRedirect = at('localhost', own.url);
    const { id } = emulator.makeCall({ assistantId: acme.assistantId, seconds: 30, recordingRedirect });
    await emulator.waitForCall(id, 'settled');
    const answer = await server.operator('GET', `/v1/tenants/acme/calls/${id}/recording`);
    assert.equal(codeOf(answer), 'vapi_unavailable');
    assert.equal(own.received.length, 0);
  });
});

describe('an entry of ALLOW_PRIVATE_TARGETS', () => {
  for (const entry of [
    ...['n8n', 'n8n_main', 'hooks.agency.internal', '10.0.0.5', '10.0.0.0/8', '172.18.0.0/16', '127.0.0.1'],
    ...['fd12:3456::/32', '::1', '100.64.0.0/10'],
  ])
    it(`may be ${entry}`, () => assert.equal(privateTargetProblem(entry), null));
  for (const entry of [
    ...['169.254.169.254', '169.254.0.0/16', '::ffff:169.254.169.254', 'fe80::/10', 'fd00:ec2::254'],
    ...['fd20:ce::254/128', '100.100.100.200'],
  ])
    it(`is never ${entry}: a cloud hands out credentials there`, () => {
      assert.match(privateTargetProblem(entry) ?? '', /link-local or metadata/);
    });
  for (const entry of [
    ...['0.0.0.0/0', '::/0', '10.0.0.0/1', '172.0.0.0/8', '8.8.8.8', '2000::/3', 'fc00::/6', '168.63.129.16'],
    ...[
      '10.0.0.0/33',
      '10.0.0.0/8/8',
      '10.0.0.0/x',
      '127.1',
      '0x7f000001',
      'n8n:5678',
      'http://n8n',
      '*.n8n',
      'a b',
    ],
  ])
    it(`is not ${entry}`, () => assert.notEqual(privateTargetProblem(entry), null));
});
