/** Takes back lines of a finalized invoice, in part or whole. The calls stay on the invoice: they were rated once. */
import { recordChange } from '../access/audit.ts';
import type { CreditNoteRequest, InvoiceDocument, InvoiceLine } from '../contract.ts';
import { ApiError } from '../errors.ts';
import type { Store } from '../store/database.ts';
import { type InvoiceRow, insertInvoice, listCorrections, lockInvoice } from '../store/invoices.ts';
import type { Tenant } from '../store/tenants.ts';
import { taxOn } from './invoice-document.ts';
import {
  type Actor,
  blankInvoice,
  figuresOf,
  freeze,
  issue,
  newInvoiceId,
  withInvoice,
} from './invoicing.ts';

/** @throws ApiError `conflict` when it is no finalized invoice, `invalid_request` when more is taken back than is left */
export async function issueCreditNote(
  store: Store,
  tenant: Tenant,
  invoiceId: string,
  request: CreditNoteRequest,
  by: Actor,
  nowMs: number,
): Promise<InvoiceRow> {
  return withInvoice(store, tenant, invoiceId, async (db, row) => {
    if (row.status === 'draft' || row.status === 'void' || row.kind !== 'invoice') {
      throw new ApiError('conflict', { detail: 'Only a finalized invoice is corrected by a credit note.' });
    }
    const invoice = JSON.parse(row.document) as InvoiceDocument;
    const left = leftOf(invoice, await listCorrections(db, invoiceId));
    const asked = request.lines ?? [...left].map(([line, amountCents]) => ({ line, amountCents }));
    const lines = creditLines(invoice, left, asked);
    const linesCents = lines.reduce((sum, line) => sum + line.amountCents, 0);
    const tax = taxOn(linesCents, invoice.tax);
    const totalCents = linesCents + (tax?.amountCents ?? 0);
    const id = newInvoiceId();
    const content: InvoiceDocument = {
      ...invoice,
      id,
      kind: 'credit-note',
      lines,
      linesCents,
      tax,
      totalCents,
      creditCents: 0,
      dueCents: totalCents,
      corrects: { invoice: invoiceId, number: invoice.number ?? '', reason: request.reason },
    };
    const correctsId = invoiceId;
    const blank = blankInvoice(tenant.id, row.month, nowMs);
    await insertInvoice(db, { ...blank, ...figuresOf(content), id, role: 'correction', correctsId });
    const document = await issue(db, content, 0, nowMs);
    await freeze(db, id, document, nowMs);
    const after = { id, number: document.number, corrects: invoice.number, totalCents };
    const change = { action: 'invoice.credit', tenant: tenant.slug, before: null, after };
    await recordChange(db, { ...by, ...change }, nowMs);
    return (await lockInvoice(db, id)) as InvoiceRow;
  });
}

/** What no credit note has taken back yet, by line; lines that owe the buyer something are not taken back. */
function leftOf(invoice: InvoiceDocument, notes: InvoiceRow[]): Map<number, number> {
  const left = new Map(invoice.lines.map(({ no, amountCents }) => [no, amountCents]));
  for (const note of notes) {
    for (const { creditsLine = 0, amountCents } of (JSON.parse(note.document) as InvoiceDocument).lines) {
      left.set(creditsLine, (left.get(creditsLine) ?? 0) + amountCents);
    }
  }
  return new Map([...left].filter(([, amountCents]) => amountCents > 0));
}

function creditLines(
  invoice: InvoiceDocument,
  left: Map<number, number>,
  asked: { line: number; amountCents: number }[],
): InvoiceLine[] {
  const problem = (message: string) =>
    new ApiError('invalid_request', { errors: [{ path: 'lines', message }] });
  if (asked.length === 0) throw problem('nothing is left to take back');
  if (new Set(asked.map(({ line }) => line)).size < asked.length) throw problem('a line is named twice');
  return asked.map(({ line, amountCents }, index) => {
    const billed = invoice.lines.find(({ no }) => no === line);
    const most = left.get(line) ?? 0;
    if (!billed || amountCents > most) throw problem(`line ${line} has ${most} left to take back`);
    return {
      ...billed,
      no: index + 1,
      kind: 'credit',
      description: `Line ${line}: ${billed.description}`,
      rate: null,
      calls: 0,
      billedSeconds: 0,
      includedSeconds: 0,
      priceMicros: null,
      amountCents: -amountCents,
      callsSha256: null,
      creditsLine: line,
    };
  });
}
