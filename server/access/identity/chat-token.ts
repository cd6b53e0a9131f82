/**
 * The permission to go on with a text conversation: who, on which page, and after which message. Good for one message,
 * like a session for one start.
 */
import { z } from 'zod';
import type { DerivedKey } from '../../base/derived-keys.ts';
import { newSessionId, sessionClaims } from './session-token.ts';
import { tokenKind } from './signed-token.ts';

/** A conversation may rest this long between two messages. */
const chatMs = 30 * 60_000;

/**
 * Each message is sent with all that was said before it, so this is what bounds the cost of the last one: 30 messages of
 * at most 4,000 characters, and their answers.
 */
export const messagesPerConversation = 30;

const chatClaims = sessionClaims.extend({
  /** Vapi's id of the last message; worthless without the tenant's key. */
  previousChatId: z.string(),
  /** How many have been sent. */
  messages: z.int().min(1),
  /** What the visitor had agreed to when the conversation began. */
  consentVersion: z.string().nullable().default(null),
});
export type ChatClaims = z.infer<typeof chatClaims>;

const chatToken = tokenKind('chat', chatClaims);
export const { verify: verifyChatToken } = chatToken;

export function issueChatToken(keys: DerivedKey[], claims: Omit<ChatClaims, 'jti'>, nowMs: number): string {
  return chatToken.issue(keys, { ...claims, jti: newSessionId() }, nowMs + chatMs, nowMs);
}
