/**
 * Commits the work of many callers together: making a commit durable takes longer than most work, and one for all of them
 * takes no longer than one for each. A caller gets its result only after the commit.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompiledQuery } from 'kysely';
import { StoreUnavailable } from '../base/store-unavailable.ts';
import { createTurns } from '../base/turns.ts';
import type { DatabaseConfig } from '../config.ts';
import { isConflict } from './conflicts.ts';
import { defaultLimits, type Queries, type Store } from './database.ts';

export interface GroupLimits {
  /** Transactions at the same time. */
  lanes: number;
  /** Pieces of work in one transaction; with 1, work that fails undoes its transaction instead of a part of it. */
  size: number;
  /** Milliseconds after which what still waits shares the failure of an unavailable database. */
  waitMs: number;
}

export interface GroupCommit {
  /**
   * @param owner whose work it is. Owners take turns; one owner's work begins in the order of its requests.
   * @param work may use no other connection than `db`, whose transaction others' work may share
   * @returns its result, after the commit
   * @throws what the work throws, or why the transaction failed; nothing of it is stored then
   */
  run<Result>(owner: string, work: (db: Queries) => Promise<Result>): Promise<Result>;
  /** Resolves when no work waits or is in progress. */
  done(): Promise<void>;
}

/**
 * SQLite has one connection, so groups lose nothing. On PostgreSQL each piece of work is a transaction of its own; see
 * `decisions.md`. There the lanes leave half of the connections to everything else.
 */
export function groupLimits(database: DatabaseConfig): GroupLimits {
  const waitMs = database.timeoutMs ?? defaultLimits.timeoutMs;
  if (database.kind === 'sqlite') return { lanes: 1, size: 32, waitMs };
  return { lanes: Math.ceil((database.pool ?? defaultLimits.pool) / 2), size: 1, waitMs };
}

interface Work {
  /** By `performance.now()`. */
  since: number;
  /** Does the work. @returns what reports its result to the caller, for after the commit */
  attempt(db: Queries): Promise<() => void>;
  fail(error: unknown): void;
}

const savepoint = CompiledQuery.raw('savepoint piece');
const undo = CompiledQuery.raw('rollback to savepoint piece');
const release = CompiledQuery.raw('release savepoint piece');

export function createGroupCommit(store: Store, { lanes, size, waitMs }: GroupLimits): GroupCommit {
  const waiting = createTurns<Work>();
  let lanesInUse = 0;
  let whenDone: (() => void)[] = [];

  async function useLane(): Promise<void> {
    for (;;) {
      // On SQLite a whole group passes without a look at the network: what arrived meanwhile gets its turn here.
      await nextTurn();
      const first = waiting.take();
      if (!first) break;
      await commitGroup(first);
    }
    lanesInUse -= 1;
    if (lanesInUse > 0) return;
    for (const resolve of whenDone) resolve();
    whenDone = [];
  }

  /** Never throws: each caller learns the outcome of its own work. */
  async function commitGroup(first: Work): Promise<void> {
    const group = [first];
    let answers: (() => void)[] = [];
    try {
      await store.transaction().execute(async (db) => {
        // Run again after a conflict, it begins with the same work.
        answers = [];
        for (let no = 0; no < size; no += 1) {
          const work = group[no] ?? waiting.take();
          if (!work) break;
          group[no] = work;
          const answer = size === 1 ? await work.attempt(db) : await attemptAlone(db, work);
          if (answer) answers.push(answer);
        }
      });
    } catch (error) {
      for (const work of group) work.fail(error);
      if (error instanceof StoreUnavailable) failLongWaiting(error);
      return;
    }
    for (const answer of answers) answer();
  }

  /** Or each of many would wait for another timeout of a database that is down. */
  function failLongWaiting(error: StoreUnavailable): void {
    const limit = performance.now() - waitMs;
    for (const work of waiting.takeAll(({ since }) => since <= limit)) work.fail(error);
  }

  return {
    run: (owner, work) =>
      new Promise((resolve, reject) => {
        waiting.add(owner, {
          since: performance.now(),
          attempt: async (db) => {
            const result = await work(db);
            return () => resolve(result);
          },
          fail: reject,
        });
        if (lanesInUse >= lanes) return;
        lanesInUse += 1;
        useLane();
      }),
    done: () => (lanesInUse === 0 ? Promise.resolve() : new Promise((resolve) => whenDone.push(resolve))),
  };
}

/**
 * Work that fails is undone, and the rest of the group continues.
 * @returns null after such a failure
 * @throws when the whole transaction is undone: a full disk, a lost connection, a conflict with another transaction
 */
async function attemptAlone(db: Queries, work: Work): Promise<(() => void) | null> {
  await db.executeQuery(savepoint);
  try {
    const answer = await work.attempt(db);
    await db.executeQuery(release);
    return answer;
  } catch (error) {
    if (isConflict(error)) throw error;
    // Fails if SQLite has already rolled everything back: it would commit each further statement alone.
    await db.executeQuery(undo).catch((failure: unknown) => {
      throw error instanceof StoreUnavailable ? error : failure;
    });
    await db.executeQuery(release);
    work.fail(error);
    return null;
  }
}
