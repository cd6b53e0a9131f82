/** Text conversations in the ledger: each message is a chat at Vapi, which has no length, only a cost. */
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { keepIdentity } from '../access/start/identity.ts';
import type { Context } from '../context.ts';
import type { EventSource, VisitorIdentity } from '../contract.ts';
import type { CallEvent } from '../ledger/call-event.ts';
import { type Chat, chatEvent } from '../ledger/chat-event.ts';
import type { Tenant } from '../store/tenants.ts';
import { readChatCost } from '../vapi/chat-api.ts';
import { afterIngest, ingestCallEvent } from './ingest.ts';

/**
 * Must be called before the first word is passed on: from then on the message is in the ledger, its reservation is
 * claimed, and Vapi is asked for its cost later, even if this process dies.
 */
export async function beginChat(
  ctx: Context,
  tenant: Tenant,
  chat: Chat,
  visitor: VisitorIdentity | null = null,
): Promise<void> {
  const event = chatEvent(chat, 'answer', ctx.now(), 'begun');
  await ingestCallEvent(ctx, tenant, event);
  // Afterwards: what belongs to no message would never be erased.
  if (visitor)
    await ctx.store.transaction().execute((db) => keepIdentity(ctx, db, tenant.id, chat.id, visitor));
}

/** The answer is complete, or has broken off. */
export async function endChat(ctx: Context, tenant: Tenant, chat: Chat): Promise<void> {
  const event = await askAboutChat(ctx, tenant, chat, 'answer');
  afterIngest(ctx, tenant, await ingestCallEvent(ctx, tenant, event));
}

/** By the time Vapi is asked about it, its answer is over; only its cost can be missing. */
export async function askAboutChat(
  ctx: Context,
  tenant: Tenant,
  chat: Chat,
  source: EventSource,
): Promise<CallEvent> {
  const key = openTenantSecret(ctx.box, tenant, 'privateKey');
  const cost = await readChatCost(ctx.config.vapiBaseUrl, key, chat.id);
  return chatEvent(chat, source, ctx.now(), 'over', cost);
}
