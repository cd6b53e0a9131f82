/** The database is unavailable: a route answers 503, and a worker does not log it again. */

/** Thrown instead of the driver's error; nothing of the request was stored, so it may be repeated. */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super(
      `The database cannot be used at the moment: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
