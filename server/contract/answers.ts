/** Answers that wrap what the other files describe, most of them a page of a list. */
import { z } from 'zod';
import { deletedTenantSchema, marginRowSchema } from './billing.ts';
import { visitorIdentitySchema } from './identity.ts';
import { invoiceCallViewSchema, invoiceSummarySchema, invoiceViewSchema } from './invoices.ts';
import { auditEntrySchema, keyViewSchema } from './keys.ts';
import { noticeViewSchema } from './notices.ts';
import { judgedBySchema } from './outcomes.ts';
import { planPresetSchema } from './plan-presets.ts';
import { planTermsViewSchema, planVersionViewSchema } from './plans.ts';
import { callResultsSchema } from './results.ts';
import { blockedOriginViewSchema, savedTenantSchema, tenantViewSchema } from './tenants.ts';
import { callRevisionSchema, callViewSchema } from './usage.ts';
import { callFeedbackSchema } from './visitor.ts';
import { timeSchema } from './words.ts';

const nextCursor = z.string().nullable().describe('The `cursor` for the next page; null on the last one.');

export const tenantsAnswerSchema = z.object({ tenants: z.array(tenantViewSchema), nextCursor });
export const createdTenantSchema = savedTenantSchema.extend({
  webhookSecret: z.string().describe('Whole when it was generated: it is shown in this answer only.'),
  hookSecret: z.string().describe('Whole when it was generated: it is shown in this answer only.'),
});
export type CreatedTenant = z.infer<typeof createdTenantSchema>;
export const pausedTenantSchema = tenantViewSchema.extend({
  calls: z
    .object({ ended: z.int(), failed: z.int() })
    .describe('Calls in progress that were ended, and those that could not be.'),
});
export const blockedOriginsAnswerSchema = z.object({ blockedOrigins: z.array(blockedOriginViewSchema) });

/** `GET /v1/tenants/{slug}/calls/{id}` */
export const callDetailSchema = callViewSchema.extend({
  feedback: callFeedbackSchema.nullable(),
  results: callResultsSchema
    .nullable()
    .describe('What is kept of it; only for callers with the permission `content.read`, and counted as read.')
    .exactOptional(),
  judgedBy: judgedBySchema.nullable().describe('The version of the outcome that judged it.').exactOptional(),
  identity: visitorIdentitySchema
    .nullable()
    .describe(
      'Who the visitor was, as the client’s site has signed it; null without a signed identity, or once what was said is deleted. Only for callers with the permission `content.read`, and counted as read.',
    )
    .exactOptional(),
  consent: z
    .object({ version: z.string(), at: timeSchema })
    .nullable()
    .describe(
      'What the visitor had agreed to when the call began, and when. Evidence, not content: it remains when the content is deleted.',
    ),
  confirmed: z
    .boolean()
    .describe(
      'For the operator only: whether Vapi has confirmed the call, rather than only a webhook reporting it.',
    )
    .exactOptional(),
  revisions: z.array(callRevisionSchema).describe('For the operator only, oldest first.').exactOptional(),
});
export type CallDetail = z.infer<typeof callDetailSchema>;
export const deletedContentSchema = z.object({
  deleted: z.array(z.string()).describe('Ids of the calls whose content is gone.'),
  notYet: z.array(z.string()).describe('Ids of the calls that Vapi did not delete; ask again later.'),
});

export const keysAnswerSchema = z.object({ keys: z.array(keyViewSchema), nextCursor });
export const createdKeySchema = keyViewSchema.extend({
  key: z.string().describe('The key, whole: it is shown in this answer only.'),
});
/** `POST /v1/secrets/reseal` */
export const resealAnswerSchema = z.object({
  resealed: z.int().describe('How many secrets were sealed again; 0 when all were current already.'),
});
export const noticesAnswerSchema = z.object({ notices: z.array(noticeViewSchema), nextCursor });
export type NoticesAnswer = z.infer<typeof noticesAnswerSchema>;
export const auditAnswerSchema = z.object({ entries: z.array(auditEntrySchema), nextCursor });
export type AuditAnswer = z.infer<typeof auditAnswerSchema>;

/** A client sees the terms in words, and only those of today. */
export const planAnswerSchema = z.union([
  z.object({ current: planVersionViewSchema.nullable(), versions: z.array(planVersionViewSchema) }),
  z.object({ current: planTermsViewSchema.nullable() }),
]);
export const invoicesAnswerSchema = z.object({ invoices: z.array(invoiceSummarySchema), nextCursor });
export const draftAnswerSchema = invoiceViewSchema.extend({
  openCalls: z
    .array(
      z.object({
        callId: z.string(),
        open: z.enum(['duration-unknown', 'cost-unknown', 'no-plan']).describe('What is missing.'),
      }),
    )
    .describe('Calls left for the next invoice, at most 100 of them.'),
  openCount: z.int().describe('How many those are.'),
});
export const invoiceCallsAnswerSchema = z.object({ calls: z.array(invoiceCallViewSchema), nextCursor });
export const creditBalanceSchema = z.object({
  currency: z.string(),
  balanceCents: z.int().describe('Remaining prepaid credit, in the smallest unit of the currency.'),
});
export const creditsAnswerSchema = creditBalanceSchema.extend({
  entries: z
    .array(
      z.object({
        id: z.string(),
        at: timeSchema,
        kind: z
          .string()
          .describe(
            '`top-up`, `correction` of one, `used` by an invoice, or `returned` when that became void.',
          ),
        amountCents: z.int(),
        invoiceId: z.string().nullable(),
        note: z.string(),
      }),
    )
    .describe('The newest 200.'),
});
export type CreditsAnswer = z.infer<typeof creditsAnswerSchema>;
export const presetsAnswerSchema = z.object({ presets: z.array(planPresetSchema) });
export const deletedTenantsAnswerSchema = z.object({ tenants: z.array(deletedTenantSchema), nextCursor });
export const marginAnswerSchema = z.object({
  rows: z.array(marginRowSchema),
  leftOut: z
    .array(z.object({ tenant: z.string(), problem: z.string() }))
    .describe('Tenants of the page whose margin could not be calculated, and why.'),
  nextCursor,
});
export type MarginAnswer = z.infer<typeof marginAnswerSchema>;

/** A challenge for the browser, in the form that ALTCHA's solver takes. */
export const challengeAnswerSchema = z.looseObject({
  parameters: z.looseObject({ algorithm: z.string(), expiresAt: z.int().describe('Seconds since 1970.') }),
  signature: z.string(),
});

export const healthSchema = z.object({ status: z.string() });
