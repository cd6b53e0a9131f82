/**
 * Runs Kysely's SQLite dialect on `node:sqlite` (the two differ only in how a statement is called), and waits for
 * another program's lock without stopping the process: SQLite's own wait would block the event loop.
 */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
} from 'kysely';
import { StoreUnavailable } from '../base/store-unavailable.ts';
import { isLocked, isUnavailable } from './unavailable.ts';

/** How long SQLite itself may wait, which blocks the event loop. */
const blockingMs = 20;
/** Between two tries. */
const retryMs = 25;

/**
 * @param file a path, or `:memory:`
 * @param timeoutMs how long to wait for another program's lock
 * @param onTrouble called for each failure of the database, not of the statement
 */
export function nodeSqliteDialect(
  file: string,
  timeoutMs = 5000,
  onTrouble: (error: unknown) => void = () => {},
): SqliteDialect {
  return new PatientDialect(file, timeoutMs, onTrouble);
}

class PatientDialect extends SqliteDialect {
  readonly #locks: LockWait;
  constructor(file: string, timeoutMs: number, onTrouble: (error: unknown) => void) {
    super({ database: async () => openDatabase(file) });
    this.#locks = new LockWait(timeoutMs, onTrouble);
  }
  override createDriver(): Driver {
    return patientDriver(super.createDriver(), this.#locks);
  }
}

/** A transaction takes the write lock when it begins: the only place that waits is where nothing has been done yet. */
function patientDriver(driver: Driver, locks: LockWait): Driver {
  const plain = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const inner = (connection: DatabaseConnection) => plain.get(connection) ?? connection;
  return {
    init: (options) => driver.init(options),
    async acquireConnection(options) {
      const connection = await driver.acquireConnection(options);
      let inTransaction = false;
      const patient: DatabaseConnection = {
        async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
          const run = () => connection.executeQuery<Row>(query);
          const result = await (inTransaction ? locks.once(run) : locks.wait(run));
          if (/^begin\b/i.test(query.sql)) inTransaction = true;
          if (/^(commit|rollback)$/i.test(query.sql)) inTransaction = false;
          return result;
        },
        streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
      };
      plain.set(patient, connection);
      return patient;
    },
    beginTransaction: async (connection) => {
      await connection.executeQuery(CompiledQuery.raw('begin immediate'));
    },
    commitTransaction: async (connection) => {
      await connection.executeQuery(CompiledQuery.raw('commit'));
    },
    async rollbackTransaction(connection) {
      try {
        await connection.executeQuery(CompiledQuery.raw('rollback'));
      } catch (error) {
        // A full disk makes SQLite roll back automatically; its error then is the one to show.
        if (!/no transaction is active/.test((error as Error).message)) throw error;
      }
    },
    releaseConnection: (connection, options) => driver.releaseConnection(inner(connection), options),
    destroy: (options) => driver.destroy(options),
  };
}

/** Waits for a lock with the event loop free. All waiters share one timeout, so that their waits do not add up. */
class LockWait {
  readonly #timeoutMs: number;
  readonly #onTrouble: (error: unknown) => void;
  /** By `performance.now()`; null while no one else has the lock. */
  #lockedSince: number | null = null;
  constructor(timeoutMs: number, onTrouble: (error: unknown) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onTrouble = onTrouble;
  }

  async wait<Result>(run: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        const result = await run();
        this.#lockedSince = null;
        return result;
      } catch (error) {
        if (!isLocked(error)) throw this.#explained(error);
        this.#lockedSince ??= performance.now();
        if (performance.now() - this.#lockedSince >= this.#timeoutMs) throw this.#explained(error);
        await pause(retryMs);
      }
    }
  }

  async once<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): unknown {
    if (!isUnavailable(error)) return error;
    this.#onTrouble(error);
    return new StoreUnavailable(error);
  }
}

function openDatabase(file: string): SqliteDatabase {
  if (file !== ':memory:') keepPrivate(file);
  const database = new DatabaseSync(file);
  // FULL makes a commit wait for the disk: what we acknowledge must survive a power cut, not only a crash.
  database.exec(`
    pragma busy_timeout = 5000;
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = ${blockingMs};
  `);
  // The same few statements are repeated; preparing one, or asking whether it returns rows, costs more than running it.
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      const statement = asStatement(database.prepare(sql));
      if (statements.size < 500) statements.set(sql, statement);
      return statement;
    },
  };
}

function asStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}

/** SQLite gives its companion files (-wal, -shm) the permissions of the database file: this user only. */
function keepPrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  for (const path of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(path)) chmodSync(path, 0o600);
}
