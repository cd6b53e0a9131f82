/**
 * Billing: a million calls of 200 tenants rated, invoiced and frozen in one run, as a ratio to one SQL SUM over the
 * same rows, with the memory used. SQLite, one process. `BENCH_CALLS` and `BENCH_TENANTS` make it smaller.
 */
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { closeMonths } from '../../server/billing/clerk/close-job.ts';
import { monthInstants } from '../../server/billing/plan/period.ts';
import { closeRequestSchema, type PlanInput } from '../../server/contract.ts';
import { createLedgerCheck } from '../../server/metering/ledger-check.ts';
import { findTenant, listTenantsToBill } from '../../server/store/tenants.ts';
import { startEmptyVapi } from '../support/empty-vapi.ts';
import { defaultEngine } from '../support/postgres.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const calls = Number(process.env.BENCH_CALLS ?? 1_000_000);
const tenants = Number(process.env.BENCH_TENANTS ?? 200);
const perTenant = Math.floor(calls / tenants);

const everything: PlanInput['rates'][number]['channels'] = ['web', 'inbound', 'outbound', 'chat'];
/** Used by each fourth tenant. */
const plans: PlanInput[] = [
  plan('Per minute', {
    kind: 'per-minute',
    perMinuteMicros: 350_000,
    initialSeconds: 6,
    incrementSeconds: 6,
  }),
  plan('Included', { kind: 'included', includedMinutes: 1000, perMinuteMicros: 250_000 }),
  plan('Cost-plus', { kind: 'cost-plus', markupBps: 3000 }),
  plan('Graduated', {
    kind: 'graduated',
    tiers: [
      { upToMinutes: 500, perMinuteMicros: 300_000 },
      { upToMinutes: null, perMinuteMicros: 200_000 },
    ],
  }),
];

function plan(name: string, price: PlanInput['rates'][number]['price']): PlanInput {
  return { name, currency: 'usd', monthlyFeeCents: 4900, rates: [{ channels: everything, price }] };
}

const database = await defaultEngine.create();
if (database.config.kind !== 'sqlite') throw new Error('this bench is about SQLite');
const { file } = database.config;
// If no server answered, each tenant's comparison would wait for a timeout, and that would be measured.
const vapi = await startEmptyVapi();
const server = await startTestServer({
  database,
  vapiBaseUrl: vapi.url,
  now: Date.parse('2026-12-03T00:00:00Z'),
  config: { logLevel: 'silent' },
});
try {
  await seed(server);
  const sumMs = timeSum();
  await run(server, sumMs);
} finally {
  await server.close();
  await vapi.close();
  await database.remove();
}

async function seed({ operator, createTenant, ctx }: TestServer): Promise<void> {
  await operator('PUT', '/v1/billing/seller', { name: 'Bench Ltd' });
  const ids: string[] = [];
  for (let index = 0; index < tenants; index += 1) {
    const slug = `t${String(index).padStart(4, '0')}`;
    await createTenant({ slug, name: slug });
    const plan = { plan: plans[index % 4], from: '2026-11-01', backdate: true };
    await operator('PUT', `/v1/tenants/${slug}/plan`, plan);
    ids.push((await findTenant(ctx.store, slug))?.id ?? '');
  }
  const db = new DatabaseSync(file);
  db.exec('pragma busy_timeout = 5000; pragma synchronous = off; begin');
  const insert = db.prepare(
    `insert into calls (tenant_id, id, type, status, created_at, started_at, ended_at, seconds, cost_micros,
       vapi_micros, llm_micros, usage_day, poll_attempts, revision, updated_at)
     values (?, ?, 'webCall', 'ended', ?, ?, ?, ?, ?, ?, ?, ?, 0, 1, ?)`,
  );
  const start = Date.parse('2026-11-01T00:00:00Z');
  const step = Math.floor((30 * 86_400_000) / perTenant);
  for (let index = 0; index < perTenant * tenants; index += 1) {
    const at = start + Math.floor(index / tenants) * step;
    const seconds = 20 + ((index * 7919) % 400);
    const vapi = Math.round((seconds * 50_000) / 60);
    const llm = (index * 31) % 20_000;
    insert.run(
      ids[index % tenants] ?? '',
      randomBytes(12).toString('hex'),
      ...[at, at, at + seconds * 1000, seconds, vapi + llm, vapi, llm],
      new Date(at).toISOString().slice(0, 10),
      at + seconds * 1000,
    );
  }
  db.exec('commit');
  db.close();
}

/** The baseline: the cost of the same rows in one statement, the best of three. */
function timeSum(): number {
  const db = new DatabaseSync(file);
  const sum = db.prepare(
    'select tenant_id, sum(seconds), sum(cost_micros), count(*) from calls group by tenant_id',
  );
  const times = [1, 2, 3].map(() => {
    const startedAt = performance.now();
    sum.all();
    return performance.now() - startedAt;
  });
  db.close();
  return Math.min(...times);
}

/** Compares each tenant with a Vapi that has none of its calls, as the close does. */
async function timeComparison(ctx: TestServer['ctx']): Promise<number> {
  const check = createLedgerCheck(ctx);
  const billed = await listTenantsToBill(ctx.store, 0, null, tenants);
  const startedAt = performance.now();
  for (const tenant of billed) {
    const apart = await check(tenant, monthInstants(tenant.timeZone, '2026-11'));
    if (apart) throw new Error(apart);
  }
  return performance.now() - startedAt;
}

async function run({ ctx }: TestServer, sumMs: number): Promise<void> {
  const memory: number[] = [];
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const watch = setInterval(() => memory.push(process.memoryUsage().rss), 50);
  const startedAt = performance.now();
  const dry = await closeMonths(ctx, closeRequestSchema.parse({ dryRun: true }), 'bench');
  const dryMs = performance.now() - startedAt;
  const compareMs = await timeComparison(ctx);
  const closeStartedAt = performance.now();
  const report = await closeMonths(ctx, closeRequestSchema.parse({}), 'bench');
  // A close compares each tenant once; how long that takes says nothing about billing.
  const billMs = performance.now() - closeStartedAt - compareMs;
  clearInterval(watch);
  const total = (entries: typeof report.entries) =>
    entries.reduce((sum, { totalCents }) => sum + (totalCents ?? 0), 0);
  if (report.entries.length !== tenants || report.entries.some(({ outcome }) => outcome === 'failed'))
    throw new Error('not every tenant was billed');
  const [apart] = report.entries.flatMap(({ notCompared }) => notCompared ?? []);
  if (apart) throw new Error(`not every tenant was compared with Vapi: ${apart}`);
  if (total(dry.entries) !== total(report.entries)) throw new Error('the dry run told something else');

  const half = memory.slice(Math.floor(memory.length / 2));
  const megabytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MB`;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const rows: [string, string][] = [
    ['calls, tenants', `${perTenant * tenants}, ${tenants}`],
    ['one SQL SUM over the rows', seconds(sumMs)],
    ['rated (dry run)', `${seconds(dryMs)}, ${(dryMs / sumMs).toFixed(1)} x the SUM`],
    ['compared with an empty Vapi', seconds(compareMs)],
    ['rated, invoiced and frozen', `${seconds(billMs)}, ${(billMs / sumMs).toFixed(1)} x the SUM`],
    ['a second', `${Math.round((perTenant * tenants) / (billMs / 1000))} calls`],
    ['memory before', megabytes(before)],
    ['memory at most, first half', megabytes(Math.max(...memory.slice(0, half.length)))],
    ['memory at most, second half', megabytes(Math.max(...half))],
  ];
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(30)} ${value}\n`);
}
