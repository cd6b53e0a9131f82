/** How many starts a tenant, a visitor's network and a site had recently. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';
import type { Reservation } from './reservations.ts';

const minuteMs = 60_000;
const windows = { minute: minuteMs, hour: 60 * minuteMs, day: 24 * 60 * minuteMs };

type Counts = Record<keyof typeof windows, number>;

/** Starts within the last minute, hour and day; released ones count too, since each was an attempt. */
export interface RecentStarts {
  all: Counts;
  /** Of those, from this visitor's network. */
  network: Counts;
  /** Of those, from its IPv6 /48, if it has one. */
  site: Counts;
}

export type StartOf = Pick<Reservation, 'tenantId' | 'kind' | 'visitorNetwork' | 'visitorSite'>;

/** Counts a start; in the transaction that inserts its reservation, or it is missing from the tenant's limits. */
export async function countStart(
  db: Queries,
  { tenantId, kind, createdAt }: Pick<Reservation, 'tenantId' | 'kind' | 'createdAt'>,
): Promise<void> {
  await db
    .insertInto('startCounts')
    .values({ tenantId, kind, minute: Math.floor(createdAt / minuteMs), starts: 1 })
    .onConflict((conflict) =>
      conflict.columns(['tenantId', 'kind', 'minute']).doUpdateSet((expression) => ({
        starts: expression('startCounts.starts', '+', 1),
      })),
    )
    .execute();
}

/**
 * Exact for windows that slide, and bounded whatever the tenant's limits: of all its starts, whole minutes are read as
 * counts, and only the oldest minute, which is partly outside the window, start by start. A network and a site are read
 * start by start: they cannot have more than their own limit.
 */
export async function readStarts(db: Queries, start: StartOf, nowMs: number): Promise<RecentStarts> {
  const { tenantId, kind, visitorNetwork, visitorSite } = start;
  const own = sql`${sql.ref('tenantId')} = ${tenantId} and ${sql.ref('kind')} = ${kind}`;
  const reservations = sql.table('reservations');
  const createdAt = sql.ref('createdAt');
  const all = (ms: number) => {
    const since = nowMs - ms;
    const minute = Math.floor(since / minuteMs) + 1;
    return sql<number>`(
      select cast(coalesce(sum(${sql.ref('starts')}), 0) as bigint) from ${sql.table('startCounts')}
      where ${own} and ${sql.ref('minute')} >= ${minute}
    ) + (
      select count(*) from ${reservations}
      where ${own} and ${createdAt} > ${since} and ${createdAt} < ${minute * minuteMs}
    )`;
  };
  const of = (column: 'visitorNetwork' | 'visitorSite', value: string | null) => (ms: number) =>
    // Null equals nothing: IPv4 has no site.
    sql<number>`(
      select count(*) from ${reservations}
      where ${own} and ${sql.ref(column)} = ${value} and ${createdAt} > ${nowMs - ms}
    )`;
  const ofNetwork = of('visitorNetwork', visitorNetwork);
  const ofSite = of('visitorSite', visitorSite);
  const row = await db
    .selectNoFrom([
      all(windows.minute).as('minute'),
      all(windows.hour).as('hour'),
      all(windows.day).as('day'),
      ofNetwork(windows.minute).as('networkMinute'),
      ofNetwork(windows.hour).as('networkHour'),
      ofNetwork(windows.day).as('networkDay'),
      ofSite(windows.minute).as('siteMinute'),
      ofSite(windows.hour).as('siteHour'),
      ofSite(windows.day).as('siteDay'),
    ])
    .executeTakeFirstOrThrow();
  return {
    all: { minute: row.minute, hour: row.hour, day: row.day },
    network: { minute: row.networkMinute, hour: row.networkHour, day: row.networkDay },
    site: { minute: row.siteMinute, hour: row.siteHour, day: row.siteDay },
  };
}
