/**
 * Plans, invoices and what is shown of them. Here `…Micros` are millionths of one unit of the plan's currency (only
 * `costMicros` is Vapi's dollars), `…Cents` its smallest units, `…Bps` hundredths of a percent. Days are days in the
 * tenant's time zone, periods half-open.
 */
import { z } from 'zod';
import { isSupportedCurrency } from '../billing/money.ts';
import { costComponents } from './usage.ts';
import { microsSchema, slugSchema } from './words.ts';

export const callChannels = ['web', 'inbound', 'outbound', 'chat'] as const;
/** How a call came about; each may have a price of its own. */
export type CallChannel = (typeof callChannels)[number];

const centsSchema = z.int().min(0).max(100_000_000_000);
const bpsSchema = z.int().min(0).max(1_000_000);
const minutesSchema = z.int().min(0).max(10_000_000);
const secondsSchema = z.int().min(1).max(3600);

/** A call that begins an increment pays all of it: 1/1, 6/6, 30/6, 60/60. */
const increments = {
  /** The first block, in seconds. */
  initialSeconds: secondsSchema.default(1),
  /** Every block after it. */
  incrementSeconds: secondsSchema.default(1),
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
  z.strictObject({ kind: z.literal('per-call'), perCallMicros: microsSchema }),
]);
export type Price = z.infer<typeof priceSchema>;

/** The calls of all its channels share one price, with its included minutes or tiers. */
const rateSchema = z.strictObject({
  channels: z.array(z.enum(callChannels)).min(1),
  price: priceSchema,
});
export type Rate = z.infer<typeof rateSchema>;

export const planSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  currency: z
    .string()
    .refine(isSupportedCurrency, 'use a lower-case currency code that Stripe counts plainly'),
  /** How much of the currency one US dollar of cost is; fixed until the next plan. */
  usdRateMicros: z.int().min(1).max(1_000_000_000_000).default(1_000_000),
  monthlyFeeCents: centsSchema.default(0),
  /** Fee and usage of a month together are at least this. */
  minimumCents: centsSchema.default(0),
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
export type Plan = z.infer<typeof planSchema>;
/** As an operator writes it. */
export type PlanInput = z.input<typeof planSchema>;

/** `PUT /v1/tenants/{slug}/plan`. From that day on (default: today) the plan holds; null ends the billing. */
export const setPlanSchema = z.strictObject({ plan: planSchema.nullable(), from: z.iso.date().optional() });

/** A plan from a day on, as an operator sees it. */
export interface PlanVersionView {
  id: string;
  from: string;
  plan: Plan | null;
}
/** What a client sees of its plan: the terms in words, without the provider's cost or the markup on it. */
export interface PlanTermsView {
  id: string;
  name: string;
  currency: string;
  terms: string[];
}

const partyShape = {
  name: z.string().trim().min(1).max(120),
  /** As it is printed, line by line. */
  address: z.array(z.string().trim().min(1).max(120)).max(6).default([]),
  taxId: z.string().trim().min(1).max(60).optional(),
  email: z.email().max(254).optional(),
};
const partySchema = z.strictObject(partyShape);
export type Party = z.infer<typeof partySchema>;

const prefixSchema = z.string().regex(/^[A-Z0-9-]{1,12}$/, 'use at most 12 capitals, digits and hyphens');

/** `PUT /v1/billing/seller`: who issues the invoices. */
export const sellerSchema = z.strictObject({
  ...partyShape,
  logoUrl: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  accentColor: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'use #rrggbb')
    .optional(),
  /** Stands before the running number: `INV` makes `INV-000001`. */
  invoicePrefix: prefixSchema.default('INV'),
  creditNotePrefix: prefixSchema.default('CN'),
  footer: z.string().max(600).optional(),
});
export type Seller = z.infer<typeof sellerSchema>;

/** `PUT /v1/tenants/{slug}/billing`: whom the tenant's invoices are made out to, and how they are collected. */
export const billingAccountSchema = z.strictObject({
  buyer: partySchema,
  /** On the sum of the lines; null when none is charged. */
  tax: z
    .strictObject({ label: z.string().trim().min(1).max(40), bps: z.int().min(0).max(10_000) })
    .nullable()
    .default(null),
  dueDays: z.int().min(0).max(120).default(14),
  /** `manual`: the operator sends it. Stripe e-mails it (`send`) or charges the customer's payment method (`charge`). */
  collection: z.enum(['manual', 'send', 'charge']).default('manual'),
  /** An existing customer; without one it is made by the first push. */
  stripeCustomerId: z
    .string()
    .regex(/^cus_[A-Za-z0-9]{1,60}$/, 'use cus_…')
    .optional(),
  /** Calls are refused so many days after an unpaid invoice was due; null = never. */
  pauseAfterOverdueDays: z.int().min(0).max(365).nullable().default(null),
});
export type BillingAccount = z.infer<typeof billingAccountSchema>;

/** What a line stands for; `late-usage`, `correction` and `minimum-change` bill an earlier month than the invoice's. */
export const lineKinds = [
  'fee',
  'usage',
  'minimum',
  'late-usage',
  'correction',
  'minimum-change',
  'credit',
] as const;
export type LineKind = (typeof lineKinds)[number];

