/** One warning for each outage of a store, however many requests and connections meet it. */
import type { Logger } from 'pino';

/** Failures closer together than this, in milliseconds, are one outage. */
const quietMs = 60_000;

/**
 * @param warning what it means
 * @returns what is called with each failure
 */
export function warnOncePerOutage(
  log: Logger,
  warning = 'the database is unavailable; reconnecting',
): (error: unknown) => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    // Only the reason: a driver's error may contain its whole connection.
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (now - lastAt > quietMs) log.warn({ code, reason: String(message) }, warning);
    lastAt = now;
  };
}
