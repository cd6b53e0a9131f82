/** Invoices as answers show them. */
import type {
  InvoiceCallView,
  InvoiceDocument,
  InvoiceState,
  InvoiceSummary,
  InvoiceView,
} from '../contract.ts';
import type { Queries } from '../store/database.ts';
import { findCredit, type SummaryRow } from '../store/invoice-lists.ts';
import type { InvoiceRow } from '../store/invoices.ts';
import type { BilledCall } from './earlier-months.ts';

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

/**
 * What a reader is told of an invoice: its state, `credited` where credit notes have taken back all of it, and what is
 * left to pay in the currency's smallest units. Every list, page, export and message says these two.
 */
function balanceOf(row: SummaryRow): { state: InvoiceState; leftToPayCents: number } {
  const { status, dueCents, creditedCents, isCredited } = row;
  const isSettled = status === 'paid' || status === 'void';
  return {
    state: isCredited === 1 ? 'credited' : status,
    leftToPayCents: isSettled ? 0 : Math.max(0, dueCents - creditedCents),
  };
}

export function viewSummary(row: SummaryRow): InvoiceSummary {
  const { id, kind, number, status, month, currency, totalCents, dueCents, stripeId } = row;
  return {
    ...{ id, kind, number, status, month, currency, totalCents, dueCents },
    ...balanceOf(row),
    issuedAt: iso(row.finalizedAt),
    dueAt: iso(row.dueAt),
    paidAt: iso(row.paidAt),
    stripeId,
  };
}

export async function viewInvoice(db: Queries, row: InvoiceRow): Promise<InvoiceView> {
  return {
    ...viewSummary({ ...row, ...(await findCredit(db, row.id)) }),
    document: documentOf(row),
    sha256: row.sha256,
  };
}

export function documentOf({ document }: InvoiceRow): InvoiceDocument {
  return JSON.parse(document) as InvoiceDocument;
}

/** @param withCost for the operator only */
export function viewInvoiceCall(call: BilledCall, withCost: boolean): InvoiceCallView {
  const { callId, seq, seconds, billedSeconds, priceMicros, costMicros } = call;
  const shown = { callId, correction: seq, seconds, billedSeconds, priceMicros };
  return withCost ? { ...shown, costMicros } : shown;
}