export interface InvoiceLine {
  /** From 1. */
  no: number;
  kind: LineKind;
  description: string;
  /** The service period: days, half-open. */
  from: string;
  to: string;
  planId: string;
  /** Which of the plan's rates; null where there are no calls. */
  rate: number | null;
  calls: number;
  /** In whole increments. */
  billedSeconds: number;
  includedSeconds: number;
  /** The sum of the calls' prices; its one rounding is `amountCents`. */
  priceMicros: number | null;
  amountCents: number;
  /** SHA-256 of the line's calls, so that the document's own hash covers them; null for a draft. */
  callsSha256: string | null;
  /** In a credit note: the invoice's line that it takes back. */
  creditsLine?: number;
}

/** An invoice or credit note. Once it has a number it never changes. */
export interface InvoiceDocument {
  format: 1;
  id: string;
  kind: 'invoice' | 'credit-note';
  number: string | null;
  tenant: string;
  month: string;
  currency: string;
  /** Days, half-open. */
  period: { from: string; to: string };
  issuedAt: string | null;
  dueAt: string | null;
  seller: Seller | null;
  buyer: Party;
  plans: PlanTermsView[];
  lines: InvoiceLine[];
  linesCents: number;
  tax: { label: string; bps: number; amountCents: number } | null;
  totalCents: number;
  /** Prepaid credit that pays for it. */
  creditCents: number;
  dueCents: number;
  /** What it takes back, and why. */
  corrects: { invoice: string; number: string; reason: string } | null;
}

export const invoiceStatuses = ['draft', 'finalized', 'pushed', 'paid', 'overdue', 'void'] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

export interface InvoiceSummary {
  id: string;
  kind: 'invoice' | 'credit-note';
  number: string | null;
  status: InvoiceStatus;
  month: string;
  currency: string;
  totalCents: number;
  dueCents: number;
  issuedAt: string | null;
  dueAt: string | null;
  paidAt: string | null;
  /** Stripe's id, once it is there. */
  stripeId: string | null;
}
export interface InvoiceView extends InvoiceSummary {
  document: InvoiceDocument;
  /** Of the document's canonical JSON; null for a draft. */
  sha256: string | null;
}

/** One call of a line, as it was rated. `costMicros` (US dollars) is for the operator only. */
export interface InvoiceCallView {
  callId: string;
  /** 0 = the charge; 1, 2, … = corrections of it. */
  correction: number;
  seconds: number | null;
  billedSeconds: number;
  priceMicros: number;
  costMicros?: number | null;
}

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

/** `POST /v1/tenants/{slug}/credits`: prepaid credit that was paid outside. */
export const topUpSchema = z.strictObject({
  amountCents: z.int().min(1).max(100_000_000_000),
  note: z.string().trim().max(200).default(''),
  /** Of the payment: a repeated request with the same one counts once. */
  reference: z.string().trim().min(1).max(100).optional(),
});

/** `GET /v1/tenants/{slug}/preview` */
export interface PreviewAnswer {
  month: string;
  currency: string;
  soFar: { lines: InvoiceLine[]; totalCents: number; dueCents: number };
  /** If the rest of the month goes on like its days up to now. */
  atThisPace: { totalCents: number };
  /** Calls that wait for their duration or cost. */
  openCalls: number;
}

/** `POST /v1/billing/close`: bills every month that is over; of all tenants and up to the last month unless told. */
export const closeRequestSchema = z.strictObject({
  month: monthSchema.optional(),
  tenant: slugSchema.optional(),
  /** Only says what would be done. */
  dryRun: z.boolean().default(false),
  /** How long costs may come late before a month is closed. */
  graceHours: z.int().min(0).max(720).default(24),
});
export type CloseRequest = z.infer<typeof closeRequestSchema>;

export interface CloseEntry {
  tenant: string;
  month: string;
  outcome: 'would-finalize' | 'finalized' | 'pushed' | 'failed';
  number: string | null;
  totalCents: number | null;
  currency: string | null;
  /** Calls that were left for the next invoice, since their duration or cost is not known. */
  openCalls: number;
  /** Why it failed. */
  problem?: string;
}
export interface CloseReport {
  id: string;
  month: string | null;
  dryRun: boolean;
  startedAt: string;
  /** Null while it runs, and for ever when it was killed. */
  finishedAt: string | null;
  entries: CloseEntry[];
  /** How many entries somebody should look at. */
  needsPerson: number;
}

/** `GET /v1/billing/margin?month=` */
export interface MarginRow {
  tenant: string;
  month: string;
  /** Else the month as it stands now. */
  billed: boolean;
  currency: string;
  calls: number;
  seconds: number;
  /** US dollars. */
  costMicros: number;
  /** The same in the plan's currency. */
  costCents: number;
  /** The lines of the month, before tax and credit. */
  revenueCents: number;
  marginCents: number;
  callsWithoutCost: number;
}

/** `POST /v1/tenants/{slug}/simulate`: what the month would have cost under another plan. */
export const simulateSchema = z.strictObject({ month: monthSchema, plan: planSchema });
export interface SimulationAnswer {
  month: string;
  currency: string;
  lines: { kind: LineKind; description: string; amountCents: number }[];
  totalCents: number;
  /** What it came to under the tenant's own plan. */
  actualCents: number;
  openCalls: number;
}
