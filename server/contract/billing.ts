/**
 * Plans, invoices and what is shown of them. Here `…Micros` are millionths of one unit of the plan's currency (only
 * `costMicros` is Vapi's dollars), `…Cents` its smallest units, `…Bps` hundredths of a percent. Days are days in the
 * tenant's time zone, periods half-open.
 */
import { z } from 'zod';
import { isSupportedCurrency } from '../billing/money.ts';
import { costComponents } from './usage.ts';
import { microsSchema, slugSchema, tenantIdSchema, timeSchema } from './words.ts';

export const callChannels = ['web', 'inbound', 'outbound', 'chat'] as const;
/** How a call came about; each may have a price of its own. What is one call elsewhere is one message in `chat`. */
export type CallChannel = (typeof callChannels)[number];

const centsSchema = z.int().min(0).max(100_000_000_000);
const bpsSchema = z.int().min(0).max(1_000_000);
const minutesSchema = z.int().min(0).max(10_000_000);
const secondsSchema = z.int().min(1).max(3600);

/** A call that begins an increment pays all of it: 1/1, 6/6, 30/6, 60/60. */
const increments = {
  initialSeconds: secondsSchema.default(1).describe('The first block, in seconds.'),
  incrementSeconds: secondsSchema.default(1).describe('Every block after it.'),
};

const tiersSchema = z
  .array(z.strictObject({ upToMinutes: minutesSchema.nullable(), perMinuteMicros: microsSchema }))
  .min(1)
  .max(20)
  .refine(
    (tiers) =>
      tiers.every(({ upToMinutes }, index) => {
        const last = index === tiers.length - 1;
        const below = index === 0 ? 0 : (tiers[index - 1]?.upToMinutes ?? 0);
        return last ? upToMinutes === null : upToMinutes !== null && upToMinutes > below;
      }),
    'the limits must rise, and only the last tier has none',
  );

/** What the calls of a rate cost. */
export const priceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('free') }),
  z.strictObject({ kind: z.literal('per-minute'), perMinuteMicros: microsSchema, ...increments }),
  /** Minutes that the fee covers; beyond them the overage price. */
  z.strictObject({
    kind: z.literal('included'),
    includedMinutes: minutesSchema,
    perMinuteMicros: microsSchema,
    ...increments,
  }),
  /** Each minute costs what its own tier says. */
  z.strictObject({ kind: z.literal('graduated'), tiers: tiersSchema, ...increments }),
  /** The provider's cost, raised; a component without its own markup takes the general one. */
  z.strictObject({
    kind: z.literal('cost-plus'),
    markupBps: bpsSchema,
    markupBpsByComponent: z.partialRecord(z.enum(costComponents), bpsSchema).default({}),
    perMinuteMicros: microsSchema.default(0),
    ...increments,
  }),
  /** Each call that was connected; of chats each message. */
  z.strictObject({
    kind: z.literal('per-call'),
    perCallMicros: microsSchema.describe('For each call that was connected, and in `chat` for each message.'),
  }),
]);
export type Price = z.infer<typeof priceSchema>;

/** The calls of all its channels share one price, with its included minutes or tiers. */
const rateSchema = z.strictObject({
  channels: z
    .array(z.enum(callChannels))
    .min(1)
    .describe('With `chat` each message of a visitor counts as a call, not the conversation.'),
  price: priceSchema,
});
export type Rate = z.infer<typeof rateSchema>;

const planShape = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(80)
    .describe(
      'The client reads it, also on its invoices; with a cost-plus price it must not tell the markup.',
    ),
  currency: z
    .string()
    .refine(isSupportedCurrency, 'use a lower-case currency code that Stripe counts plainly'),
  usdRateMicros: z
    .int()
    .min(1)
    .max(1_000_000_000_000)
    .default(1_000_000)
    .describe(
      'How much of the currency one US dollar of cost is. It holds for whole months: another is a plan from the first of one.',
    ),
  monthlyFeeCents: centsSchema.default(0),
  minimumCents: centsSchema.default(0).describe('Fee and usage of a month together are at least this.'),
  rates: z
    .array(rateSchema)
    .min(1)
    .refine(
      (rates) =>
        rates
          .flatMap(({ channels }) => channels)
          .sort()
          .join() === [...callChannels].sort().join(),
      `each of ${callChannels.join(', ')} must be in exactly one rate`,
    ),
});

export const planSchema = planShape.refine(
  ({ name, rates }) =>
    !/%|per ?cent|mark-?up/i.test(name) || rates.every(({ price }) => price.kind !== 'cost-plus'),
  { path: ['name'], error: 'the client reads the name: it must not tell the markup' },
);
export type Plan = z.infer<typeof planSchema>;
/** As an operator writes it. */
export type PlanInput = z.input<typeof planSchema>;

