/** Calls by phone: what a caller hears who is not answered, a tenant's numbers, and callers who are blocked. */
import { z } from 'zod';
import { lineSchema, timeSchema } from './words.ts';

const e164Schema = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'use a phone number with its country code, such as +14155550100');

export const phoneRefusalSchema = z
  .strictObject({
    say: lineSchema.min(1, 'Required').max(300).describe('Spoken to a caller who is not answered.'),
    transferTo: e164Schema
      .nullable()
      .describe(
        'Where such a caller is sent instead; null = nowhere. Never one who is blocked or calls too often. The number’s carrier may charge for it.',
      ),
  })
  .describe(
    'For calls that this server refuses (`phoneCalls: ask`): paused, closed, all lines busy, no budget. Replaced as a whole.',
  );

export const phoneNumberModes = ['ask', 'assistant'] as const;

/** How a number is at Vapi now. */
export const phoneNumberStates = ['asks', 'answers', 'elsewhere', 'unanswered', 'gone'] as const;

/** `PUT /v1/tenants/{slug}/phone-numbers/{id}` */
export const putPhoneNumberSchema = z.strictObject({
  mode: z
    .enum(phoneNumberModes)
    .describe(
      '`ask`: Vapi asks this server who answers, before the call costs; requires `phoneCalls: ask`. `assistant`: the assistant answers each call without asking.',
    ),
  assistantId: z
    .uuid('must be a UUID')
    .optional()
    .describe('One of the tenant’s assistants or squads; left out: its `assistantId`.'),
  name: lineSchema.min(1).max(40).optional().describe('At Vapi; left out: as it is.'),
  fallback: e164Schema
    .nullable()
    .optional()
    .describe(
      'Where Vapi sends a call when this server does not answer within 7.5 seconds; null or left out: nowhere.',
    ),
  credentialId: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('A credential at Vapi that signs; needed for `ask` when `webhookAuth` is `hmac`.'),
  takeOver: z
    .boolean()
    .default(false)
    .describe('Also when the number asks another server now, which is then no longer asked.'),
});
export type PutPhoneNumber = z.infer<typeof putPhoneNumberSchema>;

export const phoneNumberSchema = z.object({
  id: z.string(),
  number: z.string().nullable().describe('E.164, or a SIP address.'),
  name: z.string().nullable(),
  provider: z.string(),
  status: z.string().nullable().describe('At Vapi: `active`, `activating`, `blocked`.'),
  mode: z.enum(phoneNumberModes).nullable().describe('As set here; null = it is not this tenant’s yet.'),
  assistantId: z.string().nullable().describe('Who answers.'),
  fallback: z.string().nullable().describe('As set here.'),
  state: z
    .enum(phoneNumberStates)
    .describe(
      'As Vapi shows it. `asks`: this server. `answers`: an assistant without asking. `elsewhere`: it asks another server. `unanswered`: no one. `gone`: Vapi no longer has it.',
    ),
  problem: z
    .string()
    .nullable()
    .describe('How it differs at Vapi from what was set, and what to do; null when it does not.'),
});
export type PhoneNumberView = z.infer<typeof phoneNumberSchema>;

/** `GET /v1/tenants/{slug}/phone-numbers` */
export const phoneNumbersAnswerSchema = z.object({ numbers: z.array(phoneNumberSchema) });
export type PhoneNumbersAnswer = z.infer<typeof phoneNumbersAnswerSchema>;

/** At most this many callers of a tenant are blocked. */
export const mostBlockedCallers = 1000;

/** `POST /v1/tenants/{slug}/blocked-callers` */
export const blockCallerSchema = z.strictObject({
  caller: z.string().min(3).max(40).describe('A phone number with its country code.'),
  note: lineSchema.max(200).default('').describe('Why.'),
});

export const blockedCallerSchema = z.object({
  id: z.string(),
  ending: z.string().describe('The number’s last four digits; the number itself is not stored.'),
  note: z.string(),
  createdAt: timeSchema,
});
export type BlockedCallerView = z.infer<typeof blockedCallerSchema>;

/** `GET /v1/tenants/{slug}/blocked-callers` */
export const blockedCallersAnswerSchema = z.object({
  callers: z.array(blockedCallerSchema).describe('Newest first.'),
});
export type BlockedCallersAnswer = z.infer<typeof blockedCallersAnswerSchema>;
