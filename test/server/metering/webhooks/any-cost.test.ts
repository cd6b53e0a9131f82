/** Anyone who knows a tenant's webhook secret may report anything: it must stay readable and must not affect others. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { AmountTooLarge } from '../../../../server/base/money.ts';
import { pollNext } from '../../../../server/metering/reconciler.ts';
import { addUsage } from '../../../../server/store/usage.ts';
import { startEmptyVapi } from '../../../support/empty-vapi.ts';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { startTestServer, type TestServer, tenantInput } from '../../../support/test-server.ts';

const webhookSecret = 'webhook-secret-of-the-tenant';
const now = Date.parse('2026-11-10T12:00:00Z');

const anything = fc.anything({ withNullPrototype: false, withBigInt: false });
const amount = fc.oneof(
  fc.double(),
  fc.constantFrom<unknown>(
    1e6,
    -1e6,
    1e9,
    1e15,
    9007199254,
    1e308,
    -0.01,
    0,
    10_000,
    10_000.000001,
    '5',
    null,
  ),
  anything,
);
const figures = fc.record(
  {
    cost: amount,
    costs: fc.oneof(
      fc.array(fc.record({ type: fc.constantFrom('vapi', 'model', 'x'), cost: amount })),
      anything,
    ),
    costBreakdown: fc.oneof(
      fc.record({
        total: amount,
        llm: amount,
        analysisCostBreakdown: fc.oneof(fc.record({ summary: amount }), anything),
      }),
      anything,
    ),
    startedAt: fc.constantFrom<unknown>('0001-01-01T00:00:00Z', '2026-11-10T11:00:00Z', 5, null),
    endedAt: fc.constantFrom<unknown>('9999-12-31T23:59:59Z', '2026-11-10T11:01:00Z', 'soon', null),
  },
  { requiredKeys: [] },
);

for (const engine of testDatabases()) {
  describe(`reports of any cost, on ${engine.name}`, () => {
    let vapi: Awaited<ReturnType<typeof startEmptyVapi>>;
    let server: TestServer;
    let ids: { orgId: string; assistantId: string };
    before(async () => {
      vapi = await startEmptyVapi();
      server = await startTestServer({ engine: engine as Engine, vapiBaseUrl: vapi.url, now });
      const input = { ...tenantInput(), webhookSecret };
      ids = input;
      await server.createTenant(input);
    });
    after(async () => {
      await server?.close();
      await vapi?.close();
    });

    const report = (message: object) => {
      const id = randomUUID();
      const call = { id, ...ids, type: 'webCall', createdAt: '2026-11-10T11:00:00Z' };
      return server.request('POST', '/v1/webhooks/vapi/acme', {
        headers: { 'content-type': 'application/json', 'x-vapi-agent-token': webhookSecret },
        body: { message: { type: 'end-of-call-report', call, ...message } },
      });
    };
    const readable = async () => {
      for (const path of ['/usage', '/usage?by=component', '/calls', '/notices?limit=1'].slice(0, 3)) {
        const answer = await server.operator('GET', `/v1/tenants/acme${path}`);
        assert.equal(answer.status, 200, `${path}: ${answer.text}`);
      }
    };

    it('are never a 500, and leave every later read as it should be', () =>
      fc.assert(
        fc.asyncProperty(figures, async (message) => {
          const answer = await report(message);
          assert.ok(answer.status < 500, answer.text);
          await readable();
        }),
        { numRuns: 60 },
      ));

    it('of ten thousand items of a million dollars count as unknown, and the operator is notified', async () => {
      await server.operator('PATCH', '/v1/tenants/acme', { alerts: { email: 'alerts@agency.example' } });
      const costs = Array.from({ length: 10_000 }, () => ({ type: 'vapi', cost: 1_000_000 }));
      // Created after all others, so that it is the first of the list.
      const call = { id: randomUUID(), ...ids, type: 'webCall', createdAt: '2026-11-10T11:00:01Z' };
      const times = { startedAt: '2026-11-10T11:00:00Z', endedAt: '2026-11-10T11:01:00Z' };
      assert.equal((await report({ call, costs, ...times })).status, 200);
      await readable();
      const [newest] = (await server.operator('GET', '/v1/tenants/acme/calls?limit=1')).body.calls;
      assert.equal(newest.costMicros ?? null, null);
      const { notices } = (await server.operator('GET', '/v1/notices')).body;
      assert.ok(notices.some(({ kind }: { kind: string }) => kind === 'cost-refused'));
    });

    it('of components that are in bounds only together count as unknown', async () => {
      const items = (type: string, cost: number) => Array.from({ length: 100 }, () => ({ type, cost }));
      const costs = [...items('transcriber', 10_000), ...items('unheard-of', -10_000)];
      assert.equal((await report({ costs })).status, 200);
      await readable();
      const { text } = await server.operator('GET', '/v1/tenants/acme/usage?by=component');
      assert.ok(!text.includes('1000000000000'), text);
    });

    it('that would take the sum of a day beyond the integers are refused completely, and nothing of them stays', async () => {
      const { store } = server.ctx;
      const tenant = await store.selectFrom('tenants').select('id').executeTakeFirstOrThrow();
      const key = { tenantId: tenant.id, day: '2026-11-01', assistantId: ids.assistantId };
      const amounts = { calls: 1, seconds: 0, callsWithoutCost: 0 };
      const none = {
        ...{ transportMicros: 0, sttMicros: 0, llmMicros: 0, ttsMicros: 0 },
        ...{ vapiMicros: 0, analysisMicros: 0, knowledgeBaseMicros: 0, otherMicros: 0 },
      };
      const add = (costMicros: number) =>
        store.transaction().execute((db) => addUsage(db, key, { ...amounts, ...none, costMicros }));
      await add(Number.MAX_SAFE_INTEGER - 1);
      await add(1);
      await assert.rejects(add(1), AmountTooLarge);
      const row = await store
        .selectFrom('usageDaily')
        .select(['calls', 'costMicros'])
        .where('day', '=', key.day)
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { calls: 2, costMicros: Number.MAX_SAFE_INTEGER });
      await store.deleteFrom('usageDaily').where('day', '=', key.day).execute();
    });

    it('do not delay polls: each due call is asked about in turn', async () => {
      server.clock.now += 3_600_000;
      let asked = 0;
      while (await pollNext(server.ctx)) asked += 1;
      assert.ok(asked > 0);
      assert.ok(!server.log.some((line) => line.includes('could not be asked about"')));
    });
  });
}
