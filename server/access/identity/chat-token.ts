/**
 * The permission to go on with a text conversation: who, on which page, and after which message. Good for one message,
 * like a session for one start.
 */
import { z } from 'zod';
import type { DerivedKey } from '../../base/derived-keys.ts';
import { newSessionId } from './session-token.ts';
import { signToken, type Verified, verifyToken } from './signed-token.ts';

/** A conversation may rest this long between two messages. */
const chatMs = 30 * 60_000;

/**
 * Each message is sent with all that was said before it, so this is what bounds the cost of the last one: 30 messages of
 * at most 4,000 characters, and their answers.
 */
export const messagesPerConversation = 30;

const chatClaims = z.object({
  jti: z.string().startsWith('ses_'),
  tenant: z.string(),
  /** A slug can get a new owner; the id cannot. */
  tenantId: z.string(),
  origin: z.string(),
  network: z.string(),
  /** Of its IPv6 /48, if it has one. */
  site: z.string().nullable().default(null),
  generation: z.int(),
  /** Vapi's id of the last message; worthless without the tenant's key. */
  previousChatId: z.string(),
  /** How many have been sent. */
  messages: z.int().min(1),
  /** What the visitor had agreed to when the conversation began. */
  consentVersion: z.string().nullable().default(null),
});
export type ChatClaims = z.infer<typeof chatClaims>;

export function issueChatToken(keys: DerivedKey[], claims: Omit<ChatClaims, 'jti'>, nowMs: number): string {
  return signToken(keys, 'chat', { ...claims, jti: newSessionId() }, nowMs + chatMs, nowMs);
}

export function verifyChatToken(keys: DerivedKey[], token: string, nowMs: number): Verified<ChatClaims> {
  return verifyToken(keys, 'chat', token, chatClaims, nowMs);
}
