/**
 * Connections to PostgreSQL that do not outlive its failure: limits for connecting, for waiting for a place and for a
 * statement; a connection that has failed is not used again. It has no session state and no named statements, so that a
 * pooler in transaction mode (pgbouncer) may be in between.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { StoreUnavailable } from '../base/store-unavailable.ts';
import { patience, repeatConflicts } from './conflicts.ts';
import { breaksConnection, isUnavailable } from './unavailable.ts';

export interface PoolLimits {
  /** Connections at the same time. */
  size: number;
  /** Milliseconds for a connection, and for a place in the pool. */
  connectMs: number;
  /** Milliseconds for one statement; 0 = no limit. */
  statementMs: number;
}

/** @param onTrouble called for each connection lost while idle, and for each failure */
export function postgresPool(
  url: string,
  { size, connectMs, statementMs }: PoolLimits,
  onTrouble: (error: unknown) => void,
): PostgresPool {
  const types = new pg.TypeOverrides();
  // pg returns 64-bit integers as text; ours are amounts and times that a number holds exactly.
  types.setTypeParser(pg.types.builtins.INT8, (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new Error(`integer out of range: ${text}`);
    return value;
  });
  const pool = new pg.Pool({
    connectionString: url,
    types,
    max: size,
    connectionTimeoutMillis: connectMs,
    // On this side: a setting of the server would be session state, and a silent server does not enforce its timeouts.
    query_timeout: statementMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener, losing an idle connection, or one between two statements, would end the process.
  pool.on('error', onTrouble);
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    async connect() {
      try {
        return guarded(await pool.connect(), onTrouble);
      } catch (error) {
        throw explained(error, onTrouble);
      }
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

/**
 * The same client, which is discarded on release if its connection has failed. A statement that is a transaction alone is
 * run again after a conflict; one within a transaction is not, because all of the transaction is (`database.ts`).
 */
function guarded(client: pg.PoolClient, onTrouble: (error: unknown) => void): PostgresPoolClient {
  let broken = false;
  let inTransaction = false;
  const how = { ...patience, onGivenUp: onTrouble };
  const query = (sql: string, parameters: readonly unknown[]) => {
    if (/^(begin|start transaction)\b/i.test(sql)) inTransaction = true;
    return inTransaction ? once(sql, parameters) : repeatConflicts(() => once(sql, parameters), how);
  };
  const once = async (sql: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      broken ||= breaksConnection(error);
      throw explained(error, onTrouble);
    }
  };
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(broken || Boolean(destroy)),
  };
}

function explained(error: unknown, onTrouble: (error: unknown) => void): unknown {
  if (!isUnavailable(error)) return error;
  onTrouble(error);
  return new StoreUnavailable(error);
}
