/** What visitors leave when no one can talk to them. */
import { z } from 'zod';
import { consentSchema } from './widget.ts';
import { cursorSchema, limitSchema, lineSchema, slugSchema, timeSchema } from './words.ts';

export const leadStates = ['new', 'contacted', 'done'] as const;
export type LeadState = (typeof leadStates)[number];

/** Why no one could talk to the visitor, as its browser says. */
export const leadReasons = ['outside-hours', 'paused', 'limit', 'busy', 'microphone', 'failure'] as const;
export type LeadReason = (typeof leadReasons)[number];

/** Texts of several lines: no other control characters. */
const linesSchema = z
  .string()
  .trim()
  .refine((text) => !/[^\P{Cc}\n\r\t]/u.test(text), 'must not hold control characters');

/** As long as the ledger reads one, so that it can be found and erased by it. */
const phoneSchema = lineSchema.max(26).refine((text) => {
  const digits = text.replace(/\D/g, '').length;
  return /^\+?[\d\s().\-/]+$/.test(text) && digits >= 7 && digits <= 15;
}, 'use a phone number, best with its country code');

/** `leads` of a tenant's settings. */
export const leadSettingsSchema = z.strictObject({
  consent: consentSchema.describe(
    'What the visitor agrees to with the form, such as to be called back. Kept with each lead.',
  ),
  email: z
    .email()
    .max(254)
    .nullable()
    .default(null)
    .describe('Where each lead is sent with its content: the client. Needs `SMTP_URL`.'),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => {
      const url = URL.parse(text);
      return !url?.username && !url?.password;
    }, 'must not name a user or a password')
    .nullable()
    .default(null)
    .describe('The same as a webhook, signed with `hookSecret`.'),
  perDay: z
    .int()
    .min(1)
    .max(200)
    .default(50)
    .describe('Further ones within 24 hours are refused, so that a stranger cannot fill the list.'),
  keepDays: z.int().min(1).max(3650).default(180).describe('Deleted after this many days.'),
});
export type LeadSettings = z.infer<typeof leadSettingsSchema>;

/** `POST /v1/leads` */
export const leadRequestSchema = z
  .strictObject({
    tenant: slugSchema,
    id: z.uuid().describe('Made by the browser once per form: sent again, it is still one lead.'),
    name: lineSchema.min(1, 'Required').max(120),
    phone: phoneSchema.optional(),
    email: z.email().max(254).optional(),
    message: linesSchema.max(2000).default(''),
    consent: z.string().max(40).describe('The version of the text that the visitor has agreed to.'),
    page: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .optional()
      .describe('Where the visitor was; kept without query and fragment.'),
    reason: z.enum(leadReasons),
    challenge: z.string().max(8192).optional().describe('As for a session.'),
  })
  .refine(({ phone, email }) => phone !== undefined || email !== undefined, {
    message: 'give a phone number or an e-mail address',
    path: ['phone'],
  });
export type LeadRequest = z.infer<typeof leadRequestSchema>;

export const leadContentSchema = z.object({
  name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  message: z.string(),
  page: z.string().nullable(),
  consent: z.object({ version: z.string(), text: z.string() }),
});
export type LeadContent = z.infer<typeof leadContentSchema>;

export const leadViewSchema = z.object({
  id: z.string(),
  at: timeSchema,
  state: z.enum(leadStates),
  reason: z.enum(leadReasons),
  content: leadContentSchema.nullable().describe('Null when it cannot be opened: `SECRET_KEY` was lost.'),
  note: z.string().nullable(),
  expiresAt: timeSchema.describe('When it is deleted.'),
});
export type LeadView = z.infer<typeof leadViewSchema>;

/** `GET /v1/tenants/{slug}/leads` */
export const leadsQuerySchema = z.strictObject({
  state: z.enum(leadStates).optional(),
  cursor: cursorSchema,
  limit: limitSchema(200, 50),
});

export const leadsAnswerSchema = z.object({
  leads: z.array(leadViewSchema).describe('Newest first.'),
  isOn: z.boolean().describe('Whether the form is offered to visitors.'),
  nextCursor: z.string().nullable(),
});
export type LeadsAnswer = z.infer<typeof leadsAnswerSchema>;

/** `PATCH /v1/tenants/{slug}/leads/{id}` */
export const changeLeadSchema = z
  .strictObject({
    state: z.enum(leadStates),
    note: linesSchema.max(2000).nullable().describe('Null or empty = none.'),
  })
  .partial();
export type ChangeLead = z.infer<typeof changeLeadSchema>;
