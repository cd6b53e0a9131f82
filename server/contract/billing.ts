/**
 * What is calculated for the operator: the month so far, runs of the month's close, margin, other plans tried on a past
 * month. `…Cents` are the smallest units of the plan's currency; `costMicros` is Vapi's dollars.
 */
import { z } from 'zod';
import { invoiceLineSchema, lineKinds, notComparedSchema } from './invoices.ts';
import { planSchema } from './plans.ts';
import { monthSchema, slugSchema, tenantIdSchema, timeSchema } from './words.ts';

/** `GET /v1/tenants/{slug}/preview` */
export const previewAnswerSchema = z.object({
  month: z.string(),
  currency: z.string(),
  billed: z
    .boolean()
    .describe('If so, all of this is from the document; otherwise the month as it stands now.'),
  soFar: z.object({
    lines: z.array(invoiceLineSchema),
    totalCents: z.int(),
    dueCents: z.int(),
  }),
  atThisPace: z
    .object({
      totalCents: z.int(),
    })
    .describe('If the rest of the month continues like its days so far.'),
  openCalls: z.int().describe('Calls whose duration or cost is not known yet.'),
});
export type PreviewAnswer = z.infer<typeof previewAnswerSchema>;

/** `POST /v1/billing/close`: bills every month that is over; of all tenants and up to the last month by default. */
export const closeRequestSchema = z.strictObject({
  month: monthSchema
    .optional()
    .describe(
      'The last month that is billed; it is billed even if its document is void, unlike earlier months.',
    ),
  tenant: z.union([slugSchema, tenantIdSchema]).optional().describe('A deleted one by its id.'),
  dryRun: z
    .boolean()
    .default(false)
    .describe('Only reports what would be done, from the ledger as it is: Vapi is not asked.'),
  graceHours: z
    .int()
    .min(0)
    .max(720)
    .default(24)
    .describe('How late costs may arrive before a month is closed.'),
});
export type CloseRequest = z.infer<typeof closeRequestSchema>;

export const closeEntrySchema = z.object({
  tenant: z.string().describe('Its slug, or its id when it is deleted.'),
  month: z.string(),
  outcome: z
    .enum(['would-finalize', 'finalized', 'pushed', 'failed', 'voided', 'calls-left'])
    .describe(
      '`voided`: its document is void, so it is left to a person. `calls-left`: the month is over, and some of its calls are on no document.',
    ),
  number: z.string().nullable(),
  totalCents: z.int().nullable(),
  currency: z.string().nullable(),
  openCalls: z
    .int()
    .describe('Calls of the month that a later invoice bills, once their duration or cost is known.'),
  callsInProgress: z
    .array(z.string())
    .describe('Calls of the month that had not ended, by id, at most 100; a later invoice bills them.')
    .exactOptional(),
  unconfirmedCalls: z
    .array(z.string())
    .describe('Calls that Vapi has not confirmed, by id, at most 100; they are billed once it has.')
    .exactOptional(),
  unplannedCalls: z.int().describe('Calls on days without a plan, if any.').exactOptional(),
  problem: z.string().describe('Why someone should look at it.').exactOptional(),
  notCompared: notComparedSchema.exactOptional(),
});
export type CloseEntry = z.infer<typeof closeEntrySchema>;
export const closeReportSchema = z.object({
  id: z.string(),
  month: z.string().nullable(),
  tenant: z.string().nullable().describe('The only one that was closed; null for all.').exactOptional(),
  dryRun: z.boolean(),
  startedAt: timeSchema,
  finishedAt: timeSchema.nullable().describe('Null while it runs, and forever if it was killed.'),
  entries: z.array(closeEntrySchema),
  needsPerson: z.int().describe('How many entries someone should look at.'),
});
export type CloseReport = z.infer<typeof closeReportSchema>;

/** `GET /v1/billing/margin?month=` */
export const marginRowSchema = z.object({
  tenant: z.string(),
  month: z.string(),
  billed: z.boolean().describe('Otherwise the month as it stands now.'),
  currency: z.string(),
  calls: z.int(),
  seconds: z.int(),
  costMicros: z.int().describe('US dollars.'),
  costCents: z.int().describe("The same in the plan's currency."),
  revenueCents: z.int().describe('The lines of the month less credit notes, before tax and prepaid credit.'),
  marginCents: z.int(),
  callsWithoutCost: z.int(),
});
export type MarginRow = z.infer<typeof marginRowSchema>;

/** `GET /v1/tenants/{slug}/margin` */
export const tenantMarginQuerySchema = z.strictObject({ month: monthSchema });

/** `POST /v1/tenants/{slug}/simulate`: what the month would have cost under another plan, on the days with one. */
export const simulateSchema = z.strictObject({ month: monthSchema, plan: planSchema });
export const simulationAnswerSchema = z.object({
  month: z.string(),
  currency: z.string(),
  days: z
    .int()
    .describe(
      'How many days of the month were simulated: those with a plan, or all of them when the tenant had none.',
    ),
  ofDays: z.int().describe('How many days the month has.'),
  lines: z.array(
    z.object({
      kind: z.enum(lineKinds),
      description: z.string(),
      amountCents: z.int(),
    }),
  ),
  totalCents: z.int(),
  actualCents: z.int().describe("What it came to under the tenant's own plan."),
  openCalls: z.int(),
});
export type SimulationAnswer = z.infer<typeof simulationAnswerSchema>;

/**
 * A deleted tenant, in `GET /v1/billing/deleted-tenants`. Its usage and its invoices remain, under its id:
 * `/v1/tenants/{id}/invoices`.
 */
export const deletedTenantSchema = z.object({
  id: z.string(),
  slug: z.string().describe('As it was; another tenant may have it now.'),
  name: z.string(),
  timeZone: z.string(),
  deletedAt: timeSchema,
});
export type DeletedTenant = z.infer<typeof deletedTenantSchema>;
