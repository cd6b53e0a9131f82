/** A month's close: a job with a row for each client, its progress, and its report. */
import { z } from 'zod';
import { notComparedSchema } from './invoices.ts';
import { cursorSchema, limitSchema, monthSchema, slugSchema, tenantIdSchema, timeSchema } from './words.ts';

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
export const closeStates = ['running', 'stopped', 'finished'] as const;
export const closeClientStates = ['pending', 'under-way', 'done', 'for-person'] as const;

/** How many clients of a close are in which state; together, all of them. */
export const closeProgressSchema = z.object({
  pending: z.int(),
  underWay: z.int().describe('Being closed at the moment.'),
  done: z.int(),
  forPerson: z.int().describe('Tried, with something that someone should look at.'),
});
export type CloseProgress = z.infer<typeof closeProgressSchema>;

export const closeReportSchema = z.object({
  id: z.string(),
  month: z.string().nullable(),
  tenant: z.string().nullable().describe('The only one that was closed; null for all.').exactOptional(),
  dryRun: z.boolean(),
  state: z
    .enum(closeStates)
    .describe(
      '`stopped`: by a person; resuming it continues with the clients that are pending. A run that is killed remains `running`, and any process continues it.',
    ),
  startedAt: timeSchema,
  finishedAt: timeSchema.nullable().describe('Null while it runs or is stopped.'),
  progress: closeProgressSchema,
  totals: z
    .array(z.object({ currency: z.string(), invoices: z.int(), totalCents: z.int() }))
    .describe('What has been billed, or would be, by currency; empty until it is finished.'),
  entries: z
    .array(closeEntrySchema)
    .describe('By client, then as they were made. Complete in the answer of a close that was waited for.'),
  entriesLeftOut: z
    .boolean()
    .describe('Whether there are further entries: `GET /v1/billing/runs/{id}/clients` has all of them.'),
  needsPerson: z.int().describe('How many entries someone should look at.'),
});
export type CloseReport = z.infer<typeof closeReportSchema>;

/** `POST /v1/billing/close?wait=` */
export const closeQuerySchema = z.strictObject({
  wait: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true` answers only when it is finished or stopped, with the whole report.'),
});

/** `GET /v1/billing/runs` */
export const runsQuerySchema = z.strictObject({
  'dry-runs': z.enum(['true', 'false']).default('true').describe('`false` leaves them out.'),
});
export const runsAnswerSchema = z.object({
  runs: z
    .array(closeReportSchema)
    .describe('The newest 50; runs that did nothing and found nothing new are left out.'),
});

/** `GET /v1/billing/runs/{id}/clients` */
export const closeClientsQuerySchema = z.strictObject({
  state: z.enum(closeClientStates).optional(),
  cursor: cursorSchema,
  limit: limitSchema(1000, 100),
});
export const closeClientSchema = z.object({
  tenant: z.string().describe('Its slug, or its id if it was deleted when the run began.'),
  state: z.enum(closeClientStates),
  entries: z.array(closeEntrySchema),
});
export type CloseClient = z.infer<typeof closeClientSchema>;
export const closeClientsAnswerSchema = z.object({
  clients: z
    .array(closeClientSchema)
    .describe('In the order of their slugs. Once the run is finished, those with entries.'),
  nextCursor: z.string().nullable().describe('The `cursor` for the next page; null on the last one.'),
});
export type CloseClientsAnswer = z.infer<typeof closeClientsAnswerSchema>;
