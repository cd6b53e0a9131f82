/** What forwarding needs beyond the `Context`. */
import type { Doorbell } from '../base/doorbell.ts';
import type { Context } from '../context.ts';
import type { Waiting } from '../store/forwarded-messages.ts';

export interface MeteringContext extends Context {
  /** Rung when a message for a tenant's own server waits in the outbox. */
  outboxBell: Doorbell;
  /** How much may wait there for one tenant. */
  outboxLimits: Waiting;
}
