/**
 * Fills a database with many clients and a month of their calls, as booking would have left them. Also a command:
 * `node test/bench/support/seed-clients.ts FILE-OR-POSTGRES-URL [clients] [calls] [month]`, for a database that has at
 * least one client. The new clients are copies of it without working secrets: nothing can be asked of Vapi for them.
 */
import { type Kysely, sql } from 'kysely';
import type { DatabaseConfig } from '../../../server/config.ts';
import type { Plan, PlanInput } from '../../../server/contract.ts';
import { openStore, type Store } from '../../../server/store/database.ts';
import type { Schema } from '../../../server/store/schema.ts';
import { searchTextOf } from '../../../server/store/search-text.ts';

export interface Seed {
  clients: number;
  /** Of all clients together, in whole calls a client. */
  calls: number;
  /** `YYYY-MM` */
  month: string;
}

const dayMs = 86_400_000;
/** Every month has them. */
const days = 28;
/** Rows of one statement, roughly. */
const atOnce = 200_000;

const channels: PlanInput['rates'][number]['channels'] = ['web', 'inbound', 'outbound', 'chat'];
const blocks = { initialSeconds: 1, incrementSeconds: 1 };
const plans = [
  planOf({ kind: 'per-minute', perMinuteMicros: 350_000, ...blocks }),
  planOf({ kind: 'included', includedMinutes: 60, perMinuteMicros: 250_000, ...blocks }),
];

function planOf(price: Plan['rates'][number]['price']): string {
  const terms = { currency: 'usd', monthlyFeeCents: 4900, minimumCents: 0, usdRateMicros: 1_000_000 };
  return JSON.stringify({ name: 'Seeded', ...terms, rates: [{ channels, price }] });
}

/** @returns the ids of the new clients @throws when the database has no client */
export async function seedClients(store: Store, { clients, calls, month }: Seed): Promise<string[]> {
  const model = await store.selectFrom('tenants').selectAll().limit(1).executeTakeFirst();
  if (!model) throw new Error('Add one client first: the others are copies of it.');
  const perClient = Math.floor(calls / clients);
  const ids = Array.from({ length: clients }, (_, index) => `ten_seed${String(index).padStart(12, '0')}`);
  const clientsAtOnce = Math.max(1, Math.min(200, Math.floor(atOnce / Math.max(1, perClient))));
  for (let start = 0; start < ids.length; start += clientsAtOnce) {
    const chunk = ids.slice(start, start + clientsAtOnce);
    await store.transaction().execute(async (db) => {
      const rows = chunk.map((id, place) => {
        const number = start + place;
        const names = { slug: `seed-${number}`, name: `Client ${(number * 7919) % clients}` };
        return {
          ...model,
          ...names,
          id,
          orgId: `org-${id}`,
          searchText: searchTextOf(names),
          deletedAt: null,
        };
      });
      await db.insertInto('tenants').values(rows).execute();
      const versions = chunk.map((tenantId, place) => ({
        ...{ id: `pln_${tenantId}`, tenantId, version: 1, fromDay: `${month}-01`, createdAt: 0 },
        plan: plans[(start + place) % plans.length] ?? null,
      }));
      await db.insertInto('plans').values(versions).execute();
      await insertCalls(db, { chunk, perClient, month });
    });
  }
  return ids;
}

/** The database makes the rows itself: a value a call would take hours for ten million. */
async function insertCalls(
  db: Kysely<Schema>,
  { chunk, perClient, month }: { chunk: string[]; perClient: number; month: string },
): Promise<void> {
  if (perClient === 0) return;
  const from = Date.parse(`${month}-01T00:00:00Z`);
  const stepMs = Math.floor((dayMs - 3_600_000) / Math.ceil(perClient / days));
  const [first, last] = [chunk[0], chunk.at(-1)];
  const whose = sql`tenant_id >= ${first} and tenant_id <= ${last}`;
  await sql`
    insert into calls (tenant_id, id, type, status, assistant_id, created_at, started_at, ended_at, seconds,
      ended_reason, cost_micros, vapi_micros, llm_micros, transport_micros, stt_micros, tts_micros, analysis_micros,
      knowledge_base_micros, other_micros, report_as_of, cost_as_of, times_source, cost_source, usage_day,
      poll_attempts, revision, updated_at)
    with recursive numbers (i) as (
      select 0 union all select i + 1 from numbers where i + 1 < ${sql.lit(perClient)}
    ),
    made as (
      select tenants.id as tenant_id, tenants.assistant_id, i, i % ${sql.lit(days)} as day,
        ${sql.lit(from)} + (i % ${sql.lit(days)}) * cast(${sql.lit(dayMs)} as bigint)
          + (i / ${sql.lit(days)}) * cast(${sql.lit(stepMs)} as bigint) as at,
        20 + (i * 79) % 400 as seconds
      from tenants cross join numbers where tenants.id >= ${first} and tenants.id <= ${last}
    )
    select tenant_id, tenant_id || '-' || cast(i as text), 'webCall', 'ended', assistant_id, at, at, at + seconds * 1000,
      seconds, 'customer-ended-call', seconds * 900, seconds * 800, seconds * 100, 0, 0, 0, 0, 0, 0, at, at, 'poll',
      'poll', ${month} || case when day < 9 then '-0' else '-' end || cast(day + 1 as text), 0, 1, at
    from made`.execute(db);
  await sql`insert into call_owners (call_id, tenant_id, confirmed)
    select id, tenant_id, 1 from calls where ${whose}`.execute(db);
  const parts = ['transport', 'stt', 'llm', 'tts', 'vapi', 'analysis', 'knowledge_base', 'other'];
  const sums = ['cost', ...parts].map((part) => sql.raw(`cast(sum(${part}_micros) as bigint)`));
  await sql`insert into usage_daily (tenant_id, day, assistant_id, calls, seconds, calls_without_cost,
      cost_micros, ${sql.raw(parts.map((part) => `${part}_micros`).join(', '))})
    select tenant_id, usage_day, assistant_id, count(*), cast(sum(seconds) as bigint), 0, ${sql.join(sums)}
    from calls where ${whose} group by tenant_id, usage_day, assistant_id`.execute(db);
  await sql`insert into tenant_months (month, tenant_id, calls, seconds, cost_micros, calls_without_cost, changes)
    select ${month}, tenant_id, cast(sum(calls) as bigint), cast(sum(seconds) as bigint),
      cast(sum(cost_micros) as bigint), 0, 1
    from usage_daily where ${whose} group by tenant_id`.execute(db);
}

if (import.meta.main) {
  const [where, clients = '10000', calls = '1000000', month = new Date().toISOString().slice(0, 7)] =
    process.argv.slice(2);
  if (!where) throw new Error('Name a database: a SQLite file or postgres://…');
  // A statement of the seed takes longer than a request's may.
  const timeoutMs = 3_600_000;
  const database: DatabaseConfig = where.startsWith('postgres')
    ? { kind: 'postgres', url: where, timeoutMs }
    : { kind: 'sqlite', file: where, timeoutMs };
  const store = await openStore(database);
  await seedClients(store, { clients: Number(clients), calls: Number(calls), month });
  await store.destroy();
}
