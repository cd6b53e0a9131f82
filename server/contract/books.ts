/** The invoices of all the operator's clients, and the runs that made them. */
import { z } from 'zod';
import { invoiceStates, invoiceStatuses, invoiceSummarySchema } from './invoices.ts';
import { limitSchema, lineSchema, monthSchema } from './words.ts';

export const bookSorts = ['time', 'total', 'due'] as const;
export type BookSort = (typeof bookSorts)[number];

/** `GET /v1/billing/invoices` */
export const booksQuerySchema = z.strictObject({
  month: monthSchema.optional(),
  status: z.enum(invoiceStatuses).optional(),
  state: z
    .enum(invoiceStates)
    .optional()
    .describe('As displayed: a `credited` invoice is in no other state.'),
  search: lineSchema
    .pipe(z.string().max(100))
    .optional()
    .describe('In the number, and in the client’s name and slug, without regard to case and accents.'),
  sort: z.enum(bookSorts).default('time').describe('By creation, total or due date.'),
  order: z.enum(['asc', 'desc']).default('desc'),
  cursor: z.string().max(500).optional().describe('The `nextCursor` of the page before, of the same list.'),
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
  totals: z
    .object({
      documents: z.int(),
      amounts: z
        .array(
          z.object({
            currency: z.string(),
            documents: z.int(),
            totalCents: z.int().describe('Void documents add nothing; credit notes are negative.'),
            leftToPayCents: z.int().describe('Of what has been issued.'),
          }),
        )
        .describe('By currency.'),
      complete: z
        .boolean()
        .describe(
          'False when there may be more than are summed: then these are the sums of the newest 20,000.',
        ),
    })
    .describe('Of all documents that match, not only of the page.'),
  nextCursor: z.string().nullable().describe('The `cursor` for the next page; null on the last one.'),
});
export type BooksAnswer = z.infer<typeof booksAnswerSchema>;

/** `POST …/invoices/{id}/void` */
export const voidInvoiceSchema = z.strictObject({
  reason: lineSchema.min(1).max(300).optional().describe('Kept in the audit log.'),
});
