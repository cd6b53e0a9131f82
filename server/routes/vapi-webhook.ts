/** What Vapi reports about a tenant's calls. 200 means that it is in the ledger and survives a crash. */
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import {
  createWebhookDoor,
  type ProvenWebhook,
  type WebhookBounds,
  webhookBounds,
} from '../access/identity/webhook-sender.ts';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { askSoon } from '../metering/ask-call.ts';
import { forwardTargetOf, headersToPass, isOwnForward } from '../metering/forward-target.ts';
import { type MessageToForward, relayMessage } from '../metering/forwarding.ts';
import { afterIngest, type Ingested, ingestReport } from '../metering/ingest.ts';
import type { MeteringContext } from '../metering/metering-context.ts';
import { outboxEntry } from '../metering/outbox.ts';
import { answerPhoneRequest } from '../metering/phone-answer.ts';
import type { ForwardTarget } from '../store/forward-targets.ts';
import type { Tenant } from '../store/tenants.ts';
import { noteWebhook } from '../vapi/capture.ts';
import { speakingAssistant, tellsOfCall, typeLabel, wantsAnswer } from '../vapi/message-kinds.ts';
import { readServerMessage, type ServerMessage } from '../vapi/messages.ts';
import { phoneAnswerBody, readPhoneRequest } from '../vapi/phone-requests.ts';
import { parseJsonText } from './parse.ts';

/** @param bounds how much may be in memory, and how long it may take to arrive */
export function vapiWebhookRoutes(
  ctx: AccessContext & MeteringContext,
  bounds: WebhookBounds = webhookBounds,
): Router {
  const router = Router();
  const receive = createWebhookDoor(ctx, bounds);
  router.post('/:tenant', count(ctx), async (req, res) => {
    const webhook = await receive(req);
    try {
      await handle(ctx, req, res, webhook);
    } finally {
      webhook.release();
    }
  });
  return router;
}

async function handle(
  ctx: MeteringContext,
  req: Request,
  res: Response,
  webhook: ProvenWebhook,
): Promise<void> {
  const { tenant, secrets, body: bytes } = webhook;
  const json = isUtf8(bytes) ? parseJsonText(bytes.toString('utf8')) : null;
  const message = readServerMessage(json, ctx.now(), ctx.config.vapiBaseUrl);
  if (!message) throw new ApiError('invalid_request', { detail: 'The body is not a server message.' });
  noteWebhook(message.event?.callId, json);
  res.locals.messageType = typeLabel(message.type);
  ctx.tracing?.note({ 'vapi_agent.tenant': tenant.slug, 'vapi_agent.message': typeLabel(message.type) });
  req.log.info(
    { tenant: tenant.slug, message: message.type.slice(0, 100), call: message.event?.callId },
    'vapi webhook',
  );
  if (tellsOfCall(message.type) && !message.event) {
    // Vapi would resend it in the same form, so it is accepted; the reconciler must find what it was about.
    res.locals.webhookResult = 'unreadable';
    req.log.warn({ tenant: tenant.slug, message: message.type }, 'a report without a readable call');
  }
  // Of the others there are many, and long ones.
  const asked = wantsAnswer(message.type) ? readPhoneRequest(json, ctx.now(), ctx.config.vapiBaseUrl) : null;
  const answer = asked && (await answerPhoneRequest(ctx, tenant, asked));
  if (answer) {
    if (!('assistantId' in answer)) res.locals.webhookResult = 'refused';
    res.json(phoneAnswerBody(answer));
    return;
  }
  const assistantId = speakingAssistant(json);
  const target = isOwnForward(ctx, req.headers) ? null : await forwardTargetOf(ctx, tenant, assistantId);
  const headers = headersToPass(req.headers, secrets);
  const forward = { tenant, assistantId, type: message.type, headers, body: bytes };
  if (target && wantsAnswer(message.type)) return relay(ctx, target, forward, res);
  const ingested = await takeReport(ctx, message, target ? forward : null, tenant);
  const about = { tenant: tenant.slug, call: message.event?.callId };
  if (ingested?.refused) {
    // Accepted like any other: the sender must not learn that someone else has the call.
    res.locals.webhookResult = 'not-theirs';
    req.log.warn(about, 'report of a call of another tenant');
  } else if (ingested?.doubted) {
    res.locals.webhookResult = 'in-doubt';
    req.log.warn(about, 'a late report, or one of less than is booked: Vapi is asked');
  }
  res.json({});
}

/** By type and outcome, including refusals. */
function count(ctx: Context): RequestHandler {
  return (_req, res, next) => {
    res.once('close', () => {
      const type = res.locals.messageType ?? 'unread';
      const found = res.locals.errorCode ?? res.locals.webhookResult;
      const result = found ?? (res.writableFinished ? 'ok' : 'aborted');
      ctx.metrics.webhooks.inc({ type, result });
    });
    next();
  };
}

/**
 * The ledger and the outbox are written together, or neither is.
 * @returns null when the message says nothing about a call's state or cost
 */
async function takeReport(
  ctx: MeteringContext,
  message: ServerMessage,
  forward: MessageToForward | null,
  tenant: Tenant,
): Promise<Ingested | null> {
  let ingested: Ingested | null = null;
  const entry = forward && outboxEntry(ctx, forward);
  if (message.event) {
    ingested = await ingestReport(ctx, tenant, message.event, entry?.write);
    afterIngest(ctx, tenant, ingested);
    ctx.wakeSweep(tenant.orgId);
    if (ingested.unwanted === 'ask') askSoon(ctx, tenant, ingested.row);
  } else if (entry) {
    await ctx.reports.run(tenant.id, entry.write);
  }
  entry?.committed();
  return ingested;
}

/** The tenant's own server answers, as if we were not there; the answer may be an audio stream. */
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
  // If the stream breaks off, `pipeline` aborts our answer too, so that Vapi does not take a part for the whole.
  await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), res);
}
