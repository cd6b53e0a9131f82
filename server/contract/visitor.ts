/** What a visitor’s browser and the server say to each other: session, grant, end. */
import { z } from 'zod';
import { slugSchema } from './words.ts';

/** `POST /v1/sessions` */
export const sessionRequestSchema = z.strictObject({
  tenant: slugSchema,
  /** The solved challenge, as the challenge's kind writes it; needed when the tenant demands one. */
  challenge: z.string().max(8192).optional(),
});
export type SessionRequest = z.infer<typeof sessionRequestSchema>;

export interface SessionAnswer {
  /** A signed, single-use permission for one call attempt. */
  session: string;
  /** ISO-8601 UTC. */
  expiresAt: string;
}

/** Flat values for `{{name}}` in the assistant's prompt; only names that the tenant allows reach Vapi. */
export const variableValuesSchema = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
    z.union([z.string().max(1000), z.number(), z.boolean()]),
  )
  .refine((values) => Object.keys(values).length <= 32, 'at most 32 variables');
export type VariableValues = z.infer<typeof variableValuesSchema>;

/** `POST /v1/calls` */
export const callRequestSchema = z.strictObject({
  session: z.string().min(1).max(2048),
  variableValues: variableValuesSchema.optional(),
});
export type CallRequest = z.infer<typeof callRequestSchema>;

/** What every grant says, whatever the access mode. */
interface GrantBase {
  /** Seconds after which Vapi ends the call: the tenant's limit or what its budget still pays for. */
  maxDurationSeconds: number;
  /**
   * Set when the operator relays Daily's media hosts (Daily's documented `proxyUrl`); the SDK then loads the call
   * machine from there instead of `c.daily.co`.
   */
  mediaProxyUrl?: string;
}

/** The backend has created the call; the browser only joins it. */
export interface ProxyGrant extends GrantBase {
  mode: 'proxy';
  /** Vapi's call id. */
  callId: string;
  /** The room of this one call; whoever has it can join that call and nothing else. */
  webCallUrl: string;
  /** Only when the assistant records video: Daily's meeting token. */
  callToken?: string;
  /** Permission for `POST /v1/calls/{callId}/end`. */
  endToken: string;
}

/** The browser creates the call itself, with a key that the backend hands out. */
export interface KeyGrant extends GrantBase {
  mode: 'scoped-key' | 'public-key';
  /** `scoped-key`: a Vapi JWT, at most 60 s. `public-key`: the org's public key. */
  key: string;
  /** Base URL of Vapi's API for this key. */
  apiBaseUrl: string;
  assistantId: string;
  /** To be passed to `start()` as they are: the limit, the tenant's tags, the allowed variable values. */
  assistantOverrides: {
    maxDurationSeconds: number;
    metadata: Record<string, string>;
    variableValues: VariableValues;
  };
  /** ISO-8601 UTC; only for `scoped-key`. */
  expiresAt?: string;
}

/** What `POST /v1/calls` answers: how to start this call. */
export type Grant = ProxyGrant | KeyGrant;

/** `POST /v1/chats`: the first message of a conversation brings a session, each further one the `chat` of the last answer. */
export const chatRequestSchema = z
  .strictObject({
    session: z.string().min(1).max(2048).optional(),
    chat: z.string().min(1).max(4096).optional(),
    message: z.string().trim().min(1).max(4000),
    /** Only with the first message. */
    variableValues: variableValuesSchema.optional(),
  })
  .refine(
    ({ session, chat }) => (session === undefined) !== (chat === undefined),
    'give a session or a chat',
  );
export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** One `data:` line of the answer: a piece of text, or, last, the permission to go on. */
export type ChatEvent = { delta: string } | { chat: string };

export const ratings = ['good', 'bad'] as const;
export type Rating = (typeof ratings)[number];

/** `POST /v1/calls/{id}/feedback`; a later one replaces an earlier one. */
export const feedbackRequestSchema = z.strictObject({
  /** The call's end token; it serves for an hour longer here. */
  token: z.string().min(1).max(2048),
  rating: z.enum(ratings),
  comment: z.string().trim().min(1).max(1000).optional(),
});
export type FeedbackRequest = z.infer<typeof feedbackRequestSchema>;

/** What the visitor said of a call. */
export interface CallFeedback {
  rating: Rating;
  comment: string | null;
  /** ISO-8601 UTC. */
  at: string;
}

/** `POST /v1/calls/{id}/end` */
export const endCallRequestSchema = z.strictObject({ token: z.string().min(1).max(2048) });
