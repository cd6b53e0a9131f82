/** The operator's own server decides before a call is created. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type HookReceiver, hasValidSignature, startHookReceiver } from '../../support/hook-receiver.ts';
import { sumReserved } from '../../support/ledger.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf, pageOrigin } from '../../support/test-server.ts';

const hookSecret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

for (const engine of testDatabases()) {
  describe(`before a call, on ${engine.name}`, () => {
    let network: TestNetwork;
    let receiver: HookReceiver;
    before(async () => {
      receiver = await startHookReceiver();
      network = await startTestNetwork({ server: { engine }, emulator: { joinTimeoutMs: 3_600_000 } });
      for (const whenUnavailable of ['deny', 'allow']) {
        await network.addTenant(whenUnavailable, {
          hookSecret,
          beforeCall: { url: receiver.url, whenUnavailable },
          modes: ['hybrid'],
          allowedVariables: ['plan'],
          limits: { callsPerMinutePerIp: 100, callsPerHourPerIp: 100, concurrentCalls: 100 },
        });
      }
    });
    after(() => Promise.all([network.close(), receiver.close()]));
    beforeEach(() => {
      receiver.hooks.length = 0;
    });

    const start = async (slug: string, variableValues = {}) =>
      network.visitor('/v1/calls', { session: await network.session(slug), variableValues });
    const calls = () => network.emulator.calls().length;
    const held = async (slug: string) => (await sumReserved(network.server.ctx.store, slug)).count;

    /** Nothing may remain of a denied call. */
    async function isDenied(slug: string): Promise<string | undefined> {
      const before = [calls(), await held(slug)];
      const answer = await start(slug);
      assert.equal(codeOf(answer), 'call_denied', answer.text);
      assert.deepEqual([calls(), await held(slug)], before);
      return answer.body.detail;
    }

    it('it is asked with a signed request that names tenant, page, assistant and variables', async () => {
      receiver.answer = { status: 200, body: { allow: true } };
      assert.equal((await start('deny', { plan: 'gold', other: 'x' })).status, 201);
      const [hook] = receiver.hooks;
      assert.ok(hook && hasValidSignature(hook, hookSecret));
      assert.equal(hook.body.type, 'call.before');
      const { session, ...data } = hook.body.data;
      const { assistantId } = (await network.server.operator('GET', '/v1/tenants/deny')).body;
      assert.deepEqual(data, {
        ...{ tenant: 'deny', origin: pageOrigin, assistantId, variableValues: { plan: 'gold' } },
      });
      assert.equal(hook.headers['webhook-id'], session);
    });

    it('it may deny, and its message reaches the visitor', async () => {
      receiver.answer = { status: 200, body: { allow: false, message: 'Members only.' } };
      assert.equal(await isDenied('deny'), 'Members only.');
      assert.equal(await isDenied('allow'), 'Members only.');
    });

    it('it may add variables, including those that a page may not set', async () => {
      receiver.answer = {
        status: 200,
        body: { allow: true, variableValues: { tier: 'vip', plan: 'platinum' } },
      };
      const { callId } = (await start('deny', { plan: 'gold' })).body;
      const call = network.emulator.calls().find(({ id }) => id === callId);
      const overrides = call?.view.assistantOverrides as { variableValues: object };
      assert.deepEqual(overrides.variableValues, { plan: 'platinum', tier: 'vip' });
    });

    it('if it is asked leniently, `allow` may be omitted beside variables', async () => {
      receiver.answer = { status: 200, body: { variableValues: { tier: 'vip' } } };
      const { callId } = (await start('allow')).body;
      const call = network.emulator.calls().find(({ id }) => id === callId);
      const overrides = call?.view.assistantOverrides as { variableValues: object };
      assert.deepEqual(overrides.variableValues, { tier: 'vip' });
    });

    it('a conversation is asked about once, before its first message', async () => {
      receiver.answer = { status: 200, body: { allow: true } };
      const say = (body: object) => network.visitor('/v1/chats', { message: 'Hello', ...body });
      const permissionIn = ({ text }: { text: string }) => /"chat":"([^"]+)"/.exec(text)?.[1];
      const first = await say({ session: await network.session('deny') });
      const second = await say({ chat: permissionIn(first) });
      assert.equal((await say({ chat: permissionIn(second) })).status, 200);
      assert.equal(receiver.hooks.length, 1);
      receiver.answer = { status: 200, body: { allow: false } };
      assert.equal(codeOf(await say({ session: await network.session('deny') })), 'call_denied');
      assert.equal(receiver.hooks.length, 2);
    });

    it('a password in its URL, saved before that was refused, does not get into any log', async () => {
      const { store } = network.server.ctx;
      await network.addTenant('old', { beforeCall: { url: receiver.url, whenUnavailable: 'deny' } });
      const { settings } = await store
        .selectFrom('tenants')
        .select('settings')
        .where('slug', '=', 'old')
        .executeTakeFirstOrThrow();
      const old = settings.replace('http://127', 'http://user:an-old-password@127');
      await store.updateTable('tenants').set({ settings: old }).where('slug', '=', 'old').execute();
      const from = network.server.log.length;
      assert.equal(codeOf(await start('old')), 'call_denied');
      const lines = network.server.log.slice(from).join('');
      assert.match(lines, /names a user or a password/);
      assert.doesNotMatch(lines, /an-old-password/);
    });

    const faults: [string, HookReceiver['answer']][] = [
      ['does not answer within two seconds', null],
      ['answers 500', { status: 500 }],
      ['answers no JSON', { status: 200, body: '<html>' }],
      ['answers another shape', { status: 200, body: { allow: 'perhaps' } }],
      ['answers 204', { status: 204 }],
      ['answers 200 with nothing', { status: 200 }],
      ['answers an empty object', { status: 200, body: {} }],
      ['answers null', { status: 200, body: null }],
      ['answers a list', { status: 200, body: [] }],
      ['misspells a field', { status: 200, body: { allowed: false } }],
      ['misspells one of several fields', { status: 200, body: { allow: true, variables: { tier: 'vip' } } }],
      ['answers 70 kB', { status: 200, body: { message: 'x'.repeat(70_000) } }],
      ['redirects', { status: 302, body: 'http://127.0.0.1:9/' }],
    ];
    for (const [fault, answer] of faults) {
      it(`when it ${fault}, the call is denied or allowed as the tenant says`, async () => {
        receiver.answer = answer;
        assert.equal(await isDenied('deny'), undefined);
        assert.equal((await start('allow')).status, 201);
      });
    }
  });
}
