/** The invoices of all the operator's clients, and the runs that made them. */
import { z } from 'zod';
import { invoiceStates, invoiceStatuses, invoiceSummarySchema } from './invoices.ts';
import { cursorSchema, limitSchema, lineSchema, monthSchema } from './words.ts';

/** `GET /v1/billing/invoices` */
export const booksQuerySchema = z.strictObject({
  month: monthSchema.optional(),
  status: z.enum(invoiceStatuses).optional(),
  state: z
    .enum(invoiceStates)
    .optional()
    .describe('As displayed: a `credited` invoice is in no other state.'),
  cursor: cursorSchema,
  limit: limitSchema(200, 100),
});

/** An invoice among those of all clients. */
export const bookedInvoiceSchema = invoiceSummarySchema.extend({
  tenant: z.string().describe('Its slug, or its id when it is deleted.'),
  tenantName: z.string(),
  timeZone: z.string().describe("The tenant's, for the days of what is issued and due."),
});
export type BookedInvoice = z.infer<typeof bookedInvoiceSchema>;
export const booksAnswerSchema = z.object({
  invoices: z.array(bookedInvoiceSchema),
  nextCursor: z.string().nullable().describe('The `cursor` for the next page; null on the last one.'),
});
export type BooksAnswer = z.infer<typeof booksAnswerSchema>;

/** `POST …/invoices/{id}/void` */
export const voidInvoiceSchema = z.strictObject({
  reason: lineSchema.min(1).max(300).optional().describe('Kept in the audit log.'),
});
