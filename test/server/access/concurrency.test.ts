/** Limits that hold under simultaneous requests: decided by the database, not by reading and then writing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { callChannels } from '../../../server/contract.ts';
import { sumReserved } from '../../support/ledger.ts';
import { makePatient } from '../../support/patience.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { type Answer, pageOrigin, startTestServer, type TestServer } from '../../support/test-server.ts';

makePatient();

const plenty = {
  concurrentCalls: 1000,
  callsPerMinutePerIp: 1_000_000,
  callsPerHourPerIp: 1_000_000,
  callsPerDayPerIp: 1_000_000,
  callsPerMinute: 1_000_000,
  callsPerHour: 1_000_000,
  callsPerDay: 1_000_000,
};
const starts = 200;
const admitted = 50;

for (const engine of testDatabases()) {
  describe(`${starts} starts at once, on ${engine.name}`, () => {
    let network: TestNetwork;
    /** SQLite is for one process; on PostgreSQL two servers share the store. */
    let replicas: TestServer[];
    const secretKeys = [Buffer.alloc(32, 3)];

    before(async () => {
      const database = await engine.createMigrated();
      network = await startTestNetwork({
        server: { database, secrets: { secretKeys }, config: { trustProxy: 1 } },
        emulator: { joinTimeoutMs: 3_600_000 },
      });
      replicas = [network.server];
      if (engine.name === 'PostgreSQL') {
        replicas.push(
          await startTestServer({
            database,
            clock: network.server.clock,
            vapiBaseUrl: network.emulator.url,
            secrets: { secretKeys },
            config: { trustProxy: 1 },
          }),
        );
      }
      removeDatabase = database.remove;
    });
    let removeDatabase = async () => {};
    after(async () => {
      // Each is closed even if closing another fails.
      await Promise.all([network.close(), ...replicas.slice(1).map((replica) => replica.close())]);
      await removeDatabase();
    });

    const post = (index: number, path: string, body: object): Promise<Answer> => {
      const server = replicas[index % replicas.length] as TestServer;
      return server.request('POST', path, {
        headers: {
          origin: pageOrigin,
          'content-type': 'text/plain',
          'x-forwarded-for': `10.1.${index >> 8}.${index & 255}`,
        },
        body,
      });
    };

    async function startAll(slug: string, count = starts): Promise<Map<string, number>> {
      const sessions: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const answer = await post(index, '/v1/sessions', { tenant: slug });
        assert.equal(answer.status, 201, answer.text);
        sessions.push(answer.body.session as string);
      }
      const answers = await Promise.all(
        sessions.map((session, index) => post(index, '/v1/calls', { session })),
      );
      return countOutcomes(answers);
    }

    /** If the emulator could not be asked, shows why: the answer does not, the log does. */
    const assertOutcomes = (actual: Map<string, number>, expected: Record<string, number>) => {
      const log = replicas.flatMap((replica) => replica.log);
      const reason = actual.has('vapi_unavailable')
        ? log.find((line) => line.includes('VapiError'))
        : undefined;
      assert.deepEqual({ ...Object.fromEntries(actual), ...(reason && { reason }) }, expected);
    };

    it(`against a budget that pays for exactly ${admitted} admits exactly ${admitted}`, async () => {
      // A call of 60 s at $0.60 a minute holds $0.60; those admitted hold the budget to the micro.
      const limits = {
        ...plenty,
        maxCallSeconds: 60,
        worstCaseMicrosPerMinute: 600_000,
        monthlyBudgetMicros: admitted * 600_000,
      };
      const { orgId, view } = await network.addTenant('budgeted', { limits });
      assertOutcomes(await startAll(view.slug), {
        granted: admitted,
        budget_exhausted: starts - admitted,
      });
      assert.equal(network.emulator.calls().filter((call) => call.orgId === orgId).length, admitted);
      assert.deepEqual(await sumReserved(network.server.ctx.store, view.slug), {
        count: admitted,
        micros: admitted * 600_000,
      });
    });

    it('against a wallet that pays for exactly 100 of 400 admits exactly 100', async () => {
      const limits = { ...plenty, maxCallSeconds: 60, monthlyBudgetMicros: 1_000_000_000_000 };
      const { orgId, view } = await network.addTenant('prepaid', { limits });
      const to = `/v1/tenants/${view.slug}`;
      const rates = [{ channels: callChannels, price: { kind: 'per-minute', perMinuteMicros: 250_000 } }];
      const plan = { name: 'Prepaid', currency: 'eur', rates };
      const entry = { kind: 'top-up', amountCents: 2500, currency: 'eur', reference: 'bank 1' };
      const { server } = network;
      for (const [method, path, body, status] of [
        ['PUT', '/plan', { plan }, 200],
        ['PUT', '/wallet', { on: true }, 200],
        ['POST', '/wallet/entries', entry, 201],
      ] as const) {
        const answer = await server.operator(method, to + path, body);
        assert.equal(answer.status, status, answer.text);
      }
      assertOutcomes(await startAll(view.slug, 400), { granted: 100, balance_empty: 300 });
      assert.equal(network.emulator.calls().filter((call) => call.orgId === orgId).length, 100);
      const wallet = (await server.operator('GET', `${to}/wallet`)).body;
      assert.deepEqual([wallet.balanceMicros, wallet.heldMicros], [25_000_000, 25_000_000]);
      assert.equal(wallet.spendableMicros, 0);
    });

    it(`against ${admitted} concurrent calls admits exactly ${admitted}`, async () => {
      const limits = { ...plenty, concurrentCalls: admitted, monthlyBudgetMicros: 1_000_000_000_000 };
      const { orgId, view } = await network.addTenant('lines', { limits });
      assertOutcomes(await startAll(view.slug), {
        granted: admitted,
        concurrency_limit: starts - admitted,
      });
      assert.equal(network.emulator.calls().filter((call) => call.orgId === orgId).length, admitted);
    });

    it(`against ${admitted} starts a minute admits exactly ${admitted}`, async () => {
      const limits = { ...plenty, callsPerMinute: admitted, monthlyBudgetMicros: 1_000_000_000_000 };
      const { view } = await network.addTenant('paced', { limits, accessMode: 'scoped-key' });
      assertOutcomes(await startAll(view.slug), {
        granted: admitted,
        rate_limited: starts - admitted,
      });
    });

    it('with one session grant one call: 50 at once', async () => {
      const limits = { ...plenty, monthlyBudgetMicros: 1_000_000_000_000 };
      const { orgId, view } = await network.addTenant('replayed', { limits, bindSessionToNetwork: false });
      const { session } = (await post(0, '/v1/sessions', { tenant: view.slug })).body;
      const tries = Array.from({ length: 50 }, (_, index) => post(index, '/v1/calls', { session }));
      assertOutcomes(countOutcomes(await Promise.all(tries)), {
        granted: 1,
        session_used: 49,
      });
      assert.equal(network.emulator.calls().filter((call) => call.orgId === orgId).length, 1);
    });
  });
}

function countOutcomes(answers: Answer[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { status, body } of answers) {
    const outcome = status === 201 ? 'granted' : (body.code as string);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}
