/**
 * Invoices and credit notes. `…Micros` are millionths of one unit of the invoice's currency (only `costMicros` is Vapi's
 * dollars), `…Cents` its smallest units, `…Bps` hundredths of a percent. Days are days in the tenant's time zone, periods
 * half-open.
 */
import { z } from 'zod';
import { partySchema, sellerSchema, taxCategories } from './billing-accounts.ts';
import { planTermsViewSchema } from './plans.ts';
import { lineSchema, monthSchema, timeSchema } from './words.ts';

/**
 * The meaning of a line; `late-usage`, `correction` and `minimum-change` bill an earlier month than the invoice's.
 * `credited-before` offsets a correction that a credit note has already refunded; it is negative when the cost of the
 * calls rises again and the credit applies once more.
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
    .describe(
      "SHA-256 of the line's calls, so that the document's own hash covers them: for each, in the order of `…/lines/{no}/calls`, the JSON array `[callId, correction, seconds, billedSeconds, priceMicros]` and a line feed. Null for a draft and for a line without calls.",
    ),
  creditsLine: z.int().describe('In a credit note: the line of the invoice that it credits.').exactOptional(),
});
export type InvoiceLine = z.infer<typeof invoiceLineSchema>;

/** An invoice or credit note. Once it has a number it never changes. */
export const invoiceDocumentSchema = z.object({
  format: z
    .union([z.literal(1), z.literal(2)])
    .describe(
      'In documents of format 1, `callsSha256` covers the calls in the order of day, creation and id.',
    ),
  id: z.string(),
  kind: z.enum(['invoice', 'credit-note']),
  number: z.string().nullable(),
  tenant: z.string(),
  month: z.string(),
  timeZone: z
    .string()
    .exactOptional()
    .describe('In which it was issued: the days of its instants. Older documents do not contain it.'),
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
      bps: z.number().describe('With at most one decimal.'),
      amountCents: z.int(),
      category: z.enum(taxCategories).exactOptional().describe('Why no VAT is charged.'),
      reason: z.string().exactOptional(),
    })
    .nullable(),
  totalCents: z.int(),
  creditCents: z
    .int()
    .describe(
      'Prepaid credit that pays for it, the wallet included; negative when it is a credit note that is paid into the wallet.',
    ),
  dueCents: z.int(),
  corrects: z
    .object({
      invoice: z.string(),
      number: z.string(),
      reason: z.string(),
    })
    .nullable()
    .describe('What it credits, and why.'),
});
export type InvoiceDocument = z.infer<typeof invoiceDocumentSchema>;

export const invoiceStatuses = ['draft', 'finalized', 'pushed', 'paid', 'overdue', 'void'] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

/** As displayed. */
export const invoiceStates = [...invoiceStatuses, 'credited'] as const;
export type InvoiceState = (typeof invoiceStates)[number];

export const invoiceSummarySchema = z.object({
  id: z.string(),
  kind: z.enum(['invoice', 'credit-note']),
  number: z.string().nullable(),
  status: z.enum(invoiceStatuses),
  state: z
    .enum(invoiceStates)
    .describe('As `status`, but `credited` when credit notes cover all that was to pay.'),
  month: z.string(),
  currency: z.string(),
  totalCents: z.int(),
  dueCents: z.int(),
  leftToPayCents: z
    .int()
    .describe(
      'What remains of `dueCents` after its credit notes; 0 once it is paid or void, and for a credit note.',
    ),
  issuedAt: timeSchema.nullable(),
  dueAt: timeSchema.nullable(),
  paidAt: timeSchema.nullable(),
  stripeId: z.string().nullable().describe("Stripe's id, once it has been pushed."),
});
export type InvoiceSummary = z.infer<typeof invoiceSummarySchema>;
export const invoiceViewSchema = invoiceSummarySchema.extend({
  document: invoiceDocumentSchema,
  sha256: z.string().nullable().describe("Of the document's canonical JSON; null for a draft."),
  eInvoiceMissing: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .describe(
      'What `…/e-invoice` would lack: `seller.…` is set in `PUT /v1/billing/seller`, `buyer.…` and `tax.…` in `PUT …/billing`, before the invoice is finalized. Empty if nothing is.',
    ),
});
export type InvoiceView = z.infer<typeof invoiceViewSchema>;

export const notComparedSchema = z
  .string()
  .describe(
    "Why the month could not be compared with Vapi's books before it was frozen; absent when it was compared. Differences that a later comparison finds are billed on the next invoice.",
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

export const eInvoiceFormats = ['ubl', 'cii'] as const;
export type EInvoiceFormat = (typeof eInvoiceFormats)[number];
/** `GET …/invoices/{id}/e-invoice` */
export const eInvoiceQuerySchema = z.strictObject({
  format: z.enum(eInvoiceFormats).default('ubl').describe('UBL 2.1, or UN/CEFACT’s CII (D16B).'),
});

/** `POST /v1/tenants/{slug}/invoices`: makes the month's draft, or calculates it again. */
export const draftInvoiceSchema = z.strictObject({ period: monthSchema });

/** `POST …/invoices/{id}/credit-notes`: credits part of some lines, or (without `lines`) all that is left of the invoice. */
export const creditNoteSchema = z.strictObject({
  reason: lineSchema.min(1).max(300),
  lines: z
    .array(z.strictObject({ line: z.int().min(1), amountCents: z.int().min(1) }))
    .min(1)
    .max(200)
    .optional(),
  reference: lineSchema
    .min(1)
    .max(100)
    .optional()
    .describe('A name of your own: a repeated request with the same one is answered with the first note.'),
});
export type CreditNoteRequest = z.infer<typeof creditNoteSchema>;
