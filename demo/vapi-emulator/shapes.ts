/**
 * What request bodies may contain. The real API whitelists: an unknown property is a 400 that names it, at every level
 * that is modelled here. Deep objects (model, voice, …) are kept as they come.
 */
import { z } from 'zod';
import { Refusal } from './errors.ts';

export const object = z.record(z.string(), z.unknown());
export const uuid = z.uuid('must be a UUID');

export const serverSchema = z.strictObject({
  url: z.url('must be a URL address').optional(),
  timeoutSeconds: z.number().min(1).max(300).optional(),
  credentialId: z.string().optional(),
  staticIpAddressesEnabled: z.boolean().optional(),
  encryptedPaths: z.array(z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  backoffPlan: z
    .strictObject({
      type: z.enum(['fixed', 'exponential']),
      maxRetries: z.number().min(0).max(10),
      baseDelaySeconds: z.number().min(0).max(10),
      excludedStatusCodes: z.array(z.number()).optional(),
    })
    .optional(),
  // Not in today's public types, but still sent by Vapi's own repositories (vapi-facts 3.7).
  secret: z.string().optional(),
});

/** Fields that an assistant and its overrides share (vapi-facts 2.1). */
const shared = {
  transcriber: object.optional(),
  model: z.looseObject({ provider: z.string(), model: z.string() }).optional(),
  voice: object.optional(),
  firstMessage: z.string().optional(),
  firstMessageInterruptionsEnabled: z.boolean().optional(),
  firstMessageMode: z
    .enum([
      'assistant-speaks-first',
      'assistant-speaks-first-with-model-generated-message',
      'assistant-waits-for-user',
    ])
    .optional(),
  voicemailDetection: z.unknown().optional(),
  clientMessages: z.array(z.string()).optional(),
  serverMessages: z.array(z.string()).optional(),
  maxDurationSeconds: z.number().min(10).max(43_200).optional(),
  backgroundSound: z.string().optional(),
  modelOutputInMessagesEnabled: z.boolean().optional(),
  transportConfigurations: z.array(object).optional(),
  observabilityPlan: object.optional(),
  credentials: z.array(object).optional(),
  credentialIds: z.array(z.string()).optional(),
  hooks: z.array(object).optional(),
  name: z.string().max(40).optional(),
  voicemailMessage: z.string().optional(),
  endCallMessage: z.string().optional(),
  endCallPhrases: z.array(z.string()).optional(),
  compliancePlan: object.optional(),
  metadata: object.optional(),
  backgroundSpeechDenoisingPlan: object.optional(),
  analysisPlan: object.optional(),
  artifactPlan: object.optional(),
  startSpeakingPlan: object.optional(),
  stopSpeakingPlan: object.optional(),
  monitorPlan: object.optional(),
  server: serverSchema.optional(),
  keypadInputPlan: object.optional(),
};

/** `server: null` removes the server. */
export const assistantSchema = z.strictObject({ ...shared, server: serverSchema.nullish() });
export type AssistantBody = z.infer<typeof assistantSchema>;

const overridesSchema = z.strictObject({
  ...shared,
  'tools:append': z.array(object).optional(),
  variableValues: object.optional(),
});
export type Overrides = z.infer<typeof overridesSchema>;

const memberSchema = z.strictObject({
  assistantId: uuid.nullish(),
  assistant: assistantSchema.optional(),
  assistantVersion: z.string().nullish(),
  assistantOverrides: overridesSchema.optional(),
  assistantDestinations: z.array(object).optional(),
});

const squadSchema = z.strictObject({
  name: z.string().optional(),
  members: z.array(memberSchema),
  membersOverrides: overridesSchema.optional(),
});

/** `POST /call/web`; no top-level `metadata`, `name` or `customer` (vapi-facts 0.5). */
export const webCallSchema = z.strictObject({
  assistantId: uuid.optional(),
  assistant: assistantSchema.optional(),
  assistantVersion: z.string().nullable().optional(),
  assistantOverrides: overridesSchema.optional(),
  squadId: uuid.optional(),
  squad: squadSchema.optional(),
  squadOverrides: overridesSchema.optional(),
  workflowId: uuid.optional(),
  workflow: object.optional(),
  workflowOverrides: object.optional(),
  roomDeleteOnUserLeaveEnabled: z.boolean().optional(),
});
export type WebCallBody = z.infer<typeof webCallSchema>;

/** `POST` and `PATCH /token` (`CreateTokenDTO` of `@vapi-ai/web`). */
export const tokenSchema = z.strictObject({
  tag: z.enum(['private', 'public']).optional(),
  name: z.string().max(40).optional(),
  restrictions: z
    .strictObject({
      enabled: z.boolean().optional(),
      allowedOrigins: z.array(z.string()).optional(),
      allowedAssistantIds: z.array(z.string()).optional(),
      allowTransientAssistant: z.boolean().optional(),
    })
    .optional(),
});

export const renameSchema = z.strictObject({ name: z.string().max(40).optional() });

const count = (most: number) => z.coerce.number().min(0).max(most);
const instant = z.iso.datetime({ offset: true, message: 'must be a valid ISO 8601 date string' });

export const timeFilters = {
  createdAtGt: instant.optional(),
  createdAtLt: instant.optional(),
  createdAtGe: instant.optional(),
  createdAtLe: instant.optional(),
  updatedAtGt: instant.optional(),
  updatedAtLt: instant.optional(),
  updatedAtGe: instant.optional(),
  updatedAtLe: instant.optional(),
};

/** `GET /call` */
export const callListSchema = z.strictObject({
  id: uuid.optional(),
  assistantId: uuid.optional(),
  phoneNumberId: uuid.optional(),
  limit: count(1000).default(100),
  ...timeFilters,
});

const oneOrMany = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : value.split(',')));

