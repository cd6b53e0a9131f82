/** What an invoice says, and the bytes that its hash is taken of. */
import { createHash, type Hash } from 'node:crypto';
import type { BillingAccount, InvoiceDocument, InvoiceLine, Plan, Seller } from '../contract.ts';
import type { BilledCall } from './earlier-months.ts';
import { describeLine, termsOf } from './line-text.ts';
import { proportion } from './money.ts';
import { monthPeriod } from './period.ts';
import type { RatedLine } from './rating.ts';

export interface MonthLine extends RatedLine {
  /** The month that it bills. */
  month: string;
}

export interface DocumentInput {
  id: string;
  tenant: string;
  month: string;
  currency: string;
  lines: MonthLine[];
  /** By plan id; at least those that the lines name. */
  plans: Map<string, Plan>;
  account: BillingAccount;
  seller: Seller | null;
  /** What is left of the prepaid credit. */
  balanceCents: number;
  /** By `lineKey`; absent for a draft. */
  callHashes?: Map<string, string>;
}

/** Lines, then tax on their sum (rounded once), then prepaid credit, which is a payment and lowers no tax. */
export function makeDocument(input: DocumentInput): InvoiceDocument {
  const lines = input.lines.map((line, index): InvoiceLine => {
    const { month, planName: _planName, channels: _channels, kind, ...shown } = line;
    const callsSha256 = input.callHashes?.get(lineKey(line)) ?? null;
    return { no: index + 1, kind, description: describeLine(line, month), ...shown, callsSha256 };
  });
  const linesCents = lines.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const tax = taxOn(linesCents, input.account.tax);
  const totalCents = linesCents + (tax?.amountCents ?? 0);
  const creditCents = Math.max(0, Math.min(totalCents, input.balanceCents));
  return {
    format: 1,
    id: input.id,
    kind: totalCents < 0 ? 'credit-note' : 'invoice',
    number: null,
    tenant: input.tenant,
    month: input.month,
    currency: input.currency,
    period: monthPeriod(input.month),
    issuedAt: null,
    dueAt: null,
    seller: input.seller,
    buyer: input.account.buyer,
    plans: [...new Set(lines.map(({ planId }) => planId))].flatMap((id) => {
      const plan = input.plans.get(id);
      return plan ? [termsOf(id, plan)] : [];
    }),
    lines,
    linesCents,
    tax,
    totalCents,
    creditCents,
    dueCents: totalCents - creditCents,
    corrects: null,
  };
}

export function taxOn(cents: number, tax: BillingAccount['tax']): InvoiceDocument['tax'] {
  if (!tax) return null;
  // A rate has at most one decimal, so ten times it is the integer to reckon with.
  const amountCents = proportion(cents, Math.round(tax.bps * 10), 100_000);
  return { label: tax.label, bps: tax.bps, amountCents };
}

/** JSON with sorted keys and no white space: equal documents have equal bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function sha256Of(document: InvoiceDocument): string {
  return createHash('sha256').update(canonicalJson(document)).digest('hex');
}

function lineKey(line: { kind: string; month: string; planId: string; rate: number | null }): string {
  return `${line.kind} ${line.month} ${line.planId} ${line.rate}`;
}

export interface CallHashes {
  add(call: BilledCall): void;
  /** By line, for `makeDocument`. */
  result(): Map<string, string>;
}

/**
 * Hashes each line's calls as they come: one JSON array and a line feed for each,
 * `[id, seq, seconds, billedSeconds, priceMicros]`.
 * @param month the document's
 */
export function createCallHashes(month: string): CallHashes {
  const hashes = new Map<string, Hash>();
  return {
    add(call) {
      const kind = call.seq > 0 ? 'correction' : call.month === month ? 'usage' : 'late-usage';
      const key = lineKey({ ...call, kind });
      let hash = hashes.get(key);
      if (!hash) {
        hash = createHash('sha256');
        hashes.set(key, hash);
      }
      const { callId, seq, seconds, billedSeconds, priceMicros } = call;
      hash.update(`${JSON.stringify([callId, seq, seconds, billedSeconds, priceMicros])}\n`);
    },
    result: () => new Map([...hashes].map(([key, hash]) => [key, hash.digest('hex')])),
  };
}
