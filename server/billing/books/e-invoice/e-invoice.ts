/** A finalized invoice or credit note as EN 16931 prescribes, from its frozen document alone: it never changes either. */
import type { EInvoiceFormat } from '../../../contract.ts';
import { ApiError } from '../../../errors.ts';
import type { InvoiceRow } from '../../../store/invoices.ts';
import { issuedDocument } from '../views.ts';
import { ciiOf } from './cii.ts';
import { missingTerms, termsFrom } from './terms.ts';
import { ublOf } from './ubl.ts';

/**
 * @returns the XML
 * @throws ApiError `conflict` for a draft or a void document, and with the fields that the document lacks
 */
export function eInvoiceOf(row: InvoiceRow, format: EInvoiceFormat): string {
  const { document, sha256 } = issuedDocument(row);
  const errors = missingTerms(document);
  if (errors.length > 0) {
    const detail =
      'The document was issued without what EN 16931 requires, and can no longer be changed. Enter it for the next ones.';
    throw new ApiError('conflict', { detail, errors });
  }
  const terms = termsFrom(document, sha256);
  return format === 'ubl' ? ublOf(terms) : ciiOf(terms);
}
