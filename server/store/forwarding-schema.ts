/** The tables of messages that go on to tenants' own servers; conventions as in `schema.ts`. */

export interface ForwardingSchema {
  forwardTargets: ForwardTargetsTable;
  forwardedMessages: ForwardedMessagesTable;
  forwardedContents: ForwardedContentsTable;
  outboxLocks: OutboxLocksTable;
}

/** Where one assistant's messages are forwarded, if not to the tenant's usual target. */
export interface ForwardTargetsTable {
  tenantId: string;
  assistantId: string;
  /** JSON with URL and headers; null = they go nowhere. */
  targetSealed: string | null;
}

/** Messages for tenants' own servers, and for a while their outcomes. */
export interface ForwardedMessagesTable {
  /** Digest of tenant and body, so that the same message is stored once. */
  id: string;
  tenantId: string;
  assistantId: string | null;
  /** Vapi's message type. */
  type: string;
  createdAt: number;
  attempts: number;
  /** Null when nothing remains to be done. */
  nextAttemptAt: number | null;
  /** HTTP status of the last attempt, 0 if there was no answer; null before the first. */
  answer: number | null;
  /** When its outcome may be deleted; null while it waits. */
  expiresAt: number | null;
  /** Size of its content as stored; 0 once that is deleted. */
  bytes: number;
}

/** The content of such a message; stored only as long as needed, since it is a conversation. */
export interface ForwardedContentsTable {
  id: string;
  headersSealed: string;
  bodySealed: string;
}

export interface OutboxLocksTable {
  tenantId: string;
  /** How often; only the row's lock matters. */
  taken: number;
}
