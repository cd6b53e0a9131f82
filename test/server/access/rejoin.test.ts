/** A call survives a change of page only if its tenant wants that, and no one pays for a visitor who stays away. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { endNextAbandoned } from '../../../server/access/start/left-calls.ts';
import type { ProxyGrant } from '../../../server/contract.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

for (const engine of testDatabases()) {
  describe(`rejoining a call from the next page, on ${engine.name}`, () => {
    let network: TestNetwork;
    before(async () => {
      network = await startTestNetwork({
        server: { engine },
        emulator: { joinTimeoutMs: 3_600_000 },
        tenant: { rejoinCalls: true, limits: { callsPerMinutePerIp: 100, concurrentCalls: 100 } },
      });
      await network.addTenant('strict');
    });
    after(() => network?.close());

    const newCall = async (slug = 'acme'): Promise<ProxyGrant> => {
      const answer = await network.visitor('/v1/calls', { session: await network.session(slug) });
      assert.equal(answer.status, 201, answer.text);
      return answer.body;
    };
    const say = async (verb: 'leave' | 'rejoin', { callId, endToken }: ProxyGrant, page: number) =>
      (await network.visitor(`/v1/calls/${callId}/${verb}`, { token: endToken, page })).status;
    const statusAtVapi = async ({ callId }: ProxyGrant) => {
      const answer = await fetch(`${network.emulator.url}/call/${callId}`, {
        headers: { authorization: `Bearer ${network.acme.privateKey}` },
      });
      return ((await answer.json()) as { status: string }).status;
    };
    const endAbandoned = async () => {
      let ended = 0;
      while (await endNextAbandoned(network.server.ctx)) ended += 1;
      return ended;
    };
    const pass = (seconds: number) => {
      network.server.clock.now += seconds * 1000;
    };

    it('a visitor who returns in time keeps the call', async () => {
      const grant = await newCall();
      assert.equal(grant.rejoinWithinSeconds, 30);
      assert.equal(await say('leave', grant, 0), 204);
      pass(29);
      assert.equal(await say('rejoin', grant, 1), 204);
      pass(60);
      assert.equal(await endAbandoned(), 0);
      assert.notEqual(await statusAtVapi(grant), 'ended');
    });

    it('a visitor who does not return has the call ended at Vapi, once, and cannot rejoin it', async () => {
      const grant = await newCall();
      await say('leave', grant, 0);
      pass(29);
      assert.equal(await endAbandoned(), 0);
      pass(2);
      // The running server's worker may be faster than this test; only the end counts.
      await endAbandoned();
      await until(async () => (await statusAtVapi(grant)) === 'ended', 'the end at Vapi');
      assert.equal(await say('rejoin', grant, 1), 404);
      pass(600);
      assert.equal(await endAbandoned(), 0);
    });

    it('leaving repeatedly gains no time', async () => {
      const grant = await newCall();
      await say('leave', grant, 0);
      pass(20);
      await say('leave', grant, 0);
      await say('leave', grant, 0);
      pass(11);
      await endAbandoned();
      await until(async () => (await statusAtVapi(grant)) === 'ended', 'the end at Vapi');
    });

    it('a page’s last message that arrives after the next page’s first does not end the call', async () => {
      const grant = await newCall();
      assert.equal(await say('rejoin', grant, 1), 204);
      assert.equal(await say('leave', grant, 0), 204);
      pass(120);
      assert.equal(await endAbandoned(), 0);
      assert.notEqual(await statusAtVapi(grant), 'ended');
    });

    it('a page that is left before its first message has arrived never gets the call', async () => {
      const grant = await newCall();
      await say('leave', grant, 0);
      pass(20);
      assert.equal(await say('leave', grant, 1), 204);
      assert.equal(await say('rejoin', grant, 1), 404);
      pass(11);
      await endAbandoned();
      await until(async () => (await statusAtVapi(grant)) === 'ended', 'the end at Vapi');
    });

    it('of two pages that return at the same time, one gets the call', async () => {
      const grant = await newCall();
      await say('leave', grant, 0);
      const answers = await Promise.all([1, 1, 1, 1].map((page) => say('rejoin', grant, page)));
      assert.deepEqual(answers.sort(), [204, 404, 404, 404]);
    });

    it('a call that cannot be ended at once is tried again, and is not given back meanwhile', async () => {
      const grant = await newCall();
      await say('leave', grant, 0);
      network.emulator.setSwitch('failEverythingWith', 500);
      pass(31);
      await endAbandoned();
      await until(
        () => network.server.log.some((line) => line.includes('abandoned call could not be ended')),
        'the failed attempt',
      );
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal(await say('rejoin', grant, 1), 404);
      pass(6);
      await endAbandoned();
      await until(async () => (await statusAtVapi(grant)) === 'ended', 'the end at Vapi');
    });

    it('a call that is over cannot be rejoined', async () => {
      const grant = await newCall();
      network.emulator.endCall(grant.callId);
      await network.emulator.waitForCall(grant.callId, 'settled');
      assert.equal(await say('rejoin', grant, 1), 404);
    });

    it('if the tenant does not want it, leaving ends the call', async () => {
      const grant = await newCall('strict');
      assert.equal(grant.rejoinWithinSeconds, undefined);
      assert.equal(await say('rejoin', grant, 1), 404);
      assert.equal(await say('leave', grant, 0), 204);
      assert.equal((await network.emulator.waitForCall(grant.callId, 'ended')).status, 'ended');
    });

    it('a token of another call, a made-up one and a malformed request are refused', async () => {
      const [grant, other] = [await newCall(), await newCall()];
      for (const verb of ['leave', 'rejoin']) {
        const path = `/v1/calls/${grant.callId}/${verb}`;
        for (const token of [other.endToken, 'x.y.z', grant.endToken.slice(0, -2)]) {
          assert.equal(codeOf(await network.visitor(path, { token, page: 1 })), 'unauthorized');
        }
        for (const body of [{ token: grant.endToken }, { token: grant.endToken, page: -1 }, { page: 1 }]) {
          assert.equal(codeOf(await network.visitor(path, body)), 'invalid_request');
        }
      }
    });
  });
}
