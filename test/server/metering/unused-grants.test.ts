/** Keys that are handed out and never used must not use up a tenant's budget or concurrency. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CompiledQuery } from 'kysely';
import type { KeyGrant } from '../../../server/contract.ts';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { releaseUnusedGrants, releaseWhenDue } from '../../../server/metering/unused-grants.ts';
import { listKeyGrants } from '../../../server/store/reservations.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';

for (const engine of testDatabases()) describe(`an unused grant, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
  });
  after(() => network?.close());

  /** The budget pays for one call. */
  const limits = { monthlyBudgetMicros: 5_000_000, maxCallSeconds: 600, callsPerMinutePerIp: 100 };
  const client = (slug: string, changes: Record<string, unknown> = {}) =>
    network.addTenant(slug, { accessMode: 'scoped-key', limits, ...changes });
  const ask = async (slug: string) => network.visitor('/v1/calls', { session: await network.session(slug) });
  const grant = async (slug: string): Promise<KeyGrant> => {
    const answer = await ask(slug);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  const later = async (ms: number) => {
    network.server.clock.now += ms;
    await releaseUnusedGrants(network.server.ctx);
  };
  /** A call that the browser makes with the key, its webhooks sent elsewhere. */
  const call = (assistantId: string, metadata: Record<string, string>) =>
    network.emulator.makeCall({
      ...{ assistantId, seconds: 0, live: true, createdAt: new Date(network.server.clock.now).toISOString() },
      assistantOverrides: { metadata, server: { url: 'http://127.0.0.1:9/' } },
    });

  // PostgreSQL chooses by the number of rows.
  if (engine.name === 'SQLite') {
    it('is found through indexes, not by scanning every start', async () => {
      const { store } = network.server.ctx;
      let query: CompiledQuery | undefined;
      const watched = store.withPlugin({
        transformQuery({ node, queryId }) {
          // Its parts come first, then the whole.
          query = store.getExecutor().compileQuery(node, queryId);
          return node;
        },
        transformResult: async ({ result }) => result,
      });
      await listKeyGrants(watched, 1, 2);
      assert.ok(query);
      const { rows } = await store.executeQuery<{ detail: string }>(
        CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]),
      );
      const plan = rows.map(({ detail }) => detail).join('; ');
      assert.match(plan, /reservations_held/);
      assert.match(plan, /SEARCH reservations USING INDEX reservations_key_grants/);
      assert.doesNotMatch(plan, /reservations_call\b|SCAN reservations(;|$)/);
    });
  }

  it('is released as soon as Vapi shows no call of it, with its slot', async () => {
    await client('idle', { limits: { ...limits, concurrentCalls: 1 } });
    await grant('idle');
    await later(60_000);
    assert.equal(codeOf(await ask('idle')), 'concurrency_limit', 'its key may still be used');
    await later(31_000);
    await grant('idle');
  });

  it('of a public key is also released', async () => {
    await client('open', { accessMode: 'public-key' });
    await grant('open');
    assert.equal(codeOf(await ask('open')), 'budget_exhausted');
    await later(91_000);
    await grant('open');
  });

  it('leaves the default budget to other visitors, however many one network requests', async () => {
    await client('asked', { limits: {} });
    for (let minute = 0; minute < 40; minute += 1) {
      await ask('asked');
      await later(60_000);
    }
    await network.server.operator('PATCH', '/v1/tenants/asked', {
      limits: { callsPerHourPerIp: 1000, callsPerDayPerIp: 1000 },
    });
    assert.equal((await ask('asked')).body.maxDurationSeconds, 600);
  });

  it('is not one whose call has begun: that is found at Vapi and stays reserved until its cost is known', async () => {
    const { assistantId } = await client('used');
    const { assistantOverrides } = await grant('used');
    const made = call(assistantId, assistantOverrides.metadata);
    await later(91_000);
    assert.equal(codeOf(await ask('used')), 'budget_exhausted');
    network.emulator.endCall(made.id);
    await network.emulator.waitForCall(made.id, 'settled');
    network.server.clock.now += 16 * 60_000;
    while (await pollNext(network.server.ctx));
    await grant('used');
  });

  it('is not one that an untagged call may belong to', async () => {
    const { assistantId } = await client('untagged');
    await grant('untagged');
    network.server.clock.now += 30_000;
    const made = call(assistantId, {});
    await later(91_000);
    assert.equal(codeOf(await ask('untagged')), 'budget_exhausted');
    network.emulator.endCall(made.id);
    await network.emulator.waitForCall(made.id, 'settled');
    await later(60_000);
    await grant('untagged');
  });

  it('is reserved again when its call appears after all', async () => {
    const { assistantId } = await client('late');
    const { assistantOverrides } = await grant('late');
    await later(91_000);
    call(assistantId, assistantOverrides.metadata);
    // Found with the next unused grant; a sweep would have found it too.
    const [before] = await holds('late');
    assert.equal(before?.state, 'released');
    await grant('late');
    await later(91_000);
    assert.deepEqual(
      (await holds('late')).map(({ state, callId }) => [state, callId !== null]),
      [
        ['held', true],
        ['released', false],
      ],
    );
  });

  it('is looked for once a minute, by one of all processes', async () => {
    await client('shared');
    await grant('shared');
    network.server.clock.now += 91_000;
    await releaseWhenDue(network.server.ctx, 'first');
    assert.equal((await holds('shared'))[0]?.state, 'released');
    await grant('shared');
    network.server.clock.now += 59_000;
    await releaseWhenDue(network.server.ctx, 'second');
    network.server.clock.now += 32_000;
    await releaseWhenDue(network.server.ctx, 'second');
    assert.deepEqual(
      (await holds('shared')).map(({ state }) => state),
      ['released', 'released'],
    );
  });

  async function holds(slug: string) {
    return network.server.ctx.store
      .selectFrom('reservations')
      .innerJoin('tenants', 'tenants.id', 'reservations.tenantId')
      .select(['reservations.state', 'reservations.callId'])
      .where('tenants.slug', '=', slug)
      .orderBy('reservations.createdAt')
      .execute();
  }
}
