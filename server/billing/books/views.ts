/** Invoices as the API returns them. */
import { iso } from '../../base/iso.ts';
import type { InvoiceCallView, InvoiceDocument, InvoiceSummary, InvoiceView } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import { balanceOf } from '../../ledger/invoice-balance.ts';
import type { Queries } from '../../store/database.ts';
import { findCredit, type SummaryRow } from '../../store/invoice-lists.ts';
import type { InvoiceRow } from '../../store/invoices.ts';
import type { BilledCall } from '../month/earlier-months.ts';
import { missingTerms } from './e-invoice/terms.ts';

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
  const document = documentOf(row);
  return {
    ...viewSummary({ ...row, ...(await findCredit(db, row.id)) }),
    document,
    sha256: row.sha256,
    eInvoiceMissing: missingTerms(document),
  };
}

export function documentOf({ document }: InvoiceRow): InvoiceDocument {
  return JSON.parse(document) as InvoiceDocument;
}

/**
 * A document that may be handed on as a file.
 * @throws ApiError `conflict` for a draft or a void document: nothing in the file would say so
 */
export function issuedDocument(row: InvoiceRow): { document: InvoiceDocument; sha256: string } {
  const { status, sha256 } = row;
  if (status === 'draft' || sha256 === null) throw conflict('Finalize the invoice first.');
  if (status === 'void') throw conflict('This invoice is void.');
  return { document: documentOf(row), sha256 };
}

/** @param withCost only for the operator */
export function viewInvoiceCall(call: BilledCall, withCost: boolean): InvoiceCallView {
  const { callId, seq, seconds, billedSeconds, priceMicros, costMicros } = call;
  const shown = { callId, correction: seq, seconds, billedSeconds, priceMicros };
  return withCost ? { ...shown, costMicros } : shown;
}
