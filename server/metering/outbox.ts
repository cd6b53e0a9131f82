/** Puts messages for tenants' own servers into the outbox, and keeps what waits there for each tenant within limits. */
import { raiseNotice } from '../access/notices/notices.ts';
import { forwardedContext } from '../access/secrets/tenant-secrets.ts';
import { iso } from '../base/iso.ts';
import { dayIn } from '../base/time-zone.ts';
import type { Queries } from '../store/database.ts';
import {
  type GivenUp,
  giveUpOldest,
  hurryMessages,
  insertContent,
  insertForwardedMessage,
  type Waiting,
} from '../store/forwarded-messages.ts';
import { lockOutbox } from '../store/tenant-locks.ts';
import { type MessageToForward, messageId, recordOf, rememberMs } from './forwarding.ts';
import type { MeteringContext } from './metering-context.ts';

/**
 * How much may wait for one tenant. A message of 5 MB takes 7 MB when sealed, a usual report 50 KB: enough for a day of a
 * busy client, which is as long as delivery is tried. Not a setting: it protects the disk that all tenants share, and a
 * client that needs more has a server to repair.
 */
export const outboxLimits: Waiting = { messages: 10_000, bytes: 100_000_000 };

/** After this long another process takes over a message whose process died. */
export const leaseMs = 60_000;

export interface OutboxEntry {
  /** The last step of the transaction that books the message: until it ends no one else adds to this outbox. */
  write(db: Queries): Promise<void>;
  /** For after the commit. */
  committed(): void;
}

/** Seals the message, before anything is locked. */
export function outboxEntry(ctx: MeteringContext, message: MessageToForward): OutboxEntry {
  const { tenant } = message;
  const id = messageId(message);
  const now = ctx.now();
  const content = {
    id,
    headersSealed: ctx.box.seal(JSON.stringify(message.headers), forwardedContext(id, 'headers')),
    bodySealed: ctx.box.seal(message.body.toString('utf8'), forwardedContext(id, 'body')),
  };
  // What is sealed is ASCII.
  const bytes = content.headersSealed.length + content.bodySealed.length;
  let givenUp: GivenUp | null = null;
  return {
    async write(db) {
      givenUp = null;
      await lockOutbox(db, tenant.id);
      const record = { ...recordOf(message, id, now), bytes, nextAttemptAt: now };
      if (!(await insertForwardedMessage(db, { ...record, answer: null, expiresAt: null }))) return;
      await insertContent(db, content);
      givenUp = await giveUpOldest(db, tenant.id, ctx.outboxLimits, now + rememberMs);
      if (givenUp) await noticeFull(db, message, givenUp, now);
    },
    committed() {
      if (givenUp) {
        const { messages, left } = givenUp;
        ctx.metrics.forwarded.inc({ mode: 'outbox', result: 'given-up' }, messages);
        ctx.log.warn(
          { tenant: tenant.slug, givenUp: messages, left },
          'outbox full: oldest messages given up',
        );
      }
      ctx.outboxBell.ring();
    },
  };
}

/**
 * Part of the transaction that changes where a tenant's messages go, or with which headers, by settings or wiring: waiting
 * messages go to the new server now, or are dropped now if there is none, instead of within an hour. The caller rings
 * `outboxBell` after the commit. The old server gets no more messages: each attempt looks up its target.
 */
export async function retargetOutbox(db: Queries, tenantId: string, nowMs: number): Promise<void> {
  await lockOutbox(db, tenantId);
  await hurryMessages(db, tenantId, nowMs, nowMs + leaseMs);
}

/** Once a day: the metric counts them all. */
async function noticeFull(
  db: Queries,
  { tenant }: MessageToForward,
  { messages, oldestAt, left }: GivenUp,
  nowMs: number,
): Promise<void> {
  const data = {
    givenUp: messages,
    oldest: iso(oldestAt),
    waiting: left.messages,
    waitingBytes: left.bytes,
  };
  await raiseNotice(db, tenant, { kind: 'outbox-full', period: dayIn(tenant.timeZone, nowMs), data }, nowMs);
}
