/** Distinguishes an unavailable database (down, hung, read-only, full, locked) from our own mistakes. */

/** SQLSTATE classes and codes after which the same statement may succeed later (PostgreSQL, appendix A). */
const passing = [
  /^08/, // connection exceptions
  /^53/, // insufficient resources: disk full, too many connections
  /^57P0[1-5]$/, // shut down, crashed, starting up, idle session ended
  /^25006$/, // read-only transaction: a standby, or a failover under way
  /^58030$/, // input/output error
];

/** After these a connection is unusable: another one may lead to a working server. */
const endsConnection = [/^08/, /^57P0[1-5]$/, /^25006$/];

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // the socket of a server that is down
]);

/** What `pg` and its pool throw without a code when a connection is lost or a timeout expires. */
const lost =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|The server closed|Postgres connection has been discarded)/i;

/** SQLite's primary result codes: busy, locked, read-only, input/output error, full, cannot open. */
const sqliteCodes = new Set([5, 6, 8, 10, 13, 14]);

/** @returns whether the database, not the statement, is the reason */
export function isUnavailable(error: unknown): boolean {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return sqliteCodes.has(errcode & 0xff);
  return isLost(error) || (typeof code === 'string' && passing.some((pattern) => pattern.test(code)));
}

/** @returns whether the connection that reported this must not be used again */
export function breaksConnection(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return isLost(error) || (typeof code === 'string' && endsConnection.some((pattern) => pattern.test(code)));
}

/** @returns whether another program currently has SQLite's lock */
export function isLocked(error: unknown): boolean {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === 'number' && [5, 6].includes(errcode & 0xff);
}

function isLost(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return networkCodes.has(String(code)) || lost.test(messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
