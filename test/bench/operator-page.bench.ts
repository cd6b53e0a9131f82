/**
 * The operator's first page with ten thousand clients and a month of their calls: the first answer of a process that has
 * just started and has calculated no price yet, and the median of further ones. Beside it one SQL SUM over the month's
 * calls, the least that a page without sums would do. SQLite, one process; `BENCH_CLIENTS` and `BENCH_CALLS` change the
 * size (ten million: `BENCH_CALLS=10000000`).
 */
import { sql } from 'kysely';
import { refreshPrices } from '../../server/billing/month/month-prices.ts';
import type { ClientsAnswer } from '../../server/contract.ts';
import { openStore, type Store } from '../../server/store/database.ts';
import { startEmptyVapi } from '../support/empty-vapi.ts';
import { defaultEngine } from '../support/postgres.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { median, printTable } from './support/figures.ts';
import { seedClients } from './support/seed-clients.ts';

const clients = Number(process.env.BENCH_CLIENTS ?? 10_000);
const calls = Number(process.env.BENCH_CALLS ?? 500_000);
const runs = Number(process.env.BENCH_RUNS ?? 15);
const goalMs = 150;
const month = '2026-11';
const now = Date.parse('2026-11-29T12:00:00Z');

const queries = {
  'by name': '',
  'by calls': '?sort=calls',
  'by cost': '?sort=cost',
  'by price': '?sort=price',
  'a search': '?search=client%20777',
  'that need attention': '?filter=attention',
};

const database = await defaultEngine.create();
const vapi = await startEmptyVapi();
const options = { database, vapiBaseUrl: vapi.url, now, config: { logLevel: 'silent' as const } };
try {
  const before = await startTestServer(options);
  await before.createTenant({ slug: 'model' });
  await before.close();
  const store = await openStore({ ...database.config, timeoutMs: 3_600_000 });
  const seedMs = await timed(() => seedClients(store, { clients, calls, month }));
  const sumMs = await timed(() => sumOf(store));
  await store.destroy();
  const server = await startTestServer(options);
  try {
    await measure(server, { seedMs, sumMs });
  } finally {
    await server.close();
  }
} finally {
  await vapi.close();
  await database.remove();
}

async function measure(server: TestServer, before: { seedMs: number; sumMs: number }): Promise<void> {
  const first = await timed(() => list(server, ''));
  const pricing = timed(async () => {
    while (await refreshPrices(server.ctx, 'bench'));
  });
  const whilePricing = median(await times(server, ''));
  const pricedMs = await pricing;
  const answer = await list(server, '');
  const expected = Math.floor(calls / clients) * clients;
  if (
    answer.totals.calls !== expected ||
    answer.totals.tenants !== clients + 1 ||
    answer.tenants.length !== 50
  )
    throw new Error('the page is not complete');
  const rows: [string, string, string][] = [['', 'ms', 'share of the SUM']];
  const add = (what: string, ms: number) => rows.push([what, ms.toFixed(1), (ms / before.sumMs).toFixed(3)]);
  add('one SQL SUM over the calls', before.sumMs);
  add('the first answer', first);
  add('while prices are calculated', whilePricing);
  for (const [what, query] of Object.entries(queries)) add(what, median(await times(server, query)));
  process.stdout.write(
    `${expected} calls of ${clients} clients, seeded in ${(before.seedMs / 1000).toFixed(1)} s; all prices in ${(pricedMs / 1000).toFixed(1)} s\n`,
  );
  printTable(rows);
  if (first > goalMs) {
    process.stdout.write(`The goal is ${goalMs} ms for the first answer.\n`);
    process.exitCode = 1;
  }
}

async function times(server: TestServer, query: string): Promise<number[]> {
  const all: number[] = [];
  for (let run = 0; run < runs; run += 1) all.push(await timed(() => list(server, query)));
  return all;
}

async function list({ operator }: TestServer, query: string): Promise<ClientsAnswer> {
  const { status, body, text } = await operator('GET', `/v1/billing/tenants${query}`);
  if (status !== 200) throw new Error(text);
  return body;
}

async function sumOf(store: Store): Promise<void> {
  await sql`select tenant_id, sum(seconds), sum(cost_micros), count(*) from calls
    where usage_day >= ${`${month}-01`} and usage_day < '2026-12-01' group by tenant_id`.execute(store);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
