/** How a tenant's Vapi proves itself on our webhook, where its messages are forwarded, and how its assistants are wired. */
import { z } from 'zod';
import { timeSchema } from './words.ts';

/** RFC 9110 token, in the lower case in which headers are compared. */
const headerNameSchema = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'use a header name');

/** The fields of Vapi's HMAC credential under our names, with its defaults; the key is `webhookSecret`. */
const hmacAuthSchema = z
  .strictObject({
    kind: z.literal('hmac'),
    algorithm: z.enum(['sha256', 'sha512', 'sha1']).default('sha256'),
    signatureHeader: headerNameSchema.default('x-signature'),
    timestampHeader: headerNameSchema
      .default('x-timestamp')
      .describe('Its value may be in seconds or milliseconds; five minutes of difference are allowed.'),
    signaturePrefix: z
      .string()
      .max(100)
      .default('')
      .describe('What precedes the signature, for instance `sha256=`.'),
    encoding: z.enum(['hex', 'base64']).default('hex'),
    payloadFormat: z.string().max(200).default('{timestamp}.{body}'),
    secretIsBase64: z.boolean().default(false),
    messageIdHeader: headerNameSchema.nullable().default(null).describe('Contains the value of `{svix-id}`.'),
  })
  // Without these two a signature would say nothing about what was sent or when.
  .refine(({ payloadFormat }) => payloadFormat.includes('{body}') && payloadFormat.includes('{timestamp}'), {
    path: ['payloadFormat'],
    message: 'must contain {body} and {timestamp}',
  })
  .refine(({ payloadFormat, messageIdHeader }) => messageIdHeader || !payloadFormat.includes('{svix-id}'), {
    path: ['messageIdHeader'],
    message: 'is needed for {svix-id}',
  });

export const webhookAuthSchema = z.discriminatedUnion('kind', [
  /** The secret itself in `X-Vapi-Agent-Token`, `X-Vapi-Secret` or as a bearer token. */
  z.strictObject({ kind: z.literal('token') }),
  hmacAuthSchema,
]);
export type HmacAuth = z.infer<typeof hmacAuthSchema>;

/** Sent with everything that is forwarded. Write-only: an answer shows the names. */
export const forwardHeadersSchema = z
  .record(headerNameSchema, z.string().regex(/^[\t\x20-\x7e]{0,4096}$/, 'use printable ASCII'))
  .refine((headers) => Object.keys(headers).length <= 50, 'use at most 50 headers');

/** `POST /v1/tenants/{slug}/wire` */
export const wireRequestSchema = z.strictObject({
  squadId: z.uuid('must be a UUID').optional().describe("Its members' saved assistants are also wired."),
  credentialId: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'A credential at Vapi that signs what Vapi sends; needed when `webhookAuth` is `hmac` and none is set yet.',
    ),
});
export type WireRequest = z.infer<typeof wireRequestSchema>;

export const shownServerSchema = z.object({
  url: z.string().nullable(),
  headers: z.array(z.string()),
  credentialId: z.string().nullable(),
  timeoutSeconds: z.int().nullable(),
  backoffPlan: z.unknown(),
});
export type ShownServer = z.infer<typeof shownServerSchema>;

/** Why the calls of an assistant that should report to us are not reported. */
export const wiringTroubles = [
  'draft',
  'refused',
  'elsewhere',
  'secret',
  'messages',
  'gone',
  'silent',
] as const;
export type WiringTrouble = (typeof wiringTroubles)[number];

const wiringStateSchema = z
  .enum(['connected', 'waiting', 'not-wired', ...wiringTroubles])
  .describe(
    '`connected`: a call made since the wiring was reported. `waiting`: Vapi shows the wiring; no such call was reported yet. `not-wired`: it was never wired here. `draft`: Vapi keeps the change as a draft that calls do not use. `refused`: Vapi refused the change. `elsewhere`: it reports to another server. `secret`: it presents another secret. `messages`: it does not send what the ledger needs. `gone`: Vapi no longer has it. `silent`: its last two calls ended without a report, or the only one since the wiring.',
  );
export type WiringState = z.infer<typeof wiringStateSchema>;
const problemSchema = z.string().nullable().describe('What is wrong, and what to do; null when nothing is.');

/** What was read of an assistant at Vapi after it was changed. */
const readBack = {
  state: wiringStateSchema
    .nullable()
    .describe('As read at Vapi after the change, in the version that calls use; null in a dry run.'),
  problem: problemSchema,
  differences: z
    .array(z.string())
    .describe('Fields that differ at Vapi from what was set, such as `server.backoffPlan`.'),
};

export const assistantWiringSchema = z.object({
  assistantId: z.string(),
  name: z.string().nullable(),
  changed: z.boolean().describe('False when it is wired already.'),
  server: z.object({
    before: shownServerSchema.nullable(),
    after: shownServerSchema,
  }),
  serverMessages: z
    .object({
      before: z.array(z.string()).nullable(),
      after: z.array(z.string()),
    })
    .describe("Null = Vapi's default list."),
  forwardUrl: z
    .string()
    .nullable()
    .describe("Where this assistant's messages are forwarded; null = nowhere."),
  ...readBack,
});
export type AssistantWiring = z.infer<typeof assistantWiringSchema>;

/** The answer: what was changed, or would be. Header values are secrets, so only names are shown. */
export const wireAnswerSchema = z.object({
  dryRun: z.boolean(),
  assistants: z.array(assistantWiringSchema),
  notes: z.array(z.string()).describe('What else the operator should know or do.'),
});
export type WireAnswer = z.infer<typeof wireAnswerSchema>;

/** `GET /v1/tenants/{slug}/wiring` */
export const wiringAnswerSchema = z.object({
  assistants: z.array(
    z.object({
      assistantId: z.string(),
      name: z.string().nullable().describe('Null until it has been read at Vapi.'),
      state: wiringStateSchema,
      problem: problemSchema,
      wiredAt: timeSchema.nullable().describe('Since when it has been known to report here.'),
      lastReportAt: timeSchema.nullable().describe('The newest report of a call made since then.'),
      checkedAt: timeSchema.nullable().describe('When it was last read at Vapi: every 20 minutes.'),
    }),
  ),
});
export type WiringAnswer = z.infer<typeof wiringAnswerSchema>;

/** `POST /v1/tenants/{slug}/unwire` */
export const unwireAnswerSchema = z.object({
  assistants: z
    .array(
      z.object({
        assistantId: z.string(),
        name: z.string().nullable(),
        url: z.string().nullable().describe('The server that it reports to again; null = none.'),
        problem: problemSchema,
      }),
    )
    .describe('All assistants of the organization that reported here.'),
});
export type UnwireAnswer = z.infer<typeof unwireAnswerSchema>;

/** `ok`: Vapi knows the key and the assistants. `unreachable`: Vapi did not answer, so nothing was checked. */
export const vapiChecks = ['ok', 'unreachable'] as const;
export type VapiCheck = (typeof vapiChecks)[number];
