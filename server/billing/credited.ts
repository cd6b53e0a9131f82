/** What credit notes have taken back, by what it was billed for. */
import type { InvoiceDocument, LineKind } from '../contract.ts';
import type { Queries } from '../store/database.ts';
import { listCreditedBefore, sumBilled } from '../store/invoice-lines.ts';
import { listCreditNotes } from '../store/invoices.ts';
import { monthOfDay } from './period.ts';

/** Taken back; negative where a credit note has taken back what a correction gave. */
export interface Credited {
  /** The credit note's id. */
  note: string;
  /** The month that the line billed. */
  month: string;
  share: string;
  amountCents: number;
}

/** What the lines of a month are corrected by together: a plan's fee, its minimum, or the calls of one of its rates. */
export function shareOf(line: { kind: LineKind; planId: string; rate: number | null }): string {
  return `${line.planId} ${line.rate ?? (line.kind === 'fee' ? 'fee' : 'minimum')}`;
}

export async function listCredited(db: Queries, tenantId: string): Promise<Credited[]> {
  const credited: Credited[] = [];
  for (const { id, note, invoice } of await listCreditNotes(db, tenantId)) {
    const billed = new Map((JSON.parse(invoice) as InvoiceDocument).lines.map((line) => [line.no, line]));
    for (const { creditsLine = 0, amountCents } of (JSON.parse(note) as InvoiceDocument).lines) {
      const line = billed.get(creditsLine);
      if (!line) continue;
      const month = monthOfDay(line.from);
      credited.push({ note: id, month, share: shareOf(line), amountCents: -amountCents });
    }
  }
  return credited;
}

/**
 * What all documents together have charged for a share of a month, credit notes taken off.
 * @returns by month and share
 */
export async function leftOfShares(
  db: Queries,
  tenantId: string,
  months: Iterable<string>,
): Promise<Map<string, number>> {
  const left = new Map<string, number>();
  const add = (month: string, share: string, cents: number) =>
    left.set(`${month} ${share}`, (left.get(`${month} ${share}`) ?? 0) + cents);
  for (const month of new Set(months)) {
    for (const sum of await sumBilled(db, tenantId, month)) add(month, shareOf(sum), sum.amountCents);
  }
  for (const { month, share, amountCents } of await listCredited(db, tenantId))
    add(month, share, -amountCents);
  return left;
}

/**
 * What a credit note has given back may have been held against a correction since: without the note that correction
 * would give nothing back.
 * @returns the number of the newest document that counts on the note; null when none does
 */
export async function reliesOnNote(db: Queries, tenantId: string, noteId: string): Promise<string | null> {
  const credited = await listCredited(db, tenantId);
  for (const { month, share } of credited.filter(({ note }) => note === noteId)) {
    const others = credited.filter(
      (row) => row.note !== noteId && row.month === month && row.share === share,
    );
    const held = (await listCreditedBefore(db, tenantId, month)).filter((line) => shareOf(line) === share);
    if (sum(held) > sum(others)) return held[0]?.number ?? null;
  }
  return null;
}

function sum(rows: { amountCents: number }[]): number {
  return rows.reduce((total, { amountCents }) => total + amountCents, 0);
}