/** `PUT /v1/tenants/{slug}/plan`. From that day on (default: today) the plan holds; null ends the billing. */
export const setPlanSchema = z.strictObject({
  plan: planSchema.nullable(),
  from: z.iso.date().optional(),
  backdate: z
    .boolean()
    .default(false)
    .describe(
      "Confirms a day before the month of the tenant's first call, or more than three months ago: all of it is billed at once.",
    ),
});

/** A plan from a day on, as an operator sees it. */
export const planVersionViewSchema = z.object({
  id: z.string(),
  from: z.string(),
  plan: planSchema.nullable(),
  terms: z
    .array(z.string())
    .exactOptional()
    .describe('The plan in words, as the client sees it; only of the current one.'),
});
export type PlanVersionView = z.infer<typeof planVersionViewSchema>;
/** What a client sees of its plan: the terms in words, without the provider's cost or the markup on it. */
export const planTermsViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  currency: z.string(),
  terms: z.array(z.string()),
});
export type PlanTermsView = z.infer<typeof planTermsViewSchema>;

const partyShape = {
  name: z.string().trim().min(1).max(120),
  address: z
    .array(z.string().trim().min(1).max(120))
    .max(6)
    .default([])
    .describe('As it is printed, line by line.'),
  taxId: z.string().trim().min(1).max(60).optional(),
  email: z.email().max(254).optional(),
};
const partySchema = z.strictObject(partyShape);
export type Party = z.infer<typeof partySchema>;

const prefixSchema = z.string().regex(/^[A-Z0-9-]{1,12}$/, 'use at most 12 capitals, digits and hyphens');

const sellerShape = z.strictObject({
  ...partyShape,
  logoUrl: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  accentColor: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'use #rrggbb')
    .optional(),
  invoicePrefix: prefixSchema
    .default('INV')
    .describe('Stands before the running number: `INV` makes `INV-000001`.'),
  creditNotePrefix: prefixSchema
    .default('CN')
    .describe('Of the credit notes, which have numbers of their own; another than `invoicePrefix`.'),
  footer: z.string().max(600).optional(),
});

/** `PUT /v1/billing/seller`: who issues the invoices. */
export const sellerSchema = sellerShape.refine(
  ({ invoicePrefix, creditNotePrefix }) => invoicePrefix !== creditNotePrefix,
  { path: ['creditNotePrefix'], error: 'must differ from invoicePrefix: each begins with 000001' },
);
export type Seller = z.infer<typeof sellerSchema>;

/** `PUT /v1/tenants/{slug}/billing`: whom the tenant's invoices are made out to, and how they are collected. */
export const billingAccountSchema = z
  .strictObject({
    buyer: partySchema,
    tax: z
      .strictObject({ label: z.string().trim().min(1).max(40), bps: z.int().min(0).max(10_000) })
      .nullable()
      .default(null)
      .describe('On the sum of the lines; null when none is charged.'),
    dueDays: z.int().min(0).max(120).default(14),
    collection: z
      .enum(['manual', 'send', 'charge'])
      .default('manual')
      .describe(
        "`manual`: the operator sends it. Stripe e-mails it (`send`; then the buyer has an e-mail address, or the linked customer has) or charges the customer's payment method (`charge`).",
      ),
    stripeCustomerId: z
      .string()
      .regex(/^cus_[A-Za-z0-9]{1,60}$/, 'use cus_…')
      .optional()
      .describe('An existing customer; without one it is made by the first push.'),
    pauseAfterOverdueDays: z
      .int()
      .min(0)
      .max(365)
      .nullable()
      .default(null)
      .describe('Calls are refused so many days after an unpaid invoice was due; null = never.'),
  })
  .refine(
    ({ collection, buyer, stripeCustomerId }) => collection !== 'send' || buyer.email || stripeCustomerId,
    { path: ['buyer', 'email'], error: 'Stripe has to know where to send the invoices' },
  );
export type BillingAccount = z.infer<typeof billingAccountSchema>;

/**
 * What a line stands for; `late-usage`, `correction` and `minimum-change` bill an earlier month than the invoice's.
 * `credited-before` stands against a correction whose money a credit note has given back already.
 */
export const lineKinds = [
  'fee',
  'usage',
  'minimum',
  'late-usage',
  'correction',
  'minimum-change',
  'credited-before',
  'credit',
] as const;
export type LineKind = (typeof lineKinds)[number];

