/**
 * Reports taken durably, against a bare loop of inserts that are as durable: on SQLite into the same file, on PostgreSQL
 * into the same database, where one process and three take them. `BENCH_RUNS` (turns) and `BENCH_CALLS` (reports a turn)
 * change the size; `TEST_ENGINE` names one engine.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { type TestDatabase, testDatabases } from '../support/postgres.ts';
import { median, printTable } from './support/figures.ts';
import { addTenants, openTaker } from './support/report-taker.ts';

const turns = Number(process.env.BENCH_RUNS ?? 7);
const count = Number(process.env.BENCH_CALLS ?? 3000);
const inFlight = 64;
const leastOfBare = 0.6;
/** As wide as the ledger's. */
const body = 'x'.repeat(400);

/** Does that many of something. */
type Way = (count: number) => Promise<void> | void;

const rows = [['', 'a second', 'of bare']];
let reached = null as number | null;
for (const { name, createMigrated } of testDatabases()) {
  const database = await createMigrated();
  try {
    await addTenants(database);
    if (name === 'SQLite') reached = await onSqlite(database);
    else await onPostgres(database);
  } finally {
    await database.remove();
  }
}
printTable(rows);
if (reached !== null && reached < leastOfBare) {
  process.stdout.write(`missed: reports at ${leastOfBare} of bare inserts, on SQLite\n`);
  process.exitCode = 1;
}

/** @returns the share of the bare loop with many reports at a time */
async function onSqlite(database: TestDatabase): Promise<number> {
  if (database.config.kind !== 'sqlite') throw new Error('not SQLite');
  const taker = await openTaker(database);
  const bare = new DatabaseSync(database.config.file);
  bare.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;');
  bare.exec('create table bare (id text primary key, body text)');
  const insert = bare.prepare('insert into bare values (?, ?)');
  const shares = await inTurns('SQLite', {
    'bare inserts': (rows) => {
      for (let row = 0; row < rows; row += 1) insert.run(randomUUID(), body);
    },
    [`reports, ${inFlight} at a time`]: (reports) => taker.take(reports, inFlight),
    'reports, one at a time': (reports) => taker.take(reports, 1),
  });
  bare.close();
  await taker.close();
  return shares[1] ?? 0;
}

async function onPostgres(database: TestDatabase): Promise<void> {
  if (database.config.kind !== 'postgres') throw new Error('not PostgreSQL');
  const client = new pg.Client({ connectionString: database.config.url });
  await client.connect();
  await client.query('create table bare (id text primary key, body text)');
  const processes = await Promise.all(Array.from({ length: 3 }, () => startProcess(database)));
  const by = (some: ChildProcess[]) => async (reports: number) => {
    const share = { count: Math.ceil(reports / some.length), inFlight };
    await Promise.all(some.map((child) => ask(child, share)));
  };
  await inTurns('PostgreSQL', {
    'bare inserts': async (rows) => {
      for (let row = 0; row < rows; row += 1)
        await client.query('insert into bare values ($1, $2)', [randomUUID(), body]);
    },
    [`reports, ${inFlight} at a time, one process`]: by(processes.slice(0, 1)),
    [`reports, ${inFlight} at a time each, three processes`]: by(processes),
  });
  for (const child of processes) child.disconnect();
  await client.end();
}

async function startProcess(database: TestDatabase): Promise<ChildProcess> {
  const child = fork(new URL('./support/report-taker.ts', import.meta.url));
  await ask(child, { config: database.config });
  return child;
}

/** @throws when the process ends instead of answering */
async function ask(child: ChildProcess, order: object): Promise<void> {
  const listening = new AbortController();
  const { signal } = listening;
  child.send(order);
  const ended = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('a process ended')));
  try {
    await Promise.race([once(child, 'message', { signal }), ended]);
  } finally {
    listening.abort();
  }
}

/** The first turn only warms up. @returns the median share that each way has of the first one's speed */
async function inTurns(engine: string, ways: Record<string, Way>): Promise<number[]> {
  const speeds = Object.keys(ways).map((): number[] => []);
  for (let turn = -1; turn < turns; turn += 1) {
    for (const [index, way] of Object.values(ways).entries()) {
      const startedAt = performance.now();
      await way(count);
      if (turn >= 0) speeds[index]?.push(count / ((performance.now() - startedAt) / 1000));
    }
  }
  const [bare = []] = speeds;
  return Object.keys(ways).map((name, index) => {
    const own = speeds[index] ?? [];
    const share = median(own.map((speed, turn) => speed / (bare[turn] ?? 0)));
    rows.push([`${engine}: ${name}`, median(own).toFixed(0), share.toFixed(2)]);
    return share;
  });
}
