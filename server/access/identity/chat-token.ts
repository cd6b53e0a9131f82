/**
 * The permission to continue a text conversation: who, on which page, and after which message. Valid for one message, as
 * a session is for one start.
 */
import { z } from 'zod';
import type { DerivedKey } from '../../base/derived-keys.ts';
import { visitorIdentitySchema } from '../../contract.ts';
import { newSessionId, sessionClaims } from './session-token.ts';
import { tokenKind } from './signed-token.ts';

/** Longest pause between two messages of a conversation. */
const chatMs = 30 * 60_000;

/**
 * Each message is sent with the whole conversation before it, so this bounds the cost of the last one: 30 messages of at
 * most 4,000 characters, and their answers.
 */
export const messagesPerConversation = 30;

const chatClaims = sessionClaims.extend({
  /** Vapi's id of the last message; worthless without the tenant's key. */
  previousChatId: z.string(),
  /** How many have been sent. */
  messages: z.int().min(1),
  /** What the visitor agreed to when the conversation began. */
  consentVersion: z.string().nullable().default(null),
  /** As the first message's identity has it: the visitor can read it, but not change it. */
  visitor: visitorIdentitySchema.nullable().default(null),
});
export type ChatClaims = z.infer<typeof chatClaims>;

const chatToken = tokenKind('chat', chatClaims);
export const { verify: verifyChatToken } = chatToken;

export function issueChatToken(keys: DerivedKey[], claims: Omit<ChatClaims, 'jti'>, nowMs: number): string {
  return chatToken.issue(keys, { ...claims, jti: newSessionId() }, nowMs + chatMs, nowMs);
}
