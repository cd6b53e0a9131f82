/** One warning for each outage of the database, however many requests and connections meet it. */
import type { Logger } from 'pino';

/** Failures closer together than this, in milliseconds, are one outage. */
const quietMs = 60_000;

/** @returns what the store calls with its failures */
export function warnOncePerOutage(log: Logger): (error: unknown) => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    // Only the reason: a driver's error may contain its whole connection.
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (now - lastAt > quietMs)
      log.warn({ code, reason: String(message) }, 'the database is unavailable; reconnecting');
    lastAt = now;
  };
}
