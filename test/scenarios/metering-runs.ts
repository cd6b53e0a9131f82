/**
 * Random months of calls, webhooks that lie, and an operator's day between them, against the emulator's own books.
 * Shared by the short run of `npm test` and the long campaign.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CallState } from '../../demo/vapi-emulator/emulator.ts';
import { pollNext } from '../../server/metering/reconciler.ts';
import { sweepOrg } from '../../server/metering/sweep.ts';
import { listUnequalMonths } from '../../server/store/tenant-months.ts';
import type { Engine } from '../support/postgres.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../support/test-network.ts';

const scenarios = [
  'talks',
  'report-lost',
  'report-twice',
  'report-before-status',
  'cost-late',
  'cost-changes',
] as const;

type Step =
  | {
      do: 'call';
      scenario: (typeof scenarios)[number];
      seconds: number;
      costMicros: number;
      web: boolean;
      told: boolean;
    }
  /** An old report arrives again, with its old cost. */
  | { do: 'repeat'; which: number }
  /** A report with less than is already known. */
  | { do: 'bare report'; which: number }
  | { do: 'poll' }
  | { do: 'sweep' }
  | { do: 'restart' };

const call = fc.record({
  do: fc.constant('call' as const),
  scenario: fc.constantFrom(...scenarios),
  seconds: fc.integer({ min: 0, max: 599 }),
  // Vapi reports costs with four decimals.
  costMicros: fc.integer({ min: 0, max: 30_000 }).map((value) => value * 100),
  web: fc.boolean(),
  told: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: call },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bare report' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'poll' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'sweep' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/** Runs that many random sequences; throws with the smallest failing one. */
export async function checkRandomMonths(engine: Engine, runs: number): Promise<void> {
  const database = await engine.createMigrated();
  const options = { server: { database }, emulator: { costLateMs: 0, costChangesMs: 0 } };
  const network = await startTestNetwork(options);
  let number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        number += 1;
        const tenant = await network.addTenant(`run-${number}`);
        const made: string[] = [];
        for (const one of steps) {
          if (one.do === 'restart') await network.restartServer();
          else await perform(network, tenant, made, one);
        }
        await compare(network, tenant, made);
      }),
      { numRuns: runs },
    );
  } finally {
    await network.close();
    await database.remove();
  }
}

async function perform(
  network: TestNetwork,
  tenant: TestTenant,
  /** Ids of the calls so far. */
  made: string[],
  step: Exclude<Step, { do: 'restart' }>,
): Promise<void> {
  const { emulator, server } = network;
  const chosen = 'which' in step ? made[step.which % Math.max(1, made.length)] : undefined;
  if (step.do === 'call') {
    const { id } = emulator.makeCall({
      assistantId: tenant.assistantId,
      scenario: step.scenario,
      seconds: step.seconds,
      cost: step.costMicros / 1e6,
      type: step.web ? 'webCall' : 'inboundPhoneCall',
      createdAt: new Date(server.clock.now).toISOString(),
      webhooks: step.told,
    });
    made.push(id);
    await emulator.waitForCall(id, 'settled');
  } else if (step.do === 'poll') {
    server.clock.now += 30_000;
    while (await pollNext(server.ctx));
  } else if (step.do === 'sweep') {
    server.clock.now += 1000;
    await sweep(network, tenant);
  } else if (chosen) {
    await deliver(network, tenant, await emulator.waitForCall(chosen, 'settled'), step.do === 'repeat');
  }
}

/** Only the tenant's own org: those of earlier runs would make each run longer than the last. */
async function sweep({ server: { ctx } }: TestNetwork, tenant: TestTenant): Promise<void> {
  await sweepOrg(ctx, tenant.orgId);
}

/** An old report's content, sent again as Vapi would: with its original time, not the current one. */
async function deliver(
  network: TestNetwork,
  tenant: TestTenant,
  call: CallState,
  withCost: boolean,
): Promise<void> {
  const { view } = call;
  const message = {
    type: 'end-of-call-report',
    timestamp: Date.parse(String(view.createdAt)),
    startedAt: view.startedAt,
    endedAt: view.endedAt,
    endedReason: view.endedReason,
    ...(withCost ? { cost: 99.9999, costs: [] } : {}),
    call: {
      id: call.id,
      type: view.type,
      status: 'queued',
      createdAt: view.createdAt,
      assistantId: tenant.assistantId,
    },
  };
  const answer = await network.server.request('POST', `/v1/webhooks/vapi/${tenant.slug}`, {
    headers: { 'x-vapi-agent-token': tenant.webhookSecret },
    body: { message },
  });
  assert.equal(answer.status, 200);
}

/** The oracle: the emulator's books, row by row and in sum, and the sums of the ledger's own rows. */
async function compare(network: TestNetwork, tenant: TestTenant, made: string[]): Promise<void> {
  const { emulator, server } = network;
  // What sums do not show yet, such as the cost of a call about which Vapi is still asked, is in the hourly list of changes.
  server.clock.now += 2 * 3_600_000;
  await sweep(network, tenant);
  const { store } = server.ctx;
  const id = (
    await store.selectFrom('tenants').select('id').where('slug', '=', tenant.slug).executeTakeFirstOrThrow()
  ).id;
  const rows = await store.selectFrom('calls').selectAll().where('tenantId', '=', id).execute();
  const books = await Promise.all(made.map((callId) => emulator.waitForCall(callId, 'settled')));
  const byId = (a: [string, unknown], b: [string, unknown]) => a[0].localeCompare(b[0]);
  assert.deepEqual(
    rows.map((row): [string, unknown] => [row.id, row.costMicros]).sort(byId),
    books
      .map(({ id: callId, view }): [string, unknown] => [callId, Math.round(Number(view.cost) * 1e6)])
      .sort(byId),
  );
  const usage = await store.selectFrom('usageDaily').selectAll().where('tenantId', '=', id).execute();
  const sum = (values: (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);
  for (const column of [
    'costMicros',
    'seconds',
    'vapiMicros',
    'sttMicros',
    'ttsMicros',
    'llmMicros',
    'otherMicros',
  ] as const) {
    assert.equal(sum(usage.map((day) => day[column])), sum(rows.map((row) => row[column])), column);
  }
  assert.equal(sum(usage.map(({ calls }) => calls)), rows.length);
  assert.equal(sum(usage.map(({ callsWithoutCost }) => callsWithoutCost)), 0);
  const months = await listUnequalMonths(store, id, { from: '2000-01', to: '2200-01' });
  assert.deepEqual(months, []);
}
