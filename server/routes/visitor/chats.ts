/**
 * `POST /v1/chats`: one message of a text conversation, its answer as `text/event-stream`. Each message is reserved like
 * a call and has its row in the ledger, so that a conversation cannot exceed any limit on calls.
 */
import { type Response, Router } from 'express';
import type { AccessContext } from '../../access/access-context.ts';
import {
  type ChatClaims,
  issueChatToken,
  messagesPerConversation,
  verifyChatToken,
} from '../../access/identity/chat-token.ts';
import { type SessionClaims, verifySession } from '../../access/identity/session-token.ts';
import { openTenantSecret } from '../../access/secrets/tenant-secrets.ts';
import { admitSession, claimsOf } from '../../access/start/admit.ts';
import { variablesFor } from '../../access/start/before-call.ts';
import { checkConsent } from '../../access/start/consent.ts';
import { verifyIdentity } from '../../access/start/identity.ts';
import { reserve } from '../../access/start/reserve.ts';
import { isSquad } from '../../access/tenants/squads.ts';
import { inSpan } from '../../base/tracing.ts';
import type { Context } from '../../context.ts';
import { type ChatEvent, type ChatRequest, chatRequestSchema, type VisitorIdentity } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import type { Chat } from '../../ledger/chat-event.ts';
import { beginChat, endChat } from '../../metering/chats.ts';
import { releaseReservation } from '../../store/reservations.ts';
import type { Tenant } from '../../store/tenants.ts';
import { streamChat } from '../../vapi/chat-api.ts';
import { VapiError } from '../../vapi/vapi-api.ts';
import { vapiFailure } from '../../vapi/vapi-failure.ts';
import { parse, parseJsonText } from '../parse.ts';
import { visitorBody } from './cors.ts';

export function chatRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.post('/chats', ctx.frontLimits.calls, visitorBody, async (req, res) => {
    const asked = parse(chatRequestSchema, parseJsonText(req.body));
    const {
      claims,
      previousChatId,
      messages,
      consentVersion: agreedBefore,
      ...before
    } = permissionOf(ctx, asked);
    // Each further message has a session of its own.
    ctx.tracing?.join(claims.jti, previousChatId !== null);
    ctx.tracing?.note({ 'vapi_agent.tenant': claims.tenant });
    const { tenant, origin } = await admitSession(ctx, claims, req);
    const consentVersion = previousChatId ? agreedBefore : checkConsent(tenant, asked.consent);
    const identity = previousChatId ? null : await verifyIdentity(ctx, tenant, asked.identity);
    const visitor = identity?.visitor ?? before.visitor;
    const reservation = await inSpan(ctx, 'reserve', () =>
      reserve(ctx, tenant, claims, { consentVersion, kind: 'message' }),
    );
    const values = { reservation, asked: asked.variableValues, identity };
    const variableValues = previousChatId ? {} : await variablesFor(ctx, tenant, claims, values);
    const { assistantId } = reservation;
    const message: Message = {
      tenant,
      claims,
      messages,
      consentVersion,
      visitor,
      chat: {
        ...{ name: reservation.id, input: asked.message, previousChatId, variableValues },
        ...{ assistantId, isSquad: isSquad(tenant, assistantId) },
      },
    };
    // A visitor who leaves midway has still used what was written.
    const answered = answer(ctx, res, origin, message);
    ctx.background(answered.catch(() => {}));
    await answered;
  });

  return router;
}

interface Permission {
  claims: SessionClaims;
  previousChatId: string | null;
  /** Messages sent in this conversation so far. */
  messages: number;
  consentVersion: string | null;
  visitor: VisitorIdentity | null;
}

/** A session begins a conversation, a chat token continues it; each names a reservation that can be made once. */
function permissionOf(ctx: Context, asked: ChatRequest): Permission {
  const now = ctx.now();
  if (asked.session) {
    const claims = claimsOf(verifySession(ctx.keys.session, asked.session, now));
    return { claims, previousChatId: null, messages: 0, consentVersion: null, visitor: null };
  }
  const { previousChatId, messages, consentVersion, visitor, ...claims } = claimsOf(
    verifyChatToken(ctx.keys.session, asked.chat ?? '', now),
  );
  if (messages >= messagesPerConversation) {
    const detail = 'This conversation has reached its maximum length. Start another with a new session.';
    throw new ApiError('session_expired', { detail });
  }
  return { claims, previousChatId, messages, consentVersion, visitor };
}

interface Message {
  tenant: Tenant;
  claims: SessionClaims;
  messages: number;
  consentVersion: string | null;
  visitor: VisitorIdentity | null;
  /** Its `name` is the reservation's id. */
  chat: Parameters<typeof streamChat>[2];
}

/** The head is sent with the first word, so that a refusal by Vapi can still be reported as one. */
async function answer(
  ctx: Context,
  res: Response,
  origin: string,
  { tenant, claims, messages, consentVersion, visitor, chat }: Message,
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
  const said = await passOn(ctx, tenant, { ...chat, visitor }, (delta) => send({ delta }));
  const { jti: _jti, ...who } = claims;
  const next: Omit<ChatClaims, 'jti'> = {
    ...who,
    previousChatId: said.id,
    messages: messages + 1,
    consentVersion,
    visitor,
  };
  send({ chat: issueChatToken(ctx.keys.session, next, ctx.now()) });
  res.end();
  await endChat(ctx, tenant, said);
}

/**
 * Asks Vapi and passes on its words, the first one only when the message is in the ledger.
 * @throws ApiError `vapi_unavailable`; the reservation stays unless it is certain that nothing came of the message
 */
async function passOn(
  ctx: Context,
  tenant: Tenant,
  { visitor, ...chat }: Message['chat'] & Pick<Message, 'visitor'>,
  tell: (delta: string) => void,
): Promise<Chat> {
  const { name: reservationId, assistantId } = chat;
  const key = openTenantSecret(ctx.box, tenant, 'privateKey');
  const at = ctx.now();
  let said: Chat | null = null;
  try {
    for await (const piece of streamChat(ctx.config.vapiBaseUrl, key, chat)) {
      if ('delta' in piece) tell(piece.delta);
      else {
        said = { id: piece.id, reservationId, assistantId, at };
        await beginChat(ctx, tenant, said, visitor);
      }
    }
  } catch (error) {
    if (error instanceof VapiError && error.refused) await releaseReservation(ctx.store, reservationId);
    throw vapiFailure(error);
  }
  if (!said) throw new Error('a stream without a chat');
  return said;
}
