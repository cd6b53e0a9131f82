/** What credit notes have credited, by what it was billed for. */
import { centsToMicros, microsToCents, sumCents } from '../../base/money.ts';
import type { InvoiceDocument, LineKind } from '../../contract.ts';
import type { Queries } from '../../store/database.ts';
import { type InvoiceCall, listCorrectedCalls } from '../../store/invoice-calls.ts';
import { listCreditedBefore, listTopUps, sumBilled } from '../../store/invoice-lines.ts';
import { listCreditNotes, listFreezingTimes } from '../../store/invoices.ts';
import { monthOfDay } from '../plan/period.ts';
import { type Charged, createFalls, type Falls } from './held-credit.ts';

/** An amount credited; negative where a credit note reverses a correction that was in the buyer's favour. */
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

/** The part of a month whose lines are corrected together: a plan's fee, its minimum, or the calls of one rate. */
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
 * What all documents together have charged for each share of a month, less credit notes.
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

/** How much the shares of one month that have credit notes have fallen by since. */
export interface MonthFalls {
  /** Counts a further charge or correction for a call of a rate. */
  change(share: string, history: InvoiceCall[], amountMicros: number): void;
  /** Counts a further change of the minimum. */
  changeMinimum(share: string, amountCents: number): void;
  /** How much credit is held against the falls of a share, in cents. */
  heldCents(share: string): number;
}

/** @param credited the tenant's credits that count: all, or all but those of one note */
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
    // Calls are priced in micros, and so must be what is held against them.
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
 * What a credit note refunded may have been held against a later correction: without the note that correction would
 * refund nothing.
 * @returns the number of the newest document that relies on the note; null when none does
 */
export async function reliesOnNote(db: Queries, tenantId: string, noteId: string): Promise<string | null> {
  const credited = await listCredited(db, tenantId);
  const others = credited.filter(({ note }) => note !== noteId);
  for (const { month, share } of credited.filter(({ note }) => note === noteId)) {
    const held = (await listCreditedBefore(db, tenantId, month)).filter((line) => shareOf(line) === share);
    const heldCents = sumCents(held);
    if (heldCents <= 0) continue;
    const without = await loadFalls(db, tenantId, month, others);
    if (heldCents > without.heldCents(share)) return held[0]?.number ?? null;
  }
  return null;
}
