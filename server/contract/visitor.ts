/** What a visitor’s browser and the server exchange: session, grant, end. */
import { z } from 'zod';
import { identityTokenSchema } from './identity.ts';
import { pageGrantSchema } from './page-tools.ts';
import { slugSchema, timeSchema } from './words.ts';

/** Of `POST /v1/sessions` and the challenge before it. Other parameters are ignored: this one only selects a limit. */
export const aheadQuerySchema = z.object({
  ahead: z
    .enum(['true'])
    .optional()
    .describe(
      'Fetched ahead of a click that may never come: counted separately from requests made by a click.',
    ),
});

/** `POST /v1/sessions` */
export const sessionRequestSchema = z.strictObject({
  tenant: slugSchema,
  assistant: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      "The assistant's id, one of the tenant's `siteAssistantIds`; default its `assistantId`. Calls and messages of the session are with it.",
    ),
  challenge: z
    .string()
    .max(8192)
    .optional()
    .describe(
      "The solved challenge, as the challenge's kind writes it; required when the tenant demands one.",
    ),
});
export type SessionRequest = z.infer<typeof sessionRequestSchema>;

export const sessionAnswerSchema = z.object({
  session: z.string().describe('A signed, single-use permission for one call attempt.'),
  expiresAt: timeSchema.describe('ISO-8601 UTC.'),
  mediaProxyUrl: z
    .string()
    .describe('As in the grant, for what is loaded before the grant arrives.')
    .exactOptional(),
});
export type SessionAnswer = z.infer<typeof sessionAnswerSchema>;

/** Flat values for `{{name}}` in the assistant's prompt; only names that the tenant allows reach Vapi. */
export const variableValuesSchema = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
    z.union([z.string().max(1000), z.number(), z.boolean()]),
  )
  .refine((values) => Object.keys(values).length <= 32, 'at most 32 variables');
export type VariableValues = z.infer<typeof variableValuesSchema>;

const consentVersionSchema = z
  .string()
  .min(1)
  .max(40)
  .describe(
    "The version of the tenant's consent that the visitor has agreed to; without the current one a start is refused with `call_denied`, and `errors` names `consent`.",
  );

/** `POST /v1/calls` */
export const callRequestSchema = z.strictObject({
  session: z.string().min(1).max(2048),
  variableValues: variableValuesSchema.optional(),
  identity: identityTokenSchema.optional(),
  consent: consentVersionSchema.optional(),
});
export type CallRequest = z.infer<typeof callRequestSchema>;

/** Common to every grant, whatever the access mode. */
const grantBaseSchema = z.object({
  maxDurationSeconds: z
    .int()
    .describe(
      "Seconds after which Vapi ends the call: the tenant's limit or what its budget still pays for.",
    ),
  mediaProxyUrl: z
    .string()
    .describe(
      "Set when the operator relays Daily's media hosts (Daily's documented `proxyUrl`); the SDK then loads the call machine from there instead of `c.daily.co`.",
    )
    .exactOptional(),
});

/** The backend has created the call; the browser only joins it. */
export const proxyGrantSchema = grantBaseSchema.extend({
  mode: z.literal('proxy'),
  callId: z.string().describe("Vapi's call id."),
  webCallUrl: z
    .string()
    .describe('The room of this one call; its holder can join that call and nothing else.'),
  callToken: z
    .string()
    .describe("Only when the assistant records video: Daily's meeting token.")
    .exactOptional(),
  endToken: z
    .string()
    .describe('Permission for `POST /v1/calls/{callId}/end`, `…/leave`, `…/rejoin` and `…/feedback`.'),
  rejoinWithinSeconds: z
    .int()
    .describe(
      'How long the call waits for a visitor who has left the page; absent when leaving it ends the call.',
    )
    .exactOptional(),
  page: pageGrantSchema
    .describe('What the assistant may do and know on the page; absent when that is nothing.')
    .exactOptional(),
});
export type ProxyGrant = z.infer<typeof proxyGrantSchema>;

/** The browser creates the call itself, with a key that the backend hands out. */
export const keyGrantSchema = grantBaseSchema.extend({
  mode: z.enum(['scoped-key', 'public-key']),
  key: z.string().describe("`scoped-key`: a Vapi JWT, at most 60 s. `public-key`: the org's public key."),
  apiBaseUrl: z.string().describe("Base URL of Vapi's API for this key."),
  assistantId: z.string(),
  assistantOverrides: z
    .object({
      maxDurationSeconds: z.int(),
      metadata: z.record(z.string(), z.string()),
      variableValues: variableValuesSchema,
    })
    .describe("Pass them to `start()` unchanged: the limit, the tenant's tags, the allowed variable values."),
  expiresAt: timeSchema.describe('ISO-8601 UTC; only for `scoped-key`.').exactOptional(),
  feedbackToken: z
    .string()
    .describe('Permission for `POST /v1/calls/{callId}/feedback` of the call that is made with it.'),
});
export type KeyGrant = z.infer<typeof keyGrantSchema>;

/** What `POST /v1/calls` answers: how to start this call. */
export const grantSchema = z.discriminatedUnion('mode', [proxyGrantSchema, keyGrantSchema]);
export type Grant = z.infer<typeof grantSchema>;

/** `POST /v1/chats`: the first message of a conversation brings a session, each further one the `chat` of the last answer. */
export const chatRequestSchema = z
  .strictObject({
    session: z.string().min(1).max(2048).optional(),
    chat: z.string().min(1).max(4096).optional(),
    message: z.string().trim().min(1).max(4000),
    variableValues: variableValuesSchema.optional().describe('Only with the first message.'),
    identity: identityTokenSchema.optional().describe('As in `POST /v1/calls`; only with the first message.'),
    consent: consentVersionSchema.optional(),
  })
  .refine(
    ({ session, chat }) => (session === undefined) !== (chat === undefined),
    'give a session or a chat',
  );
export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** One `data:` line of the answer: a piece of text, or, last, the permission to continue. */
export const chatEventSchema = z.union([z.object({ delta: z.string() }), z.object({ chat: z.string() })]);
export type ChatEvent = z.infer<typeof chatEventSchema>;

export const ratings = ['good', 'bad'] as const;
export type Rating = (typeof ratings)[number];

/** `POST /v1/calls/{id}/feedback`; a later one replaces an earlier one. */
export const feedbackRequestSchema = z.strictObject({
  token: z
    .string()
    .min(1)
    .max(2048)
    .describe(
      "The grant's `endToken` or `feedbackToken`; it is valid until an hour after the longest possible call.",
    ),
  rating: z.enum(ratings),
  comment: z.string().trim().min(1).max(1000).optional(),
});
export type FeedbackRequest = z.infer<typeof feedbackRequestSchema>;

/** A visitor's rating of a call. */
export const callFeedbackSchema = z.object({
  rating: z.enum(ratings),
  comment: z.string().nullable(),
  at: timeSchema.describe('ISO-8601 UTC.'),
});
export type CallFeedback = z.infer<typeof callFeedbackSchema>;

/** `POST /v1/calls/{id}/leave` and `…/rejoin`: the visitor moves between pages of the site. */
export const pageOfCallSchema = z.strictObject({
  token: z.string().min(1).max(2048).describe("The call's end token."),
  page: z
    .int()
    .min(0)
    .max(100_000)
    .describe('The page that is left or reached; 0 is the one where the call was started.'),
});

/** `POST /v1/calls/{id}/end` */
export const endCallRequestSchema = z.strictObject({ token: z.string().min(1).max(2048) });
