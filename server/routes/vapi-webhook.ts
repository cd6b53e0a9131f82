/** What Vapi tells us of a tenant's calls. 200 means: it is in the ledger and survives a crash. */
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { createByteBudget } from '../access/byte-budget.ts';
import { endUnwanted } from '../access/end-call.ts';
import { webhookSecretsOf } from '../access/tenant-secrets.ts';
import type { Context } from '../context.ts';
import { slugSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { askSoon } from '../metering/ask-call.ts';
import {
  type ForwardTarget,
  forwardTargetOf,
  headersToPass,
  isOwnForward,
  webhookUrlOf,
} from '../metering/forward-target.ts';
import { type MessageToForward, queueMessage, relayMessage } from '../metering/forwarding.ts';
import { type Ingested, ingestCallEvent } from '../metering/ingest.ts';
import { deletedForMs } from '../metering/orgs.ts';
import { findLastTenant, type Tenant } from '../store/tenants.ts';
import { speakingAssistant, tellsOfCall, typeLabel, wantsAnswer } from '../vapi/message-kinds.ts';
import { readServerMessage, type ServerMessage } from '../vapi/messages.ts';
import { isFromVapi, mayBeFromVapi } from '../vapi/webhook-auth.ts';
import { parseJsonText } from './parse.ts';

/** Who sent a webhook, as the first step found out. */
interface Sender {
  tenant: Tenant;
  secrets: string[];
}

/** A report holds the whole conversation and the assistant with its prompt. */
export const longestBody = 5 * 1024 * 1024;
/** Of bodies whose signature cannot be checked before they are read. Vapi sends again what is refused meanwhile. */
const unprovenBytes = { perTenant: 4 * longestBody, total: 20 * longestBody };

export function vapiWebhookRoutes(ctx: Context): Router {
  const router = Router();
  // What can be checked is checked before the body is read, so that not everybody can make us read that much.
  const body = express.raw({ type: () => true, limit: longestBody });
  router.post('/:tenant', count(ctx), identify(ctx), boundUnproven(), body, async (req, res) => {
    const { tenant, secrets } = res.locals.sender as Sender;
    const bytes = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const url = webhookUrlOf(ctx, tenant.slug);
    const signed = { method: req.method, url, headers: req.headers, body: bytes };
    if (!isFromVapi(signed, tenant.webhookAuth, secrets)) await refuse(ctx, req);
    (res.locals.proven as (() => void) | undefined)?.();

    const json = isUtf8(bytes) ? parseJsonText(bytes.toString('utf8')) : null;
    const message = readServerMessage(json, ctx.now(), ctx.config.vapiBaseUrl);
    if (!message) throw new ApiError('invalid_request', { detail: 'The body is not a server message.' });
    res.locals.messageType = typeLabel(message.type);
    req.log.info(
      { tenant: tenant.slug, message: message.type.slice(0, 100), call: message.event?.callId },
      'vapi webhook',
    );
    if (tellsOfCall(message.type) && !message.event) {
      // Vapi would send it in the same form again, so it is taken; the reconciler has to find what it was about.
      res.locals.webhookResult = 'unreadable';
      req.log.warn(
        { tenant: tenant.slug, message: message.type },
        'a report without a call that can be read',
      );
    }
    const assistantId = speakingAssistant(json);
    const target = isOwnForward(ctx, req.headers) ? null : await forwardTargetOf(ctx, tenant, assistantId);
    const headers = headersToPass(req.headers, secrets);
    const forward = { tenant, assistantId, type: message.type, headers, body: bytes };
    if (target && wantsAnswer(message.type)) return relay(ctx, target, forward, res);
    const ingested = await take(ctx, message, target ? forward : null, tenant);
    const about = { tenant: tenant.slug, call: message.event?.callId };
    if (ingested?.refused) {
      // Taken like any other: that somebody else has the call is not for the sender to know.
      res.locals.webhookResult = 'not-theirs';
      req.log.warn(about, 'told of a call of another tenant');
    } else if (ingested?.doubted) {
      res.locals.webhookResult = 'in-doubt';
      req.log.warn(about, 'told late, or less than is booked, of a call: Vapi is asked');
    }
    res.json({});
  });
  return router;
}

/** By type and outcome, also what is refused. */
function count(ctx: Context): RequestHandler {
  return (_req, res, next) => {
    res.once('close', () => {
      const type = (res.locals.messageType as string | undefined) ?? 'unread';
      const found = (res.locals.errorCode ?? res.locals.webhookResult) as string | undefined;
      const result = found ?? (res.writableFinished ? 'ok' : 'aborted');
      ctx.metrics.webhooks.inc({ type, result });
    });
    next();
  };
}

/** A deleted tenant too, as long as nobody else has its slug: until its assistants are given back they still send to us. */
function identify(ctx: Context): RequestHandler {
  return async (req, res, next) => {
    const slug = slugSchema.safeParse(req.params.tenant);
    const now = ctx.now();
    const tenant = slug.success ? await findLastTenant(ctx.store, slug.data, now - deletedForMs) : null;
    const secrets = tenant ? webhookSecretsOf(ctx.box, tenant, now) : [];
    if (!tenant || !mayBeFromVapi(req.headers, tenant.webhookAuth, secrets, now)) return refuse(ctx, req);
    res.locals.sender = { tenant, secrets } satisfies Sender;
    next();
  };
}

/** A token was proof enough; a signature is over the body, so for a while anybody's body is in memory. */
function boundUnproven(): RequestHandler {
  const budget = createByteBudget(unprovenBytes.perTenant, unprovenBytes.total);
  return (req, res, next) => {
    const { tenant } = res.locals.sender as Sender;
    if (tenant.webhookAuth.kind === 'token') return next();
    const length = Number(req.headers['content-length'] ?? Number.NaN);
    // What is compressed can grow to the longest body, and a body without a length too.
    const isPlain = Number.isInteger(length) && req.headers['content-encoding'] === undefined;
    const proven = budget.take(tenant.id, isPlain ? Math.min(length, longestBody) : longestBody);
    if (!proven) throw new ApiError('rate_limited', { retryAfter: 2 });
    res.locals.proven = proven;
    res.once('close', proven);
    next();
  };
}

/**
 * Vapi's addresses are shared by all its customers. So too many failures only change how a failure is answered: they
 * must not keep a tenant's reports out because of somebody else's wrong secret.
 */
async function refuse(ctx: Context, req: Request): Promise<never> {
  await ctx.frontLimits.failedAuth(req.ip);
  throw new ApiError('unauthorized');
}

/**
 * The ledger and the outbox are written together, or neither is.
 * @returns null when the message says nothing about a call's state or cost
 */
async function take(
  ctx: Context,
  message: ServerMessage,
  forward: MessageToForward | null,
  tenant: Tenant,
): Promise<Ingested | null> {
  let ingested: Ingested | null = null;
  if (message.event) {
    const alongside = forward
      ? (db: Parameters<typeof queueMessage>[1]) => queueMessage(ctx, db, forward)
      : undefined;
    ingested = await ingestCallEvent(ctx.store, ctx.box, tenant, message.event, ctx.now(), alongside);
    const { row, usageChanged, bookedMicros, unwanted, isNewlyUnwanted } = ingested;
    if (usageChanged) ctx.onCallBooked(tenant, row);
    ctx.metrics.bookedMicros.inc(bookedMicros);
    if (unwanted === 'ask') askSoon(ctx, tenant, row);
    else if (unwanted !== null) endUnwanted(ctx, tenant, row.id, unwanted, isNewlyUnwanted);
  } else if (forward) {
    await ctx.store.transaction().execute((db) => queueMessage(ctx, db, forward));
  }
  if (forward) ctx.outboxBell.ring();
  return ingested;
}

/** The tenant's own server answers, as if we were not there; the answer may be a stream of sound. */
async function relay(
  ctx: Context,
  target: ForwardTarget,
  message: MessageToForward,
  res: Response,
): Promise<void> {
  const answer = await relayMessage(ctx, target, message, message.tenant.webhookAuth.kind === 'hmac');
  res.status(answer.status);
  const type = answer.headers.get('content-type');
  if (type !== null) res.set('Content-Type', type);
  if (!answer.body) {
    res.end();
    return;
  }
  // When the stream breaks off, `pipeline` cuts our answer too, so that Vapi does not take a part for the whole.
  await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), res);
}
