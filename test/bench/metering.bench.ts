/**
 * Metering: a month that needs repair, and the time to sum up a million calls. SQLite, one process. `BENCH_CALLS` and
 * `BENCH_ROWS` make it smaller.
 */
import { DatabaseSync } from 'node:sqlite';
import { ingestCallEvent } from '../../server/metering/ingest.ts';
import { reconcile } from '../../server/metering/reconcile.ts';
import { findTenant, type Tenant } from '../../server/store/tenants.ts';
import { sumUsage } from '../../server/store/usage.ts';
import { readServerMessage } from '../../server/vapi/messages.ts';
import { defaultEngine } from '../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';

const monthCalls = Number(process.env.BENCH_CALLS ?? 100_000);
const rollupRows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const monthStart = Date.parse('2026-10-01T00:00:00Z');
const monthEnd = Date.parse('2026-11-01T00:00:00Z');

const database = await defaultEngine.create();
if (database.config.kind !== 'sqlite') throw new Error('this bench is about SQLite');
const { file } = database.config;
const network = await startTestNetwork({
  server: { database, now: monthEnd + 86_400_000, config: { logLevel: 'silent' } },
});
const tenant = (await findTenant(network.server.ctx.store, 'acme')) as Tenant;

try {
  await mendMonth();
  await sums();
} finally {
  await network.close();
  await database.remove();
}

/** 5 % of the reports lost, 5 % doubled, 5 % with a late cost. */
async function mendMonth(): Promise<void> {
  const { emulator, server, addTenant } = network;
  const month = await addTenant('month');
  const owner = (await findTenant(server.ctx.store, 'month')) as Tenant;
  const span = monthEnd - monthStart;
  for (let index = 0; index < monthCalls; index += 1) {
    const createdAt = monthStart + Math.floor((index * span) / monthCalls);
    const cost = ((index * 7919) % 5000) / 10_000;
    const call = emulator.makeCall({
      assistantId: month.assistantId,
      seconds: 60,
      cost,
      createdAt: new Date(createdAt).toISOString(),
      webhooks: false,
    });
    const kind = index % 20;
    if (kind === 0) continue;
    const reported = reportOf(network, call.id, createdAt, kind === 1 ? null : cost, call.view);
    for (let copy = 0; copy < (kind === 2 ? 2 : 1); copy += 1) {
      await ingestCallEvent(server.ctx, owner, reported);
    }
  }
  const startedAt = performance.now();
  const report = await reconcile(server.ctx, { from: monthStart, to: monthEnd }, 'month');
  const seconds = (performance.now() - startedAt) / 1000;
  const [drift] = report.tenants;
  print(
    `a month of ${monthCalls} calls, mended in one sweep`,
    `${seconds.toFixed(1)} s`,
    `${report.requests} requests`,
  );
  print(
    '  added, changed, drift left',
    `${drift?.added}, ${drift?.changed}, ${drift?.differenceMicros} micros`,
  );
  if (drift?.differenceMicros !== 0 || drift.callsWithoutCost !== 0) {
    throw new Error('the ledger is not Vapi’s books');
  }
}

/** A million calls are about 200 tenants' months: 31 days and 2 assistants each. */
async function sums(): Promise<void> {
  const { store } = network.server.ctx;
  const db = new DatabaseSync(file);
  db.exec('pragma busy_timeout = 5000');
  const columns = db.prepare('pragma table_info(usage_daily)').all() as { name: string }[];
  const insert = db.prepare(`insert into usage_daily values (${columns.map(() => '?').join(',')})`);
  const tenants = 200;
  const perDay = Math.round(rollupRows / tenants / 31 / 2);
  db.exec('pragma foreign_keys = off; begin');
  for (let number = 0; number < tenants; number += 1) {
    for (let day = 1; day <= 31; day += 1) {
      for (const assistant of ['a', 'b']) {
        const values = columns.map(({ name }) => {
          if (name === 'tenant_id') return number === 0 ? tenant.id : `ten_${number}`;
          if (name === 'day') return `2026-08-${String(day).padStart(2, '0')}`;
          if (name === 'assistant_id') return assistant;
          return name === 'calls' ? perDay : perDay * 1000;
        });
        insert.run(...values);
      }
    }
  }
  db.exec('commit');
  const one = await timed(50, () => sumUsage(store, tenant.id, '2026-08-01', '2026-09-01', 'day'));
  const all = await timed(10, async () => {
    for (let number = 1; number < tenants; number += 1) {
      await sumUsage(store, `ten_${number}`, '2026-08-01', '2026-09-01', 'all');
    }
  });
  db.close();
  print(`one tenant's month by day, of ${rollupRows} calls`, `${one.toFixed(2)} ms`);
  print(`all ${tenants} tenants' months`, `${all.toFixed(1)} ms`);
}

/** Median of that many runs, in milliseconds. */
async function timed(runs: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

/** @param view the emulator's call, if there is one, for its own times */
function reportOf(
  { acme }: TestNetwork,
  callId: string,
  createdAt: number,
  cost: number | null,
  view: Record<string, unknown> = {},
) {
  const at = (ms: number) => new Date(createdAt + ms).toISOString();
  const message = {
    type: 'end-of-call-report',
    timestamp: createdAt + 65_000,
    startedAt: at(0),
    endedAt: at(60_000),
    endedReason: 'customer-ended-call',
    ...(cost === null ? {} : { cost, costs: view.costs ?? [{ type: 'vapi', cost }] }),
    ...pickTimes(view),
    call: { id: callId, type: 'webCall', status: 'queued', createdAt: at(0), assistantId: acme.assistantId },
  };
  const event = readServerMessage({ message }, createdAt + 65_000, 'https://api.vapi.ai')?.event;
  if (!event) throw new Error('not a report');
  return event;
}

function pickTimes({ startedAt, endedAt, endedReason }: Record<string, unknown>): object {
  return startedAt ? { startedAt, endedAt, endedReason } : {};
}

function print(what: string, figure: string, beside = ''): void {
  process.stdout.write(`${what.padEnd(52)} ${figure.padStart(14)}  ${beside}\n`);
}