export const invoiceLineSchema = z.object({
  no: z.int().describe('From 1.'),
  kind: z.enum(lineKinds),
  description: z.string(),
  from: z.string().describe('The service period: days, half-open.'),
  to: z.string(),
  planId: z.string(),
  rate: z.int().nullable().describe("Which of the plan's rates; null where there are no calls."),
  calls: z.int().describe('Messages of chats count as one each.'),
  billedSeconds: z.int().describe('In whole increments.'),
  includedSeconds: z.int(),
  priceMicros: z
    .int()
    .nullable()
    .describe("The sum of the calls' prices; its one rounding is `amountCents`."),
  amountCents: z.int(),
  callsSha256: z
    .string()
    .nullable()
    .describe("SHA-256 of the line's calls, so that the document's own hash covers them; null for a draft."),
  creditsLine: z.int().describe("In a credit note: the invoice's line that it takes back.").exactOptional(),
});
export type InvoiceLine = z.infer<typeof invoiceLineSchema>;

/** An invoice or credit note. Once it has a number it never changes. */
export const invoiceDocumentSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  kind: z.enum(['invoice', 'credit-note']),
  number: z.string().nullable(),
  tenant: z.string(),
  month: z.string(),
  currency: z.string(),
  period: z
    .object({
      from: z.string(),
      to: z.string(),
    })
    .describe('Days, half-open.'),
  issuedAt: timeSchema.nullable(),
  dueAt: timeSchema.nullable(),
  seller: sellerSchema.nullable(),
  buyer: partySchema,
  plans: z.array(planTermsViewSchema),
  lines: z.array(invoiceLineSchema),
  linesCents: z.int(),
  tax: z
    .object({
      label: z.string(),
      bps: z.int(),
      amountCents: z.int(),
    })
    .nullable(),
  totalCents: z.int(),
  creditCents: z.int().describe('Prepaid credit that pays for it.'),
  dueCents: z.int(),
  corrects: z
    .object({
      invoice: z.string(),
      number: z.string(),
      reason: z.string(),
    })
    .nullable()
    .describe('What it takes back, and why.'),
});
export type InvoiceDocument = z.infer<typeof invoiceDocumentSchema>;

export const invoiceStatuses = ['draft', 'finalized', 'pushed', 'paid', 'overdue', 'void'] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

export const invoiceSummarySchema = z.object({
  id: z.string(),
  kind: z.enum(['invoice', 'credit-note']),
  number: z.string().nullable(),
  status: z.enum(invoiceStatuses),
  month: z.string(),
  currency: z.string(),
  totalCents: z.int(),
  dueCents: z.int(),
  issuedAt: timeSchema.nullable(),
  dueAt: timeSchema.nullable(),
  paidAt: timeSchema.nullable(),
  stripeId: z.string().nullable().describe("Stripe's id, once it is there."),
});
export type InvoiceSummary = z.infer<typeof invoiceSummarySchema>;
export const invoiceViewSchema = invoiceSummarySchema.extend({
  document: invoiceDocumentSchema,
  sha256: z.string().nullable().describe("Of the document's canonical JSON; null for a draft."),
});
export type InvoiceView = z.infer<typeof invoiceViewSchema>;

const notComparedSchema = z
  .string()
  .describe(
    "Why the month could not be compared with Vapi's books before it was frozen; absent when it was. What Vapi then says otherwise, a later comparison brings to the next invoice.",
  );
/** The answer to `POST …/invoices/{id}/finalize`. */
export const finalizedInvoiceSchema = invoiceViewSchema.extend({
  notCompared: notComparedSchema.exactOptional(),
});
export type FinalizedInvoice = z.infer<typeof finalizedInvoiceSchema>;

/** One call of a line, as it was rated. `costMicros` (US dollars) is for the operator only. */
export const invoiceCallViewSchema = z.object({
  callId: z.string(),
  correction: z.int().describe('0 = the charge; 1, 2, … = corrections of it.'),
  seconds: z.int().nullable(),
  billedSeconds: z.int(),
  priceMicros: z.int(),
  costMicros: z.int().nullable().exactOptional(),
});
export type InvoiceCallView = z.infer<typeof invoiceCallViewSchema>;

/** `GET …/invoices/{id}/payment-page` */
export const paymentPageAnswerSchema = z.object({
  url: z.string().nullable().describe('At Stripe; null when it is not collected there.'),
});
export type PaymentPageAnswer = z.infer<typeof paymentPageAnswerSchema>;

export const monthSchema = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'use a month such as 2026-11');

/** `POST /v1/tenants/{slug}/invoices`: makes the month's draft, or reckons it anew. */
export const draftInvoiceSchema = z.strictObject({ period: monthSchema });

/** `POST …/invoices/{id}/credit-notes`: takes back lines in part, or (without `lines`) all that is left of the invoice. */
export const creditNoteSchema = z.strictObject({
  reason: z.string().trim().min(1).max(300),
  lines: z
    .array(z.strictObject({ line: z.int().min(1), amountCents: z.int().min(1) }))
    .min(1)
    .max(200)
    .optional(),
});
export type CreditNoteRequest = z.infer<typeof creditNoteSchema>;

