/** Plans, invoices and the operator's books. */
import * as contract from '../contract.ts';
import { csv, json, type Operation, operator, plain, tenant } from './operation.ts';

const csvCursor = { 'X-Next-Cursor': 'With `text/csv`: the `cursor` of the next page.' };
const invoice = (what: string) => ({ 200: json(what, contract.invoiceViewSchema) });

export const billingOperations: Operation[] = [
  tenant('GET /v1/tenants/{slug}/plan', 'Read the plan', {
    notes: 'The operator sees every version; a client sees today’s terms in words, without the markup.',
    answers: { 200: json('The plan.', contract.planAnswerSchema) },
  }),
  operator('PUT /v1/tenants/{slug}/plan', 'Set the plan from a day on', {
    notes:
      'Setting the plan that already applies on that day changes nothing. Null ends the billing, and cancels future plans.',
    body: { schema: contract.setPlanSchema },
    answers: { 200: json('The version that applies.', contract.planSetAnswerSchema) },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/preview', 'See a month as it stands now', {
    query: contract.previewQuerySchema,
    answers: { 200: json('The month so far, and at this pace.', contract.previewAnswerSchema) },
    refusals: ['conflict'],
  }),
  operator('GET /v1/tenants/{slug}/margin', 'Compare the revenue of a month with its cost', {
    query: contract.tenantMarginQuerySchema,
    answers: { 200: json('The month.', contract.marginRowSchema) },
    refusals: ['conflict'],
  }),
  operator('POST /v1/tenants/{slug}/simulate', 'See a month under another plan', {
    notes: 'Changes nothing.',
    body: { schema: contract.simulateSchema },
    answers: { 200: json('What it would have cost.', contract.simulationAnswerSchema) },
    refusals: ['conflict'],
  }),
  operator('GET /v1/tenants/{slug}/billing', 'Read whom the invoices are made out to', {
    answers: { 200: json('The account.', contract.billingAccountSchema) },
  }),
  operator('PUT /v1/tenants/{slug}/billing', 'Set whom the invoices are made out to', {
    body: { schema: contract.billingAccountSchema },
    answers: { 200: json('The account.', contract.billingAccountSchema) },
  }),
  tenant('GET /v1/tenants/{slug}/credits', 'Read prepaid credit', {
    answers: { 200: json('The balance and its entries.', contract.creditsAnswerSchema) },
  }),
  operator('POST /v1/tenants/{slug}/credits', 'Book prepaid credit', {
    notes:
      'A negative amount takes back what was booked by mistake. A repeated `reference` counts once; with different content it is refused.',
    body: { schema: contract.bookCreditSchema },
    answers: { 201: json('The balance.', contract.creditBalanceSchema) },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/wallet', 'Read the wallet', {
    answers: { 200: json('The wallet.', contract.walletViewSchema) },
  }),
  operator('PUT /v1/tenants/{slug}/wallet', 'Turn the wallet on or off, and set its limits', {
    notes:
      'While it is on, each start holds its highest price by the plan, with tax, and is refused (`balance_empty`) if the wallet does not cover it. Its currency is that of the plans.',
    body: { schema: contract.setWalletSchema },
    answers: { 200: json('The wallet.', contract.walletViewSchema) },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/wallet/entries', 'List what has moved the balance', {
    notes: 'Newest first.',
    query: contract.walletEntriesQuerySchema,
    answers: {
      200: json('One page.', contract.walletEntriesAnswerSchema, {
        ...csv('in the wallet’s currency'),
        headers: csvCursor,
      }),
    },
  }),
  operator('POST /v1/tenants/{slug}/wallet/entries', 'Fill the wallet, or correct it', {
    notes:
      'Takes no more than calls could still use. A repeated `reference` counts once; with different content it is refused.',
    body: { schema: contract.bookWalletEntrySchema },
    answers: { 201: json('The entry, and the wallet after it.', contract.bookedWalletEntrySchema) },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/invoices', 'List invoices', {
    notes: 'Newest first; drafts only for the operator.',
    query: contract.pageQuerySchema,
    answers: {
      200: json('One page.', contract.invoicesAnswerSchema, {
        ...csv('in the row’s currency'),
        headers: csvCursor,
      }),
    },
  }),
  operator('POST /v1/tenants/{slug}/invoices', 'Draft a month’s invoice', {
    notes: 'Makes the draft, or calculates it again.',
    body: { schema: contract.draftInvoiceSchema },
    answers: { 201: json('The draft.', contract.draftAnswerSchema, { headers: { Location: 'Its path.' } }) },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/invoices/{id}', 'Read an invoice', {
    query: contract.invoiceQuerySchema,
    answers: {
      200: json('The invoice.', contract.invoiceViewSchema, {
        media: { 'text/html': { type: 'string', description: 'For printing.' } },
      }),
    },
  }),
  tenant('GET /v1/tenants/{slug}/invoices/{id}/payment-page', 'Find where an invoice is paid', {
    notes: 'Stripe’s page for the client; its address expires, so request it when needed.',
    answers: { 200: json('Its address.', contract.paymentPageAnswerSchema) },
    refusals: ['stripe_unavailable'],
  }),
  tenant('GET /v1/tenants/{slug}/invoices/{id}/pdf', 'Download an invoice as PDF', {
    notes:
      'As it was issued, from the frozen document alone: tagged for screen readers, with its hash. Refused for a draft, for a void document, and for text that its font does not have.',
    answers: {
      200: {
        what: 'The invoice or credit note.',
        media: { 'application/pdf': { type: 'string', format: 'binary' } },
      },
    },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/invoices/{id}/e-invoice', 'Download an invoice as EN 16931 prescribes', {
    notes:
      'XML for the buyer’s accounting, from the frozen document alone. Refused, with the fields in `errors`, if the document lacks what the standard requires: see `eInvoiceMissing` of the draft.',
    query: contract.eInvoiceQuerySchema,
    answers: { 200: plain('The invoice or credit note.', 'application/xml') },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/invoices/{id}/lines/{no}/calls', 'List the calls of a line', {
    query: contract.invoiceCallsQuerySchema,
    answers: {
      200: json('One page.', contract.invoiceCallsAnswerSchema, {
        ...csv('in dollars'),
        headers: csvCursor,
      }),
    },
  }),
  operator('POST /v1/tenants/{slug}/invoices/{id}/finalize', 'Give the invoice its number', {
    notes: 'Its month is compared with Vapi’s books first. From then on it never changes.',
    answers: { 200: json('The invoice.', contract.finalizedInvoiceSchema) },
    refusals: ['conflict'],
  }),
  operator('POST /v1/tenants/{slug}/invoices/{id}/push', 'Hand the invoice to Stripe', {
    notes: 'Safe to repeat.',
    answers: invoice('The invoice.'),
    refusals: ['conflict', 'stripe_unavailable'],
  }),
  operator('POST /v1/tenants/{slug}/invoices/{id}/void', 'Void the invoice', {
    notes: 'Here and at Stripe.',
    body: { schema: contract.voidInvoiceSchema, optional: true },
    answers: invoice('The invoice.'),
    refusals: ['conflict', 'stripe_unavailable'],
  }),
  operator('POST /v1/tenants/{slug}/invoices/{id}/paid', 'Book an invoice as paid outside Stripe', {
    notes: 'One that is at Stripe is marked there as paid out of band, so that no one pays it again.',
    answers: invoice('The invoice.'),
    refusals: ['conflict', 'stripe_unavailable'],
  }),
  operator('POST /v1/tenants/{slug}/invoices/{id}/credit-notes', 'Credit an invoice or some of its lines', {
    notes: 'A repeated `reference` counts once; with different content it is refused.',
    body: { schema: contract.creditNoteSchema },
    answers: { 201: json('The credit note.', contract.invoiceViewSchema) },
    refusals: ['conflict'],
  }),
  operator('GET /v1/billing/seller', 'Read who issues the invoices', {
    answers: { 200: json('The seller.', contract.sellerSchema) },
  }),
  operator('PUT /v1/billing/seller', 'Set who issues the invoices', {
    notes: 'A prefix that the other series of numbers has ever used is refused.',
    body: { schema: contract.sellerSchema },
    answers: { 200: json('The seller.', contract.sellerSchema) },
    refusals: ['conflict'],
  }),
  operator('POST /v1/billing/close', 'Close every month that is over', {
    notes:
      'A job on the server, client by client, several at a time: it continues if the caller disconnects or a process is killed. The same request finds the running job; another is refused while it runs. A dry run and a close may run at the same time.',
    query: contract.closeQuerySchema,
    body: { schema: contract.closeRequestSchema, optional: true },
    answers: {
      200: json('What was done, if the caller waited for it.', contract.closeReportSchema),
      202: json('It is running.', contract.closeReportSchema, {
        headers: { Location: 'Where to follow it.' },
      }),
    },
    refusals: ['conflict'],
  }),
  operator('GET /v1/billing/runs', 'List what closing months has done', {
    query: contract.runsQuerySchema,
    answers: { 200: json('The newest 50 runs.', contract.runsAnswerSchema) },
  }),
  operator('GET /v1/billing/runs/{id}', 'Follow a close', {
    answers: { 200: json('How far it is.', contract.closeReportSchema) },
  }),
  operator('GET /v1/billing/runs/{id}/clients', 'List the clients of a close', {
    query: contract.closeClientsQuerySchema,
    answers: { 200: json('One page.', contract.closeClientsAnswerSchema) },
  }),
  operator('POST /v1/billing/runs/{id}/stop', 'Stop a close', {
    notes: 'Clients that are being closed are finished, no others are begun. Safe to repeat.',
    answers: { 200: json('How far it is.', contract.closeReportSchema) },
    refusals: ['conflict'],
  }),
  operator('POST /v1/billing/runs/{id}/resume', 'Resume a stopped close', {
    notes: 'Continues with the clients that are pending. Safe to repeat.',
    answers: { 202: json('It is running.', contract.closeReportSchema) },
    refusals: ['conflict'],
  }),
  operator('GET /v1/billing/invoices', 'List the invoices of all clients', {
    notes:
      'Newest first, or by total or due date, with drafts and those of deleted tenants. As CSV all that match, newest first, without pages.',
    query: contract.booksQuerySchema,
    answers: {
      200: json('One page.', contract.booksAnswerSchema, {
        ...csv('with the decimals of their currency'),
      }),
    },
  }),
  operator('GET /v1/billing/presets', 'List plans to start from', {
    answers: { 200: json('Each with its name and what it is for.', contract.presetsAnswerSchema) },
  }),
  operator('GET /v1/billing/deleted-tenants', 'List deleted tenants', {
    notes: 'Most recently deleted first. Usage and invoices are still available at `/v1/tenants/{id}/…`.',
    query: contract.pageQuerySchema,
    answers: { 200: json('One page.', contract.deletedTenantsAnswerSchema) },
  }),
  operator('GET /v1/billing/search', 'Find clients, invoices and calls', {
    query: contract.searchQuerySchema,
    answers: { 200: json('A few of each.', contract.searchAnswerSchema) },
  }),
  operator('GET /v1/billing/calls', 'List the calls of all clients', {
    notes:
      'Newest first, or the dearest. The period is limited, so that the answer takes as long with ten million calls as with few. As CSV all that match, newest first, without pages.',
    query: contract.allCallsQuerySchema,
    answers: { 200: json('One page.', contract.allCallsAnswerSchema, csv('in dollars')) },
  }),
  operator('GET /v1/billing/tenants', 'List clients with a month’s figures', {
    notes:
      'For many clients: the server searches, sorts and sums. Usage and cost are exact; a price is calculated again in the background after its calls have changed, and has its time. Deleted tenants are left out.',
    query: contract.clientsQuerySchema,
    answers: { 200: json('One page.', contract.clientsAnswerSchema) },
  }),
  operator('GET /v1/billing/margin', 'Compare revenue with cost', {
    query: contract.marginQuerySchema,
    answers: { 200: json('One page, a row a tenant.', contract.marginAnswerSchema) },
    refusals: ['conflict'],
  }),
];
