/** Comparing the ledger with Vapi's own books. */
import { z } from 'zod';
import { instantSchema, slugSchema } from './words.ts';

/** `POST /v1/reconcile`: calls created in the half-open period, UTC; without `tenant`, of all tenants. */
export const reconcileSchema = z
  .strictObject({ tenant: slugSchema.optional(), from: instantSchema, to: instantSchema })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'must be after "from"',
  });

/** Ended calls and what they cost. */
export const callTotalsSchema = z.object({
  calls: z.int(),
  costMicros: z.int(),
});
export type CallTotals = z.infer<typeof callTotalsSchema>;

export const tenantDriftSchema = z.object({
  tenant: z.string(),
  vapi: callTotalsSchema.describe("In Vapi's list."),
  ledgerBefore: callTotalsSchema.describe('In the ledger, before and after this run.'),
  ledgerAfter: callTotalsSchema,
  differenceMicros: z
    .int()
    .describe('Vapi minus ledger, after this run: 0 unless Vapi no longer has calls that are booked.'),
  added: z.int().describe('Calls that the ledger did not know.'),
  changed: z.int().describe('Calls that differed in some way.'),
  missing: z.int().describe('Booked calls that Vapi no longer lists; they stay booked.'),
  missingIds: z
    .array(z.string())
    .describe(
      'Of these calls, at most 100, in the order of their ids. Reported each time, not only the first.',
    ),
  callsWithoutCost: z.int().describe('Ended calls whose cost Vapi has not reported yet.'),
});
export type TenantDrift = z.infer<typeof tenantDriftSchema>;

/** The answer to `POST /v1/reconcile`. */
export const driftReportSchema = z.object({
  from: z.string(),
  to: z.string(),
  tenants: z.array(tenantDriftSchema),
  unassigned: z
    .array(
      z.object({
        orgId: z.string(),
        calls: z.int(),
        costMicros: z.int(),
      }),
    )
    .describe(
      'Calls with an assistant of no tenant, in an org that no tenant has as a whole (`wholeOrg`). They are in no one’s ledger: name the assistant in `assistantIds`, then compare the period again.',
    ),
  failures: z
    .array(
      z.object({
        tenants: z.array(z.string()),
        reason: z.string(),
      }),
    )
    .describe('Tenants whose org could not be read completely; only what Vapi did report has been changed.'),
  requests: z
    .int()
    .describe(
      'Requests sent to Vapi, without retries: 1 for an organization whose sums agree, since lists are read only for days that differ.',
    ),
});
export type DriftReport = z.infer<typeof driftReportSchema>;
