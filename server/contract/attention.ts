/** What needs the operator's attention, in one list. */
import { z } from 'zod';
import { limitSchema, timeSchema } from './words.ts';

export const attentionKinds = [
  'invoice-overdue',
  'no-price',
  'loss',
  'calls-without-cost',
  'budget-80',
  'budget-100',
  'refused-origins',
  'not-reporting',
  'key-not-changed',
  'outbox-full',
  'payment-failed',
  'payment-reversed',
  'invoice-strayed',
  'call-unknown',
  'cost-refused',
] as const;
export type AttentionKind = (typeof attentionKinds)[number];

export const attentionPlaces = [
  'overview',
  'calls',
  'invoices',
  'billing',
  'site',
  'settings',
  'connection',
] as const;
export type AttentionPlace = (typeof attentionPlaces)[number];

/** `GET /v1/attention` */
export const attentionQuerySchema = z.strictObject({ limit: limitSchema(200, 100) });

export const attentionEntrySchema = z.object({
  kind: z.enum(attentionKinds),
  tenant: z.string(),
  tenantName: z.string(),
  since: timeSchema.nullable().describe('Null where that is not known.'),
  text: z.string().describe('What is wrong, and what to do, in sentences.'),
  place: z.enum(attentionPlaces).describe('Where it is mended, among the views of the tenant.'),
  item: z.string().nullable().describe('The id of the invoice, if it is about one.'),
});
export type AttentionEntry = z.infer<typeof attentionEntrySchema>;

export const attentionAnswerSchema = z.object({
  entries: z.array(attentionEntrySchema).describe('The latest first; those without a time come last.'),
  total: z.int().describe('How many there are, also beyond `limit`.'),
});
export type AttentionAnswer = z.infer<typeof attentionAnswerSchema>;
