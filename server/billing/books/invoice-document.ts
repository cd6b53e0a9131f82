/** The contents of an invoice, and the bytes that are hashed. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/canonical-json.ts';
import { proportion, sumCents } from '../../base/money.ts';
import type {
  BillingAccount,
  InvoiceDocument,
  InvoiceLine,
  Plan,
  Seller,
  TaxCategory,
} from '../../contract.ts';
import type { BilledCall } from '../month/earlier-months.ts';
import { describeLine, termsOf } from '../plan/line-text.ts';
import { monthPeriod } from '../plan/period.ts';
import type { MonthLine } from '../plan/rating.ts';

export interface DocumentInput {
  id: string;
  tenant: string;
  timeZone: string;
  month: string;
  currency: string;
  lines: MonthLine[];
  /** By plan id; at least those that the lines refer to. */
  plans: Map<string, Plan>;
  account: BillingAccount;
  seller: Seller | null;
  /** The remaining prepaid credit, and what the wallet can pay. */
  balanceCents: number;
  /** What is owed to the buyer is paid into its wallet. */
  isPaidIntoWallet?: boolean;
  /** By `lineKey`; absent for a draft. */
  callHashes?: Map<string, string>;
}

/** Lines, then tax on their sum (rounded once), then prepaid credit, which is a payment and does not reduce the tax. */
export function makeDocument(input: DocumentInput): InvoiceDocument {
  const lines = input.lines.map((line, index): InvoiceLine => {
    const { month, planName: _planName, channels: _channels, kind, ...shown } = line;
    const callsSha256 = input.callHashes?.get(lineKey(line)) ?? null;
    return { no: index + 1, kind, description: describeLine(line, month), ...shown, callsSha256 };
  });
  const linesCents = sumCents(lines);
  const tax = taxOn(linesCents, input.account.tax);
  const totalCents = linesCents + (tax?.amountCents ?? 0);
  const owedCents = input.isPaidIntoWallet ? Math.min(0, totalCents) : 0;
  const creditCents = owedCents || Math.max(0, Math.min(totalCents, input.balanceCents));
  return {
    format: 2,
    id: input.id,
    kind: totalCents < 0 ? 'credit-note' : 'invoice',
    number: null,
    tenant: input.tenant,
    month: input.month,
    timeZone: input.timeZone,
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
  // A rate has at most one decimal, so ten times the rate is an integer.
  const amountCents = proportion(cents, Math.round(tax.bps * 10), 100_000);
  const { category } = tax;
  const reason = tax.reason ?? (category && reasons[category]);
  return {
    ...{ label: tax.label, bps: tax.bps, amountCents },
    ...(category ? { category } : {}),
    ...(reason ? { reason } : {}),
  };
}

/** Frozen with the document, like all that it says. */
const reasons: Partial<Record<TaxCategory, string>> = {
  'reverse-charge': 'Reverse charge: the recipient is liable for the VAT.',
  'intra-eu': 'Intra-Community supply, exempt from VAT.',
  export: 'Supply outside the EU, free of VAT.',
  'outside-scope': 'Not subject to VAT.',
};

export function sha256Of(document: InvoiceDocument): string {
  return createHash('sha256').update(canonicalJson(document)).digest('hex');
}

export function lineKey(line: { kind: string; month: string; planId: string; rate: number | null }): string {
  return `${line.kind} ${line.month} ${line.planId} ${line.rate}`;
}

/**
 * Hashes the calls of one line in the order in which they are listed, by id: one JSON array and a line feed for each,
 * `[id, correction, seconds, billedSeconds, priceMicros]`.
 * @param pages of the calls that the document was frozen with
 */
export async function hashOfCalls(
  pages: AsyncIterable<Pick<BilledCall, 'callId' | 'seq' | 'seconds' | 'billedSeconds' | 'priceMicros'>[]>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const page of pages) {
    for (const { callId, seq, seconds, billedSeconds, priceMicros } of page) {
      hash.update(`${JSON.stringify([callId, seq, seconds, billedSeconds, priceMicros])}\n`);
    }
  }
  return hash.digest('hex');
}
