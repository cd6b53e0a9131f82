/** Delivers the outbox to tenants' own servers: each message at least once, with growing pauses, for a day. */

import { forwardedContext } from '../access/secrets/tenant-secrets.ts';
import { growingPauses } from '../base/pauses.ts';
import { startSharedWorker } from '../base/shared-worker.ts';
import type { Worker } from '../base/worker.ts';
import type { Context } from '../context.ts';
import {
  type ForwardedMessage,
  findContent,
  finishMessage,
  forgetFinishedMessages,
  postponeMessages,
  retryMessage,
  takeDueMessage,
} from '../store/forwarded-messages.ts';
import { lockOutbox } from '../store/tenant-locks.ts';
import { findTenantById } from '../store/tenants.ts';
import { forwardTargetOf } from './forward-target.ts';
import { isSuccess, postMessage, rememberMs } from './forwarding.ts';
import type { MeteringContext } from './metering-context.ts';
import { leaseMs } from './outbox.ts';

const pollMs = 2000;
const mostAtOnce = 12;
const timeoutMs = 20_000;
/** 5 s, 10 s, 20 s, … up to an hour. */
const pauseAfter = growingPauses(5000, 3_600_000);
const giveUpAfterMs = 86_400_000;
const forgetEveryMs = 60_000;
const forgetAtOnce = 5000;

export function startForwarding(ctx: MeteringContext): Worker {
  const stopping = new AbortController();
  let forgetAt = ctx.now();
  const worker = startSharedWorker<ForwardedMessage>(ctx.log, {
    atOnce: mostAtOnce,
    pauseMs: pollMs,
    bell: ctx.outboxBell,
    async takeDue(closedTo) {
      const now = ctx.now();
      if (now >= forgetAt) {
        forgetAt = now + forgetEveryMs;
        if (await forgetFinishedMessages(ctx.store, now, forgetAtOnce)) forgetAt = now;
      }
      return takeDueMessage(ctx.store, now, now + leaseMs, closedTo);
    },
    work: (message) => deliverMessage(ctx, message, stopping.signal),
  });
  return {
    stop() {
      stopping.abort();
      return worker.stop();
    },
  };
}

/** @returns whether the tenant's server accepted it; null when it was not sent */
async function deliverMessage(
  ctx: Context,
  message: ForwardedMessage,
  stop: AbortSignal,
): Promise<boolean | null> {
  const { id, tenantId } = message;
  const tenant = await findTenantById(ctx.store, tenantId);
  const target = tenant && (await forwardTargetOf(ctx, tenant, message.assistantId));
  const content = await contentOf(ctx, id);
  const finish = async (result: string, answer: number) => {
    const finished = await ctx.store
      .transaction()
      .execute((db) => finishMessage(db, id, answer, ctx.now() + rememberMs));
    // One that was dropped meanwhile because the outbox was full is already counted.
    if (finished) ctx.metrics.forwarded.inc({ mode: 'outbox', result });
  };
  // Forwarding has been turned off meanwhile.
  if (!target || !content) {
    await finish('dropped', 0);
    return null;
  }

  const startedAt = ctx.now();
  const answer = await statusOf(postMessage(ctx, target, content, timeoutMs, stop));
  if (isSuccess(answer)) {
    await finish('delivered', answer);
    return true;
  }
  // A stop is not a failure of the server: the message is due again as soon as any process can deliver it.
  if (stop.aborted) {
    await retryMessage(ctx.store, id, answer, startedAt);
    return null;
  }
  const now = ctx.now();
  const what = { tenant: tenant.slug, message: message.type, attempt: message.attempts, answer };
  if (now - message.createdAt >= giveUpAfterMs) {
    ctx.log.error(what, 'forwarding given up');
    await finish('given-up', answer);
    return false;
  }
  ctx.log.warn(what, 'message not forwarded');
  ctx.metrics.forwarded.inc({ mode: 'outbox', result: 'failed' });
  const pause = pauseAfter(message.attempts);
  await retryMessage(ctx.store, id, answer, now + pause);
  if (answer === 0) {
    await ctx.store.transaction().execute(async (db) => {
      await lockOutbox(db, tenantId);
      await postponeMessages(db, tenantId, now, now + Math.min(pause, 60_000));
    });
  }
  return false;
}

async function contentOf(ctx: Context, id: string) {
  const sealed = await findContent(ctx.store, id);
  if (!sealed) return null;
  const { headersSealed, bodySealed } = sealed;
  const headers = JSON.parse(ctx.box.open(headersSealed, forwardedContext(id, 'headers'))) as Record<
    string,
    string
  >;
  return { headers, body: Buffer.from(ctx.box.open(bodySealed, forwardedContext(id, 'body')), 'utf8') };
}

/** @returns 0 when there was no answer */
async function statusOf(request: Promise<Response>): Promise<number> {
  try {
    const response = await request;
    // The answer is not needed, but the connection can serve the next message only after it has been read.
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}
