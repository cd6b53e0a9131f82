/** The sums that lists of all clients show are always those of the calls. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { CallEvent } from '../../../server/ledger/call-event.ts';
import { dismissCall } from '../../../server/metering/dismiss.ts';
import { ingestCallEvent } from '../../../server/metering/ingest.ts';
import { confirmOwner } from '../../../server/store/call-owners.ts';
import { listUnequalMonths } from '../../../server/store/tenant-months.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';

/** Across two borders of months. */
const days = ['2026-09-30', '2026-10-01', '2026-10-31', '2026-11-01'];
const years = { from: '2000-01', to: '2200-01' };

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      call: fc.nat(5),
      whose: fc.nat(1),
      source: fc.constantFrom('webhook' as const, 'poll' as const),
      day: fc.constantFrom(...days),
      seconds: fc.nat(100),
      costMicros: fc.option(fc.nat(1000)),
      type: fc.constantFrom('webCall', 'inboundPhoneCall'),
      isOver: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('dismiss' as const), call: fc.nat(5), whose: fc.nat(1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('confirm' as const), call: fc.nat(5), whose: fc.nat(1) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

for (const engine of testDatabases()) describe(`a client’s months, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  let tenants: Tenant[];
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
    tenants = [];
    for (const slug of ['one', 'two']) {
      await network.addTenant(slug);
      tenants.push((await findTenant(network.server.ctx.store, slug)) as Tenant);
    }
  });
  after(() => network?.close());

  const tenantOf = ({ whose }: { whose: number }) => tenants[whose] as Tenant;
  const play = async (run: number, one: Step): Promise<void> => {
    const { ctx } = network.server;
    const callId = `run-${run}-${one.call}`;
    network.server.clock.now += 1000;
    if (one.do === 'report') await ingestCallEvent(ctx, tenantOf(one), eventOf(callId, one, ctx.now()));
    else if (one.do === 'confirm') await confirmOwner(ctx.store, tenantOf(one).id, [callId], ctx.now());
    // Refused for a call that is not there, or that Vapi knows.
    else await dismissCall(ctx, tenantOf(one), callId, { actor: 'test', requestId: 'test' }).catch(() => {});
  };

  it('are the sums of its calls and of its days, whatever is reported, corrected, moved or dismissed', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        run += 1;
        for (const one of steps) await play(run, one);
        for (const { id } of tenants)
          assert.deepEqual(await listUnequalMonths(network.server.ctx.store, id, years), []);
      }),
      { numRuns: engine.name === 'SQLite' ? 40 : 10 },
    );
  });

  it('are unequal as soon as one sum is changed by hand', async () => {
    const { ctx } = network.server;
    const [{ id } = { id: '' }] = tenants;
    const report = { do: 'report', call: 0, whose: 0, day: '2026-10-01', isOver: true } as const;
    const figures = { source: 'poll', seconds: 60, costMicros: 5, type: 'webCall' } as const;
    await play(0, { ...report, ...figures });
    const row = ctx.store
      .updateTable('tenantMonths')
      .where('tenantId', '=', id)
      .where('month', '=', '2026-10');
    await row.set(({ eb }) => ({ seconds: eb('seconds', '+', 1) })).execute();
    const unequal = await listUnequalMonths(ctx.store, id, years);
    await row.set(({ eb }) => ({ seconds: eb('seconds', '-', 1) })).execute();
    assert.deepEqual(
      unequal.map(({ month, sums }) => [month, (sums.months?.seconds ?? 0) - (sums.calls?.seconds ?? 0)]),
      [['2026-10', 1]],
    );
  });
}

function eventOf(callId: string, one: Step & { do: 'report' }, asOf: number): CallEvent {
  const startedAt = Date.parse(`${one.day}T12:00:00Z`);
  const components = {
    ...{
      transport: 0,
      stt: 0,
      llm: 0,
      tts: 0,
      vapi: one.costMicros ?? 0,
      analysis: 0,
      knowledgeBase: 0,
      other: 0,
    },
  };
  return {
    callId,
    source: one.source,
    kind: one.isOver ? 'report' : 'status',
    type: one.type,
    status: one.isOver ? 'ended' : 'in-progress',
    assistantId: null,
    createdAt: startedAt,
    startedAt,
    endedAt: one.isOver ? startedAt + one.seconds * 1000 : null,
    endedReason: null,
    cost: one.costMicros === null || !one.isOver ? null : { totalMicros: one.costMicros, components },
    sessionId: null,
    controlUrl: null,
    asOf,
  };
}
