/** What forwarding needs beyond the `Context`. */
import type { Doorbell } from '../base/doorbell.ts';
import type { Context } from '../context.ts';

export interface MeteringContext extends Context {
  /** Rung when a message for a tenant's own server waits in the outbox. */
  outboxBell: Doorbell;
}
