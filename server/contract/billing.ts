/**
 * What is calculated for the operator: the month so far, margin, other plans tried on a past
 * month. `…Cents` are the smallest units of the plan's currency; `costMicros` is Vapi's dollars.
 */
import { z } from 'zod';
import { invoiceLineSchema, lineKinds } from './invoices.ts';
import { planSchema } from './plans.ts';
import { monthSchema, timeSchema } from './words.ts';

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
