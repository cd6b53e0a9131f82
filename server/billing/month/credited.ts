/** What credit notes have taken back, by what it was billed for. */

import { centsToMicros, microsToCents } from '../../base/money.ts';
import type { InvoiceDocument, LineKind } from '../../contract.ts';
import type { Queries } from '../../store/database.ts';
import { type InvoiceCall, listCorrectedCalls } from '../../store/invoice-calls.ts';
import { listCreditedBefore, listTopUps, sumBilled } from '../../store/invoice-lines.ts';
import { listCreditNotes, listFreezingTimes } from '../../store/invoices.ts';
import { monthOfDay } from '../plan/period.ts';
import { type Charged, createFalls, type Falls } from './held-credit.ts';

/** Taken back; negative where a credit note has taken back what a correction gave. */
export interface Credited {
  /** The credit note's id. */
  note: string;
  /** When it was issued, in epoch milliseconds. */
  at: number;
  currency: string;
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
  for (const { id, at, note, invoice } of await listCreditNotes(db, tenantId)) {
    const { lines, currency } = JSON.parse(invoice) as InvoiceDocument;
    const billed = new Map(lines.map((line) => [line.no, line]));
    for (const { creditsLine = 0, amountCents } of (JSON.parse(note) as InvoiceDocument).lines) {
      const line = billed.get(creditsLine);
      if (!line) continue;
      const month = monthOfDay(line.from);
      credited.push({ note: id, at, currency, month, share: shareOf(line), amountCents: -amountCents });
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

/** What the shares of one month, of which credit notes have given back, have fallen by since. */
export interface MonthFalls {
  /** Counts the call of a rate with another charge or correction. */
  change(share: string, history: InvoiceCall[], amountMicros: number): void;
  /** Counts another change of the minimum. */
  changeMinimum(share: string, amountCents: number): void;
  /** How much credit is to be held against the falls of a share, in cents. */
  heldCents(share: string): number;
}

/** @param credited what counts: all of the tenant, or as if one of them did not */
export async function loadFalls(
  db: Queries,
  tenantId: string,
  month: string,
  credited: Credited[],
): Promise<MonthFalls> {
  const byShare = Map.groupBy(
    credited.filter((row) => row.month === month),
    ({ share }) => share,
  );
  const currency = credited[0]?.currency ?? '';
  const times = byShare.size > 0 ? await listFreezingTimes(db, tenantId) : new Map<string, number>();
  const charged = (rows: InvoiceCall[]): Charged[] =>
    rows.map(({ invoiceId, priceMicros }) => ({ at: times.get(invoiceId) ?? 0, amount: priceMicros }));
  const falls = new Map<string, Falls>();
  const topUps = new Map<string, Charged[]>();
  for (const [share, rows] of byShare) {
    // A call is priced in micros, and so is what stands against it.
    const notes = rows.map(({ at, amountCents }) => ({ at, amount: centsToMicros(amountCents, currency) }));
    const own = createFalls(notes);
    falls.set(share, own);
    const [planId = '', rate = ''] = share.split(' ');
    if (rate === 'minimum') {
      const lines = (await listTopUps(db, tenantId, month)).filter((line) => line.planId === planId);
      const known = lines.map(({ invoiceId, amountCents }) => ({
        at: times.get(invoiceId) ?? 0,
        amount: centsToMicros(amountCents, currency),
      }));
      topUps.set(share, known);
      own.add(known);
    } else if (rate !== 'fee') {
      let after: string | null = null;
      do {
        const which = { month, planId, rate: Number(rate) };
        const page: InvoiceCall[] = await listCorrectedCalls(db, tenantId, which, after, 500);
        for (const call of Map.groupBy(page, ({ callId }) => callId).values()) own.add(charged(call));
        after = page.at(-1)?.callId ?? null;
      } while (after !== null);
    }
  }
  const replace = (share: string, before: Charged[], amount: number) => {
    falls.get(share)?.remove(before);
    falls.get(share)?.add([...before, { at: null, amount }]);
  };
  return {
    change: (share, history, amountMicros) => {
      if (falls.has(share)) replace(share, charged(history), amountMicros);
    },
    changeMinimum: (share, amountCents) =>
      replace(share, topUps.get(share) ?? [], centsToMicros(amountCents, currency)),
    heldCents: (share) => microsToCents(BigInt(falls.get(share)?.held() ?? 0), currency),
  };
}

/**
 * What a credit note has given back may have been held against a correction since: without the note that correction
 * would give nothing back.
 * @returns the number of the newest document that counts on the note; null when none does
 */
export async function reliesOnNote(db: Queries, tenantId: string, noteId: string): Promise<string | null> {
  const credited = await listCredited(db, tenantId);
  const others = credited.filter(({ note }) => note !== noteId);
  for (const { month, share } of credited.filter(({ note }) => note === noteId)) {
    const held = (await listCreditedBefore(db, tenantId, month)).filter((line) => shareOf(line) === share);
    const heldCents = held.reduce((sum, { amountCents }) => sum + amountCents, 0);
    if (heldCents <= 0) continue;
    const without = await loadFalls(db, tenantId, month, others);
    if (heldCents > without.heldCents(share)) return held[0]?.number ?? null;
  }
  return null;
}
