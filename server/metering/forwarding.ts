/** Forwards Vapi's messages to the tenant's own server: answered ones immediately, all others through the outbox. */
import { createHash } from 'node:crypto';
import { outsideOf, outsideOrListed, postOutside } from '../base/outside.ts';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import type { ForwardTarget } from '../store/forward-targets.ts';
import { findForwardedMessage, insertForwardedMessage } from '../store/forwarded-messages.ts';
import type { Tenant } from '../store/tenants.ts';
import { answerLimitMs } from '../vapi/message-kinds.ts';
import { headersFor } from './forward-target.ts';

export interface MessageToForward {
  tenant: Tenant;
  assistantId: string | null;
  type: string;
  /** From `headersToPass`. */
  headers: Record<string, string>;
  /** The bytes exactly as received; valid UTF-8. */
  body: Buffer;
}

/** How long a message's outcome is remembered: longer than Vapi retries, and longer than a signature is fresh. */
export const rememberMs = 3_600_000;
/** We answer a little before Vapi stops waiting, so that it gets our reason. */
const marginMs = 500;

/** The same message of the same tenant has the same id, however often it comes. */
export function messageId(message: MessageToForward): string {
  const digest = createHash('sha256').update(`${message.tenant.id}\n`).update(message.body);
  return `fwd_${digest.digest('base64url')}`;
}

/**
 * Asks the tenant's own server and returns its answer, with the body unread.
 *
 * Wiring makes Vapi retry when it did not before, and an answered message has effects (a tool books a table). So a message
 * that has failed there is not sent again unless Vapi would have retried without us.
 * @param once also refuse a message that has been answered: a repeated signed request is a replay
 * @throws ApiError `forward_failed`, `conflict`
 */
export async function relayMessage(
  ctx: Context,
  target: ForwardTarget,
  message: MessageToForward,
  once: boolean,
): Promise<Response> {
  const id = messageId(message);
  const earlier = await findForwardedMessage(ctx.store, id);
  if (earlier?.answer && isSuccess(earlier.answer)) throw new ApiError('conflict');
  if (earlier && !target.retried)
    throw new ApiError('forward_failed', { detail: 'It has already been tried.' });
  let response: Response;
  try {
    response = await postMessage(
      ctx,
      target,
      message,
      answerLimitMs(message.type, target.timeoutSeconds) - marginMs,
    );
  } catch (cause) {
    await remember(0);
    ctx.metrics.forwarded.inc({ mode: 'relay', result: 'failed' });
    throw new ApiError('forward_failed', { cause });
  }
  const succeeded = isSuccess(response.status);
  if (once || !succeeded) await remember(response.status);
  ctx.metrics.forwarded.inc({ mode: 'relay', result: succeeded ? 'delivered' : 'failed' });
  return response;

  async function remember(answer: number): Promise<void> {
    const now = ctx.now();
    await insertForwardedMessage(ctx.store, {
      ...recordOf(message, id, now),
      nextAttemptAt: null,
      answer,
      expiresAt: now + rememberMs,
    });
  }
}

/** @throws when there is no answer within `timeoutMs`, or the target may not be reached */
export async function postMessage(
  ctx: Context,
  target: ForwardTarget,
  message: Pick<MessageToForward, 'headers' | 'body'>,
  timeoutMs: number,
  stop?: AbortSignal,
): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const outside = target.entered ? outsideOrListed(ctx.config) : outsideOf(ctx.config);
  return postOutside(target.url, outside, {
    headers: headersFor(ctx, target, message.headers),
    body: message.body,
    signal: stop ? AbortSignal.any([timeout, stop]) : timeout,
  });
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function recordOf(message: MessageToForward, id: string, now: number) {
  const { tenant, assistantId, type } = message;
  return {
    id,
    tenantId: tenant.id,
    assistantId,
    type: type.slice(0, 100),
    createdAt: now,
    attempts: 0,
    bytes: 0,
  };
}