/** `GET /v2/call` */
export const callPageSchema = z.strictObject({
  ...callListSchema.shape,
  page: z.coerce.number().int().min(1).default(1),
  cursor: z.string().optional(),
  sortBy: z.enum(['createdAt', 'duration', 'cost']).default('createdAt'),
  sortOrder: z.enum(['ASC', 'DESC']).default('DESC'),
  idAny: oneOrMany.optional(),
  assistantIdAny: oneOrMany.optional(),
  endedReasonAny: oneOrMany.optional(),
  costLe: z.coerce.number().optional(),
  costGe: z.coerce.number().optional(),
});

/** `GET /assistant`, `/phone-number` and `/token`. */
export const listSchema = z.strictObject({ limit: count(1000).default(100), ...timeFilters });

/** `GET /squad` */
export const squadListSchema = z.strictObject({ ...listSchema.shape, idAny: oneOrMany.optional() });

/** Versions and drafts of an assistant; no list here is long enough for its cursor. */
export const versionListSchema = z.strictObject({
  cursor: z.string().optional(),
  limit: z.coerce.number().min(1).max(100).default(25),
  includeDeleted: z.enum(['true', 'false']).optional(),
});

const messages = z.union([z.string().min(1), z.array(z.looseObject({ role: z.string() })).min(1)]);

/** `POST /chat` */
export const chatSchema = z.strictObject({
  input: messages,
  assistantId: uuid.optional(),
  assistant: assistantSchema.optional(),
  squadId: uuid.optional(),
  squad: object.optional(),
  sessionId: uuid.optional(),
  previousChatId: uuid.optional(),
  assistantOverrides: overridesSchema.optional(),
  name: z.string().max(40).optional(),
  stream: z.boolean().optional(),
  transport: object.optional(),
});

/** `GET /chat` */
export const chatListSchema = z.strictObject({
  id: uuid.optional(),
  assistantId: uuid.optional(),
  sessionId: uuid.optional(),
  previousChatId: uuid.optional(),
  page: z.coerce.number().int().min(1).default(1),
  limit: count(1000).default(100),
  sortBy: z.literal('createdAt').optional(),
  sortOrder: z.enum(['ASC', 'DESC']).default('DESC'),
  ...timeFilters,
});

/** `POST /session` */
export const sessionSchema = z.strictObject({
  assistantId: uuid.optional(),
  assistant: assistantSchema.optional(),
  squadId: uuid.optional(),
  squad: object.optional(),
  assistantOverrides: overridesSchema.optional(),
  name: z.string().max(40).optional(),
  status: z.enum(['active', 'completed']).optional(),
  expirationSeconds: z.number().min(60).max(2_592_000).optional(),
  messages: z.array(object).optional(),
  customer: object.optional(),
  customerId: z.string().optional(),
  phoneNumberId: z.string().optional(),
});

/** The message of one issue, in the words of the service's validator. */
function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `${path === '' ? '' : `${path}.`}property ${key} should not exist`);
    case 'too_small':
      return [`${path} must not be less than ${issue.minimum}`];
    case 'too_big':
      return [
        issue.origin === 'string'
          ? `${path} must be shorter than or equal to ${issue.maximum} characters`
          : `${path} must not be greater than ${issue.maximum}`,
      ];
    case 'invalid_type':
      return [`${path} must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`];
    case 'invalid_value':
      return [`${path} must be one of the following values: ${issue.values.join(', ')}`];
    default:
      return [`${path} ${issue.message}`];
  }
}

/** The value by `schema`, or a 400 that lists every fault. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  throw new Refusal(400, result.error.issues.flatMap(describe));
}

/** Refuses what is not a UUID before anything is looked up. */
export function requireUuid(id: string): string {
  if (!z.uuid().safeParse(id).success) throw new Refusal(400, 'id must be a valid UUID');
  return id;
}