/** `POST /v1/tenants/{slug}/credits`: prepaid credit that was paid outside, or that was booked by mistake. */
export const bookCreditSchema = z
  .strictObject({
    amountCents: z
      .int()
      .min(-100_000_000_000)
      .max(100_000_000_000)
      .describe('Negative to take back what was booked by mistake, as far as it is unused.'),
    note: z.string().trim().max(200).default('').describe('The reason; a negative amount needs one.'),
    reference: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .describe('Of the payment: a repeated request with the same one counts once.'),
  })
  .refine(({ amountCents }) => amountCents !== 0, { path: ['amountCents'], error: 'must not be 0' })
  .refine(({ amountCents, note }) => amountCents > 0 || note !== '', {
    path: ['note'],
    error: 'say why it is taken back',
  });
export type BookCredit = z.infer<typeof bookCreditSchema>;

/** `GET /v1/tenants/{slug}/preview` */
export const previewAnswerSchema = z.object({
  month: z.string(),
  currency: z.string(),
  billed: z.boolean().describe('Then all of it is what the document says; else the month as it stands now.'),
  soFar: z.object({
    lines: z.array(invoiceLineSchema),
    totalCents: z.int(),
    dueCents: z.int(),
  }),
  atThisPace: z
    .object({
      totalCents: z.int(),
    })
    .describe('If the rest of the month goes on like its days up to now.'),
  openCalls: z.int().describe('Calls that wait for their duration or cost.'),
});
export type PreviewAnswer = z.infer<typeof previewAnswerSchema>;

/** `POST /v1/billing/close`: bills every month that is over; of all tenants and up to the last month unless told. */
export const closeRequestSchema = z.strictObject({
  month: monthSchema
    .optional()
    .describe('The last month that is billed; also if its document is void, which no other month is again.'),
  tenant: z.union([slugSchema, tenantIdSchema]).optional().describe('A deleted one by its id.'),
  dryRun: z.boolean().default(false).describe('Only says what would be done.'),
  graceHours: z
    .int()
    .min(0)
    .max(720)
    .default(24)
    .describe('How long costs may come late before a month is closed.'),
});
export type CloseRequest = z.infer<typeof closeRequestSchema>;

export const closeEntrySchema = z.object({
  tenant: z.string().describe('Its slug, or its id when it is deleted.'),
  month: z.string(),
  outcome: z
    .enum(['would-finalize', 'finalized', 'pushed', 'failed', 'voided', 'calls-left'])
    .describe(
      '`voided`: its document is void, so that it is left to a person. `calls-left`: the month is over, and calls of it are on no document.',
    ),
  number: z.string().nullable(),
  totalCents: z.int().nullable(),
  currency: z.string().nullable(),
  openCalls: z
    .int()
    .describe('Calls of the month that a later invoice bills, once their duration or cost is known.'),
  unplannedCalls: z.int().describe('Calls on days without a plan, if there are any.').exactOptional(),
  problem: z.string().describe('Why somebody should look at it.').exactOptional(),
  notCompared: notComparedSchema.exactOptional(),
});
export type CloseEntry = z.infer<typeof closeEntrySchema>;
export const closeReportSchema = z.object({
  id: z.string(),
  month: z.string().nullable(),
  tenant: z.string().nullable().describe('The only one that was closed; null for all.').exactOptional(),
  dryRun: z.boolean(),
  startedAt: timeSchema,
  finishedAt: timeSchema.nullable().describe('Null while it runs, and for ever when it was killed.'),
  entries: z.array(closeEntrySchema),
  needsPerson: z.int().describe('How many entries somebody should look at.'),
});
export type CloseReport = z.infer<typeof closeReportSchema>;

/** `GET /v1/billing/margin?month=` */
export const marginRowSchema = z.object({
  tenant: z.string(),
  month: z.string(),
  billed: z.boolean().describe('Else the month as it stands now.'),
  currency: z.string(),
  calls: z.int(),
  seconds: z.int(),
  costMicros: z.int().describe('US dollars.'),
  costCents: z.int().describe("The same in the plan's currency."),
  revenueCents: z
    .int()
    .describe(
      'The lines of the month without what credit notes have taken back, before tax and prepaid credit.',
    ),
  marginCents: z.int(),
  callsWithoutCost: z.int(),
});
export type MarginRow = z.infer<typeof marginRowSchema>;

/** `POST /v1/tenants/{slug}/simulate`: what the month would have cost under another plan. */
export const simulateSchema = z.strictObject({ month: monthSchema, plan: planSchema });
export const simulationAnswerSchema = z.object({
  month: z.string(),
  currency: z.string(),
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
 * A deleted tenant, in `GET /v1/billing/deleted-tenants`. Its usage and its invoices are where they were, under its id:
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

/** `GET /v1/tenants/{slug}/margin` */
export const tenantMarginQuerySchema = z.strictObject({ month: monthSchema });
