/** The database cannot work at the moment: what a route answers 503 for and a worker does not log again. */

/** Thrown instead of the driver's error; the request may be sent again, nothing of it was kept. */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super(
      `The database cannot be used at the moment: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
