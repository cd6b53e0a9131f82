/** The operator's clients with a month's figures, in pages: searched, sorted and summed by the server. */
import { z } from 'zod';
import { limitSchema, lineSchema, monthSchema, timeSchema } from './words.ts';

export const clientSorts = ['name', 'calls', 'cost', 'price', 'margin'] as const;
export type ClientSort = (typeof clientSorts)[number];
export const clientFilters = ['active', 'paused', 'attention'] as const;
export type ClientFilter = (typeof clientFilters)[number];
export const attentionReasons = ['calls-without-cost', 'invoice-overdue', 'no-price'] as const;
export type AttentionReason = (typeof attentionReasons)[number];

/** `GET /v1/billing/tenants` */
export const clientsQuerySchema = z.strictObject({
  month: monthSchema
    .optional()
    .describe(
      'Default: the current month in UTC. Only that one and its neighbours; earlier ones are in `GET /v1/billing/margin`.',
    ),
  search: lineSchema
    .pipe(z.string().max(100))
    .optional()
    .describe('In name and slug, without regard to case and accents.'),
  sort: z.enum(clientSorts).default('name'),
  order: z.enum(['asc', 'desc']).optional().describe('Default: names from A to Z, figures from the largest.'),
  filter: z.enum(clientFilters).optional().describe('`attention`: only those with a reason in `attention`.'),
  cursor: z.string().max(2000).optional().describe('The `nextCursor` of the page before, of the same list.'),
  limit: limitSchema(200, 50),
});
export type ClientsQuery = z.infer<typeof clientsQuerySchema>;

export const clientRowSchema = z.object({
  tenant: z.string(),
  name: z.string(),
  status: z.enum(['active', 'paused']),
  calls: z.int(),
  seconds: z.int(),
  costMicros: z.int().describe('What Vapi charges the operator, in US dollars; always up to date.'),
  callsWithoutCost: z.int(),
  currency: z.string().nullable().describe('Of the plan; null while there is no price.'),
  priceCents: z
    .int()
    .nullable()
    .describe(
      'What the plan charges for the month so far, less credit notes, before tax and prepaid credit: `revenueCents` of the margin. Null while it has not been calculated.',
    ),
  costCents: z.int().nullable().describe("The cost in the plan's currency, as of `pricedAt`."),
  marginCents: z.int().nullable(),
  billed: z.boolean().describe('Whether the price is what documents have billed.'),
  pricedAt: timeSchema.nullable().describe('When price and margin were calculated.'),
  current: z
    .boolean()
    .describe('Whether they include all that is booked now; otherwise they are being calculated again.'),
  problem: z.string().nullable().describe('Why there is no price.'),
  attention: z.array(z.enum(attentionReasons)),
});
export type ClientRow = z.infer<typeof clientRowSchema>;

export const clientsAnswerSchema = z.object({
  month: z.string(),
  tenants: z.array(clientRowSchema),
  totals: z
    .object({
      tenants: z.int(),
      calls: z.int(),
      seconds: z.int(),
      costMicros: z.int(),
      callsWithoutCost: z.int(),
      prices: z
        .array(
          z.object({ currency: z.string(), tenants: z.int(), priceCents: z.int(), marginCents: z.int() }),
        )
        .describe('By currency, of tenants that have a price.'),
      unpriced: z.int().describe('How many have no price yet.'),
      asOf: timeSchema.nullable().describe('The oldest `pricedAt` that is not current; null when all are.'),
    })
    .describe('Of all tenants that match, not only of the page.'),
  nextCursor: z.string().nullable(),
});
export type ClientsAnswer = z.infer<typeof clientsAnswerSchema>;
