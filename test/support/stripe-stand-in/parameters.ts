/** The stand-in's requests, in the types of the `stripe` package; `schemas.ts` makes JSON Schemas of them. */
import type Stripe from 'stripe';

export interface Parameters {
  customerCreate: Stripe.CustomerCreateParams;
  customerUpdate: Stripe.CustomerUpdateParams;
  customerList: Stripe.CustomerListParams;
  customerSearch: Stripe.CustomerSearchParams;
  invoiceCreate: Stripe.InvoiceCreateParams;
  invoiceList: Stripe.InvoiceListParams;
  invoiceRetrieve: Stripe.InvoiceRetrieveParams;
  invoiceAddLines: Stripe.InvoiceAddLinesParams;
  invoiceLines: Stripe.InvoiceListLineItemsParams;
  invoiceFinalize: Stripe.InvoiceFinalizeInvoiceParams;
  invoiceSend: Stripe.InvoiceSendInvoiceParams;
  invoicePay: Stripe.InvoicePayParams;
  creditNoteCreate: Stripe.CreditNoteCreateParams;
  creditNoteList: Stripe.CreditNoteListParams;
  creditNoteVoid: Stripe.CreditNoteVoidCreditNoteParams;
  invoicePaymentList: Stripe.InvoicePaymentListParams;
  balanceCreate: Stripe.CustomerCreateBalanceTransactionParams;
  balanceList: Stripe.CustomerListBalanceTransactionsParams;
}
