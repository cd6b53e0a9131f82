/**
 * `POST /v1/chats`: one message of a text conversation, its answer as `text/event-stream`. Each message is reserved like
 * a call and has its row in the ledger, so that a conversation cannot pass a limit that a call could not.
 */
import { randomBytes } from 'node:crypto';
import express, { type Response, Router } from 'express';
import { admit } from '../access/admit.ts';
import { askBeforeCall } from '../access/before-call.ts';
import { type ChatClaims, issueChatToken, verifyChatToken } from '../access/chat-token.ts';
import { checkConsent } from '../access/consent.ts';
import { reserve } from '../access/reserve.ts';
import { type SessionClaims, verifySession } from '../access/session-token.ts';
import { openTenantSecret } from '../access/tenant-secrets.ts';
import { isNetwork, networkOf } from '../access/visitor-network.ts';
import type { Context } from '../context.ts';
import { type ChatEvent, type ChatRequest, chatRequestSchema, type VariableValues } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { ingestCallEvent } from '../metering/ingest.ts';
import { releaseReservation } from '../store/reservations.ts';
import type { Tenant } from '../store/tenants.ts';
import { readChatCost, streamChat } from '../vapi/chat-api.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { parse, parseJsonText } from './parse.ts';

export function chatRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.text({ type: ['text/plain', 'application/json'], limit: '16kb' });

  router.post('/chats', ctx.frontLimits.calls, body, async (req, res) => {
    const asked = parse(chatRequestSchema, parseJsonText(req.body));
    const { claims, previousChatId, consentVersion: agreedBefore } = permissionOf(ctx, asked);
    const { tenant, origin } = await admit(ctx, claims.tenant, req.headers.origin);
    if (tenant.id !== claims.tenantId) throw new ApiError('unauthorized');
    if (origin !== claims.origin) throw new ApiError('origin_not_allowed');
    if (tenant.bindSessionToNetwork && !isNetwork(ctx.keys.network, networkOf(req.ip), claims.network)) {
      throw new ApiError('unauthorized');
    }
    if (!tenant.modes.some((mode) => mode !== 'voice')) throw new ApiError('call_denied');
    const consentVersion = previousChatId ? agreedBefore : checkConsent(tenant, asked.consent);
    const reservation = await reserve(ctx, tenant, claims, consentVersion, 'message');
    let variableValues: VariableValues = {};
    try {
      if (!previousChatId)
        variableValues = await variablesFor(ctx, tenant, claims, asked.variableValues ?? {});
    } catch (error) {
      await releaseReservation(ctx.store, reservation.id);
      throw error;
    }
    const { assistantId } = reservation;
    const message: Message = {
      tenant,
      claims,
      consentVersion,
      reservationId: reservation.id,
      chat: { input: asked.message, previousChatId, assistantId, variableValues },
    };
    // A visitor who leaves in the middle has still used what was written.
    const answered = answer(ctx, res, origin, message);
    ctx.background(answered.catch(() => {}));
    await answered;
  });

  return router;
}

type Permission = { claims: SessionClaims; previousChatId: string | null; consentVersion: string | null };

/** A session begins a conversation, a chat token goes on with it; both name a reservation that can be taken once. */
function permissionOf(ctx: Context, asked: ChatRequest): Permission {
  const now = ctx.now();
  if (asked.session) {
    const verified = verifySession(ctx.keys.session, asked.session, now);
    if (!verified.ok) throw new ApiError(verified.reason === 'expired' ? 'session_expired' : 'unauthorized');
    return { claims: verified.claims, previousChatId: null, consentVersion: null };
  }
  const verified = verifyChatToken(ctx.keys.session, asked.chat ?? '', now);
  if (!verified.ok) throw new ApiError(verified.reason === 'expired' ? 'session_expired' : 'unauthorized');
  const { previousChatId, consentVersion, ...claims } = verified.claims;
  return {
    claims: { ...claims, jti: `ses_${randomBytes(18).toString('base64url')}` },
    previousChatId,
    consentVersion,
  };
}

/** Of the page's variables only those that the tenant allows, and what the operator's server adds. */
async function variablesFor(
  ctx: Context,
  tenant: Tenant,
  claims: SessionClaims,
  asked: VariableValues,
): Promise<VariableValues> {
  const allowed = Object.fromEntries(
    Object.entries(asked).filter(([name]) => tenant.allowedVariables.includes(name)),
  );
  return { ...allowed, ...(await askBeforeCall(ctx, tenant, claims, allowed)) };
}

interface Message {
  tenant: Tenant;
  claims: SessionClaims;
  consentVersion: string | null;
  reservationId: string;
  chat: Parameters<typeof streamChat>[2];
}

/** The head goes out with the first word, so that a refusal of Vapi's can still be told as one. */
async function answer(
  ctx: Context,
  res: Response,
  origin: string,
  { tenant, claims, consentVersion, reservationId, chat }: Message,
): Promise<void> {
  const send = (event: ChatEvent): void => {
    if (!res.headersSent) {
      res.set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        'Access-Control-Allow-Origin': origin,
      });
    }
    if (!res.writableEnded) res.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  const key = openTenantSecret(ctx.box, tenant, 'privateKey') ?? '';
  const startedAt = ctx.now();
  let chatId: string;
  try {
    chatId = await streamChat(ctx.config.vapiBaseUrl, key, chat, (delta) => send({ delta }));
  } catch (error) {
    await releaseReservation(ctx.store, reservationId);
    if (!(error instanceof VapiError)) throw error;
    throw new ApiError('vapi_unavailable', { retryAfter: 5, cause: error });
  }
  const { jti: _jti, ...who } = claims;
  const next: ChatClaims = { ...who, previousChatId: chatId, consentVersion };
  send({ chat: issueChatToken(ctx.keys.session, next, ctx.now()) });
  res.end();
  await book(ctx, tenant, { chatId, reservationId, assistantId: chat.assistantId, startedAt, key });
}

/** A text conversation has no length, only a cost. */
async function book(
  ctx: Context,
  tenant: Tenant,
  said: { chatId: string; reservationId: string; assistantId: string; startedAt: number; key: string },
): Promise<void> {
  const cost = await readChatCost(ctx.config.vapiBaseUrl, said.key, said.chatId);
  const now = ctx.now();
  const { row, usageChanged } = await ingestCallEvent(
    ctx.store,
    ctx.box,
    tenant,
    {
      kind: 'report',
      source: 'answer',
      callId: said.chatId,
      asOf: now,
      type: 'chat',
      status: 'ended',
      assistantId: said.assistantId,
      sessionId: said.reservationId,
      createdAt: said.startedAt,
      startedAt: said.startedAt,
      endedAt: said.startedAt,
      endedReason: null,
      controlUrl: null,
      cost,
    },
    now,
  );
  if (usageChanged) ctx.onCallBooked(tenant, row);
}
