/** What a printed document says, as text: the page and the PDF lay out the same. Pure. */
import { centsToDecimal, microsToDecimal } from '../../base/money.ts';
import { dayIn } from '../../base/time-zone.ts';
import type { InvoiceDocument, InvoiceLine, Party } from '../../contract.ts';
import { addDays } from '../plan/period.ts';

export interface PrintedParty {
  name: string;
  lines: string[];
}
export interface PrintedLine {
  no: string;
  description: string;
  /** Exact price and hash. */
  notes: string[];
  period: string;
  amount: string;
}
export interface Printed {
  title: string;
  seller: PrintedParty | null;
  buyer: PrintedParty;
  facts: [name: string, value: string][];
  lines: PrintedLine[];
  sums: [name: string, amount: string][];
  footer: string[];
}

/**
 * @param sha256 of the frozen document; null for a draft
 * @param timeZone the tenant's, for the days of a document that does not contain one
 * @param leftCents what is left to pay after credit notes; null when there are none
 */
export function printedOf(
  document: InvoiceDocument,
  sha256: string | null,
  timeZone: string,
  leftCents: number | null,
): Printed {
  const { seller, buyer, currency, corrects, tax, creditCents, dueCents } = document;
  const money = (cents: number) => `${centsToDecimal(cents, currency)} ${currency.toUpperCase()}`;
  const day = (instant: string) => dayIn(document.timeZone ?? timeZone, Date.parse(instant));
  const facts: Printed['facts'] = [];
  if (document.number) facts.push(['Number', document.number]);
  if (document.issuedAt) facts.push(['Date', day(document.issuedAt)]);
  facts.push(['Service period', days(document.period.from, document.period.to)]);
  if (document.dueAt && dueCents > 0) facts.push(['Due', day(document.dueAt)]);
  if (corrects) facts.push(['Corrects', `${corrects.number}: ${corrects.reason}`]);
  const sums: [string, number][] = [];
  if (tax) sums.push(['Sum', document.linesCents], [`${tax.label} ${percent(tax.bps)} %`, tax.amountCents]);
  if (creditCents !== 0)
    sums.push(
      ['Total', document.totalCents],
      [creditCents > 0 ? 'Paid from prepaid credit' : 'Paid into prepaid credit', -creditCents],
    );
  if (leftCents === null) sums.push([dueCents < 0 ? 'Credited to you' : 'To pay', dueCents]);
  else {
    sums.push(['Credited since', leftCents - dueCents]);
    sums.push([leftCents === 0 ? 'Credited: to pay' : 'Left to pay', leftCents]);
  }
  const title = document.kind === 'invoice' ? 'Invoice' : 'Credit note';
  return {
    title: `${title} ${document.number ?? ''}`.trim(),
    seller: seller && party(seller),
    buyer: party(buyer),
    facts,
    lines: document.lines.map((line) => ({
      no: String(line.no),
      description: line.description,
      notes: notesOf(line, currency),
      period: days(line.from, line.to),
      amount: money(line.amountCents),
    })),
    sums: sums.map(([name, cents]) => [name, money(cents)]),
    footer: [
      ...(tax?.reason ? [tax.reason] : []),
      ...document.plans.map(({ name, terms }) => `${name}. ${terms.join('. ')}.`),
      ...(seller?.footer ? [seller.footer] : []),
      ...(sha256 ? [`SHA-256 ${sha256}`] : []),
    ],
  };
}

function notesOf({ priceMicros, callsSha256 }: InvoiceLine, currency: string): string[] {
  return [
    ...(priceMicros === null ? [] : [`${microsToDecimal(priceMicros, currency)} before rounding`]),
    ...(callsSha256 ? [`calls: SHA-256 ${callsSha256}`] : []),
  ];
}

function party({ name, address, postCode, city, country, taxId, registration, email }: Party): PrintedParty {
  const place = [postCode, city].filter(Boolean).join(' ');
  const lines = [
    ...address,
    ...(place ? [place] : []),
    ...(country ? [country] : []),
    ...(taxId ? [`Tax id ${taxId}`] : []),
    ...(registration ? [`Registration ${registration}`] : []),
    ...(email ? [email] : []),
  ];
  return { name, lines };
}

/** A period as people write it: with its last day. */
function days(from: string, to: string): string {
  return `${from} to ${addDays(to, -1)}`;
}

function percent(bps: number): string {
  return String(Math.round(bps * 10) / 1000);
}
