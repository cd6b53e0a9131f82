/** The kill switch: live calls end, issued permissions become invalid, and it can be undone. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { KeyGrant, ProxyGrant } from '../../../server/contract.ts';
import { sumReserved } from '../../support/ledger.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';

for (const engine of testDatabases()) {
  describe(`a pause, on ${engine.name}`, () => {
    let network: TestNetwork;
    before(async () => {
      network = await startTestNetwork({
        server: { engine },
        emulator: { joinTimeoutMs: 3_600_000 },
        tenant: { limits: { callsPerMinutePerIp: 50 } },
      });
    });
    after(() => network?.close());

    const operate = (slug: string, verb: 'pause' | 'resume') =>
      network.server.operator('POST', `/v1/tenants/${slug}/${verb}`);

    it('ends the calls in progress and refuses everything new, until it is undone', async () => {
      const { visitor, session, emulator } = network;
      const kept = await session('acme');
      const grants: ProxyGrant[] = [];
      for (let call = 0; call < 3; call += 1) {
        grants.push((await visitor('/v1/calls', { session: await session('acme') })).body);
      }
      const paused = await operate('acme', 'pause');
      assert.equal(paused.body.status, 'paused');
      assert.deepEqual(paused.body.calls, { ended: 3, failed: 0 });
      for (const { callId } of grants) {
        assert.equal((await emulator.waitForCall(callId, 'ended')).status, 'ended');
      }
      assert.equal(codeOf(await visitor('/v1/sessions', { tenant: 'acme' })), 'tenant_paused');
      assert.equal(codeOf(await visitor('/v1/calls', { session: kept })), 'tenant_paused');
      assert.equal((await operate('acme', 'resume')).body.status, 'active');
      assert.equal(codeOf(await visitor('/v1/calls', { session: kept })), 'tenant_paused');
      assert.equal((await visitor('/v1/calls', { session: await session('acme') })).status, 201);
    });

    it('reports a call that could not be ended', async () => {
      const tenant = await network.addTenant('unreachable');
      const { visitor, session, emulator } = network;
      await visitor('/v1/calls', { session: await session('unreachable') });
      emulator.setSwitch('failEverythingWith', 500);
      const paused = await operate(tenant.slug, 'pause');
      emulator.setSwitch('failEverythingWith', 0);
      assert.equal(paused.status, 200);
      assert.deepEqual(paused.body.calls, { ended: 0, failed: 1 });
    });

    for (const undone of [false, true]) {
      it(`ends a call that begins with a scoped key from before it${undone ? ', also once it is undone' : ''}`, async () => {
        const slug = undone ? 'scoped-again' : 'scoped';
        await network.addTenant(slug, { accessMode: 'scoped-key' });
        const { visitor, session, emulator } = network;
        const grant: KeyGrant = (await visitor('/v1/calls', { session: await session(slug) })).body;
        await operate(slug, 'pause');
        if (undone) await operate(slug, 'resume');
        // What the leaked key can still do at Vapi: begin the call. Its first status update reveals it.
        const { assistantId, assistantOverrides } = grant;
        const { id } = emulator.makeCall({ assistantId, assistantOverrides, seconds: 0, live: true });
        const ended = await emulator.waitForCall(id, 'ended');
        assert.equal(ended.endedReason, 'assistant-ended-call');
      });
    }

    for (const [verb, what] of [
      ['POST', 'pause'],
      ['DELETE', 'deletion'],
    ] as const) {
      for (const accessMode of ['proxy', 'scoped-key'] as const) {
        it(`or a ${what} while a call is being granted: it is refused, and what was created is ended (${accessMode})`, async (t) => {
          const slug = `meanwhile-${what}-${accessMode}`;
          // The operator's own server is asked between the reservation and the creation.
          const meanwhile = createServer(async (_request, response) => {
            await network.server.operator(verb, `/v1/tenants/${slug}${verb === 'POST' ? '/pause' : ''}`);
            response.end('{"allow":true}');
          });
          await new Promise<void>((resolve) => meanwhile.listen(0, '127.0.0.1', resolve));
          t.after(() => meanwhile.close());
          const url = `http://127.0.0.1:${(meanwhile.address() as AddressInfo).port}/`;
          const { orgId } = await network.addTenant(slug, {
            accessMode,
            beforeCall: { url, whenUnavailable: 'deny' },
          });
          const { visitor, session, emulator, server } = network;
          const refused = await visitor('/v1/calls', { session: await session(slug) });
          assert.equal(codeOf(refused), 'tenant_paused', refused.text);
          const created = emulator.calls().filter((call) => call.orgId === orgId);
          if (accessMode === 'proxy') {
            assert.equal(created.length, 1);
            const ended = await emulator.waitForCall(created[0]?.id ?? '', 'ended');
            assert.equal(ended.endedReason, 'assistant-ended-call');
            const rows = await server.ctx.store.selectFrom('calls').select('id').execute();
            assert.ok(
              rows.some(({ id }) => id === ended.id),
              'it is in the ledger, in case it costs something',
            );
          } else
            assert.deepEqual(
              [created, await sumReserved(server.ctx.store, slug)],
              [[], { count: 0, micros: 0 }],
            );
        });
      }
    }

    it('contacts only Vapi, whatever address a webhook names, and still ends the call at Vapi’s own', async (t) => {
      const { webhookSecret, assistantId } = await network.addTenant('forged', {}, { serverMessages: [] });
      let asked = 0;
      const internal = createServer((_request, response) => {
        asked += 1;
        response.end('{}');
      });
      await new Promise<void>((resolve) => internal.listen(0, '127.0.0.1', resolve));
      t.after(() => internal.close());
      const { emulator, server } = network;
      const call = emulator.makeCall({ assistantId, seconds: 0, live: true, webhooks: false });
      const forged = `http://127.0.0.1:${(internal.address() as AddressInfo).port}/admin/shutdown`;
      for (const controlUrl of [forged, call.controlUrl]) {
        const message = {
          type: 'status-update',
          status: 'in-progress',
          call: { id: call.id, assistantId, monitor: { controlUrl } },
        };
        const headers = { 'x-vapi-agent-token': webhookSecret };
        await server.request('POST', '/v1/webhooks/vapi/forged', { headers, body: { message } });
      }
      assert.deepEqual((await operate('forged', 'pause')).body.calls, { ended: 1, failed: 0 });
      assert.equal((await emulator.waitForCall(call.id, 'ended')).endedReason, 'assistant-ended-call');
      assert.equal(asked, 0);
    });

    it('does not end a call that was granted after it', async () => {
      const slug = 'scoped-fresh';
      await network.addTenant(slug, { accessMode: 'scoped-key' });
      const { visitor, session, emulator, server } = network;
      await operate(slug, 'pause');
      await operate(slug, 'resume');
      const grant: KeyGrant = (await visitor('/v1/calls', { session: await session(slug) })).body;
      const { assistantId, assistantOverrides } = grant;
      const { id } = emulator.makeCall({ assistantId, assistantOverrides, seconds: 0, live: true });
      const delivered = () =>
        emulator.deliveries().some(({ callId, answer }) => callId === id && answer === 200);
      await emulator.waitForAnyCall(() => delivered());
      await server.ctx.backgroundDone();
      assert.equal(emulator.calls().find((call) => call.id === id)?.status, 'in-progress');
    });
  });
}
