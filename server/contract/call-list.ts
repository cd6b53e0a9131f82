/** The calls of all clients in one list, for the operator: filtered, sorted and summed by the server. */
import { z } from 'zod';
import { callViewSchema, resultFilters } from './usage.ts';
import { instantSchema, limitSchema, microsSchema, slugSchema, tenantIdSchema, timeSchema } from './words.ts';

export const callSorts = ['time', 'cost'] as const;
export type CallSort = (typeof callSorts)[number];

/** So that a list never reads more than a quarter of a year, however many calls there are. */
export const callListDays = { usual: 31, most: 93 } as const;

const micros = z
  .string()
  .regex(/^\d{1,15}$/, 'use plain digits')
  .transform(Number)
  .pipe(microsSchema);

/** `GET /v1/billing/calls` */
export const allCallsQuerySchema = z.strictObject({
  from: instantSchema
    .optional()
    .describe(
      `By the calls’ creation; default ${callListDays.usual} days before \`to\`, at most ${callListDays.most}.`,
    ),
  to: instantSchema.optional().describe('Before this; default up to now.'),
  tenant: slugSchema
    .or(tenantIdSchema)
    .optional()
    .describe('Of one client, by handle, or by id once it is deleted.'),
  type: z
    .string()
    .max(40)
    .optional()
    .describe('`webCall`, `inboundPhoneCall`, `outboundPhoneCall`, `chat`, …'),
  status: z.string().max(40).optional().describe('`ended`, `in-progress`, …'),
  endedReason: z.string().max(100).optional(),
  ...resultFilters,
  minCostMicros: micros.optional().describe('Leaves out calls that cost less, and those without a cost.'),
  maxCostMicros: micros.optional().describe('Leaves out calls that cost more, and those without a cost.'),
  id: z.string().min(1).max(100).optional().describe('One call, whenever it was.'),
  sort: z.enum(callSorts).default('time'),
  order: z.enum(['asc', 'desc']).default('desc'),
  cursor: z.string().max(500).optional().describe('The `nextCursor` of the page before, of the same list.'),
  limit: limitSchema(200, 50),
});
export type AllCallsQuery = z.infer<typeof allCallsQuerySchema>;

export const listedCallSchema = callViewSchema.extend({
  tenant: z.string().describe('Its handle; its id once it is deleted.'),
  tenantName: z.string(),
  timeZone: z.string(),
});
export type ListedCall = z.infer<typeof listedCallSchema>;

export const allCallsAnswerSchema = z.object({
  calls: z.array(listedCallSchema),
  from: timeSchema.describe('The period that was searched, half-open.'),
  to: timeSchema,
  totals: z
    .object({
      calls: z.int(),
      seconds: z.int(),
      costMicros: z.int().describe('Of calls with a known cost; dismissed ones count for nothing.'),
      callsWithoutCost: z.int(),
      complete: z
        .boolean()
        .describe(
          'False when there may be more than are summed: then these are the sums of the newest 20,000.',
        ),
    })
    .describe('Of all calls that match, not only of the page.'),
  nextCursor: z.string().nullable(),
});
export type AllCallsAnswer = z.infer<typeof allCallsAnswerSchema>;
