/** What reports and forwarding need beyond the `Context`. */
import type { Doorbell } from '../base/doorbell.ts';
import type { Context } from '../context.ts';
import type { Waiting } from '../store/forwarded-messages.ts';
import type { GroupCommit } from '../store/group-commit.ts';

export interface MeteringContext extends Context {
  /** What webhooks report, by tenant: many are committed together. */
  reports: GroupCommit;
  /** Rung when a message for a tenant's own server waits in the outbox. */
  outboxBell: Doorbell;
  /** How much may wait there for one tenant. */
  outboxLimits: Waiting;
}
