/** Credits lines of a finalized invoice, in part or in full. The calls stay on the invoice: they are rated once. */
import { createHash } from 'node:crypto';
import { type Actor, recordChange } from '../../access/audit.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { sumCents } from '../../base/money.ts';
import type { Context } from '../../context.ts';
import type { CreditNoteRequest, InvoiceDocument, InvoiceLine } from '../../contract.ts';
import { conflict, invalidField } from '../../errors.ts';
import {
  findInvoiceById,
  type InvoiceRow,
  insertInvoice,
  listCorrections,
  lockInvoice,
} from '../../store/invoices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { leftOfShares, shareOf } from '../month/credited.ts';
import { monthOfDay } from '../plan/period.ts';
import { taxOn } from './invoice-document.ts';
import { blankInvoice, figuresOf, freeze, issue, newInvoiceId, withInvoice } from './invoicing.ts';
import { endOverdue } from './unpaid-pause.ts';
import { documentOf } from './views.ts';

/**
 * A request that repeats a reference of the same invoice is answered with the note issued for the first one.
 * @throws ApiError `conflict` when it is not a finalized invoice or the reference was used for a different request,
 *   `invalid_request` when more is credited than is left
 */
export async function issueCreditNote(
  ctx: Context,
  tenant: Tenant,
  { invoiceId, request, by }: { invoiceId: string; request: CreditNoteRequest; by: Actor },
): Promise<InvoiceRow> {
  const nowMs = ctx.now();
  return withInvoice(ctx, tenant, invoiceId, async (db, row) => {
    const id = newNoteId(invoiceId, request.reference);
    const asked = request.reference === undefined ? null : canonicalJson(request);
    const made = await findInvoiceById(db, id);
    if (made && made.request !== asked) {
      throw conflict(`${made.number} has this reference, with different content.`);
    }
    if (made) return made;
    if (row.status === 'draft' || row.status === 'void' || row.kind !== 'invoice') {
      throw conflict('Only a finalized invoice can be corrected by a credit note.');
    }
    const invoice = documentOf(row);
    const notes = (await listCorrections(db, invoiceId)).map(documentOf);
    const months = invoice.lines.map(({ from }) => monthOfDay(from));
    const left = leftOf(invoice, notes, await leftOfShares(db, tenant.id, months));
    const lines = creditLines(invoice, request.lines ? checked(request.lines, left) : wholeOf(left));
    const linesCents = sumCents(lines);
    const tax = taxGivenBack(invoice, notes, linesCents);
    const totalCents = linesCents + (tax?.amountCents ?? 0);
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
    const figures = { ...figuresOf(content), id, role: 'correction', correctsId, request: asked } as const;
    await insertInvoice(db, { ...blank, ...figures });
    const document = await issue(db, content, 0, nowMs);
    await freeze(db, id, document, nowMs);
    await endOverdue(db, row);
    const after = { id, number: document.number, corrects: invoice.number, totalCents };
    const change = { action: 'invoice.credit', tenant: tenant.slug, before: null, after };
    await recordChange(db, { ...by, ...change }, nowMs);
    return (await lockInvoice(db, id)) as InvoiceRow;
  });
}

/** With a reference the id is derived from it, so an invoice has at most one note for each reference. */
function newNoteId(invoiceId: string, reference: string | undefined): string {
  if (reference === undefined) return newInvoiceId();
  const name = createHash('sha256').update(`${invoiceId} ${reference}`).digest('base64url');
  return `inv_${name.slice(0, 16)}`;
}

type Asked = { line: number; amountCents: number }[];

/** What can still be credited. */
interface Left {
  lines: { line: number; amountCents: number; share: string }[];
  /** What all documents together have charged so far, by month and share: later ones may have refunded some of it. */
  shares: Map<string, number>;
  totalCents: number;
}

function leftOf(invoice: InvoiceDocument, notes: InvoiceDocument[], shares: Left['shares']): Left {
  const taken = new Map<number, number>();
  for (const { creditsLine = 0, amountCents } of notes.flatMap(({ lines }) => lines)) {
    taken.set(creditsLine, (taken.get(creditsLine) ?? 0) + amountCents);
  }
  const lines = invoice.lines.map((line) => ({
    line: line.no,
    amountCents: line.amountCents + (taken.get(line.no) ?? 0),
    share: `${monthOfDay(line.from)} ${shareOf(line)}`,
  }));
  return { lines, shares, totalCents: sumCents(lines) };
}

const problem = (message: string) => invalidField('lines', message);

/** All that is left, including lines in the buyer's favour, so that it never exceeds the invoice's total. */
function wholeOf({ lines, shares }: Left): Asked {
  const room = new Map(shares);
  const asked = [...lines]
    .sort((a, b) => a.amountCents - b.amountCents)
    .map(({ line, amountCents: left, share }) => {
      const most = room.get(share) ?? 0;
      const amountCents = left < 0 ? left : Math.min(left, Math.max(0, most));
      room.set(share, most - amountCents);
      return { line, amountCents };
    })
    .filter(({ amountCents }) => amountCents !== 0)
    .sort((a, b) => a.line - b.line);
  if (sumCents(asked) <= 0) throw problem('nothing is left to credit');
  return asked;
}

function checked(asked: Asked, { lines, shares, totalCents }: Left): Asked {
  if (new Set(asked.map(({ line }) => line)).size < asked.length) throw problem('a line is listed twice');
  const room = new Map(shares);
  for (const { line, amountCents } of asked) {
    const found = lines.find((entry) => entry.line === line);
    const inShare = room.get(found?.share ?? '') ?? 0;
    const most = Math.max(0, Math.min(found?.amountCents ?? 0, inShare));
    if (!found || amountCents > most) throw problem(`line ${line} has ${most} left to credit`);
    room.set(found.share, inShare - amountCents);
  }
  if (sumCents(asked) > totalCents) {
    throw problem(`the invoice has ${Math.max(0, totalCents)} left to credit`);
  }
  return asked;
}

/** Calculated on all that the invoice's credit notes have credited, so that they never refund more than its tax. */
function taxGivenBack(
  invoice: InvoiceDocument,
  notes: InvoiceDocument[],
  linesCents: number,
): InvoiceDocument['tax'] {
  const before = notes.reduce((sum, note) => sum + note.linesCents, 0);
  const given = notes.reduce((sum, { tax }) => sum + (tax?.amountCents ?? 0), 0);
  const whole = taxOn(before + linesCents, invoice.tax);
  return whole && { ...whole, amountCents: Math.min(0, whole.amountCents - given) };
}

function creditLines(invoice: InvoiceDocument, asked: Asked): InvoiceLine[] {
  return asked.flatMap(({ line, amountCents }, index) => {
    const billed = invoice.lines.find(({ no }) => no === line);
    if (!billed) return [];
    return {
      ...billed,
      no: index + 1,
      kind: 'credit' as const,
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
