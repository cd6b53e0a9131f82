/**
 * The transaction that decides a start, for a client with a day of 100,000 starts behind it against one with none, in
 * turns on the same file. `BENCH_RUNS` (turns), `BENCH_CALLS` (starts a turn) and `BENCH_ROWS` (the day's starts) change
 * the size.
 */
import { reserve } from '../../server/access/start/reserve.ts';
import { releaseReservation } from '../../server/store/reservations.ts';
import { countStart } from '../../server/store/starts.ts';
import { findTenant, type Tenant } from '../../server/store/tenants.ts';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';
import { median } from './support/figures.ts';

const turns = Number(process.env.BENCH_RUNS ?? 9);
const starts = Number(process.env.BENCH_CALLS ?? 200);
const behind = Number(process.env.BENCH_ROWS ?? 100_000);
const goal = 1.5;
const dayMs = 86_400_000;

const plenty = { concurrentCalls: 1000, callsPerMinute: 1e6, callsPerHour: 1e6, callsPerDay: 1e6 };
const perVisitor = { callsPerMinutePerIp: 1e6, callsPerHourPerIp: 1e6, callsPerDayPerIp: 1e6 };
const limits = { ...plenty, ...perVisitor, monthlyBudgetMicros: 1_000_000_000_000 };
const network = await startTestNetwork({ server: { config: { logLevel: 'silent' } }, tenant: { limits } });
let made = 0;
try {
  const none = (await findTenant(network.server.ctx.store, 'acme')) as Tenant;
  await network.addTenant('busy', { limits });
  const busy = (await findTenant(network.server.ctx.store, 'busy')) as Tenant;
  await addDay(network, busy);
  const ratios: number[] = [];
  for (let turn = -1; turn < turns; turn += 1) {
    const baseline = await perStart(none);
    const own = await perStart(busy);
    // The first only warms up.
    if (turn >= 0) ratios.push(own / baseline);
    process.stdout.write(`none ${baseline.toFixed(2)} ms, ${behind} ${own.toFixed(2)} ms\n`);
  }
  const ratio = median(ratios);
  process.stdout.write(
    `a start after ${behind} others: ${ratio.toFixed(2)} of one after none (goal ${goal})\n`,
  );
  if (ratio > goal) process.exitCode = 1;
} finally {
  await network.close();
}

/** Spread evenly over the day, each from a network of its own, as a crowd of visitors is. */
async function addDay({ server }: TestNetwork, { id: tenantId }: Tenant): Promise<void> {
  const { store } = server.ctx;
  const now = server.ctx.now();
  await store.transaction().execute(async (db) => {
    for (let index = 0; index < behind; index += 1) {
      const createdAt = now - Math.floor((index * dayMs) / behind);
      const start = { tenantId, kind: 'call' as const, createdAt };
      await db
        .insertInto('reservations')
        .values({
          ...start,
          ...{ id: `ses_seed_${index}`, generation: 0, month: '2026-01', amountMicros: 0, maxSeconds: 60 },
          ...{ state: 'settled', leaseExpiresAt: 0, accessMode: 'proxy', assistantId: 'assistant' },
          ...{ visitorNetwork: `network ${index}`, visitorSite: null, callId: null, consentVersion: null },
        })
        .execute();
      await countStart(db, start);
    }
  });
}

/** @returns milliseconds */
async function perStart(tenant: Tenant): Promise<number> {
  const { ctx } = network.server;
  let took = 0;
  for (let index = 0; index < starts; index += 1) {
    made += 1;
    const session = {
      ...{
        jti: `ses_${made}`,
        tenant: tenant.slug,
        tenantId: tenant.id,
        origin: 'https://shop.acme.example',
      },
      ...{ network: `visitor ${made}`, site: null, generation: tenant.generation, assistant: null },
    };
    const startedAt = performance.now();
    const { id } = await reserve(ctx, tenant, session, { consentVersion: null, kind: 'call' });
    took += performance.now() - startedAt;
    await releaseReservation(ctx.store, id);
  }
  return took / starts;
}
