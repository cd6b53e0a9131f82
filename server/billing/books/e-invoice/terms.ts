/**
 * A frozen document in the terms of EN 16931 (BT-… and BG-…), from which both syntaxes are written: texts and plain decimal
 * amounts. In a credit note the amounts are those that are credited, so their signs are the document's reversed. Pure.
 */
import { vatIdOf } from '../../../base/countries.ts';
import { fromUnits } from '../../../base/currency.ts';
import { centsToDecimal } from '../../../base/money.ts';
import { dayIn } from '../../../base/time-zone.ts';
import type { InvoiceDocument, Party, TaxCategory } from '../../../contract.ts';
import { addDays } from '../../plan/period.ts';

export interface Trader {
  name: string;
  address: string[];
  postCode: string | null;
  city: string | null;
  country: string;
  vatId: string | null;
  /** Of the seller: its tax number, if it is not a VAT id. */
  taxNumber: string | null;
  registration: string | null;
  email: string | null;
}

/** Days, the last one included. */
export interface Span {
  first: string;
  last: string;
}

export interface Terms {
  isCredit: boolean;
  number: string;
  issued: string;
  due: string | null;
  /** BT-20; what a credit note has instead of a due date. */
  paymentTerms: string | null;
  notes: string[];
  currency: string;
  period: Span;
  /** The number of the invoice that is corrected. */
  corrects: string | null;
  seller: Trader;
  buyer: Trader;
  tax: {
    code: string;
    /** Null outside the scope of VAT, where there is no rate. */
    percent: string | null;
    amount: string;
    reason: string | null;
    reasonCode: string | null;
  };
  lines: (Span & { id: string; name: string; quantity: string; price: string; amount: string })[];
  totals: { lines: string; total: string; paid: string | null; due: string };
}

/** UNCL 5305 and, where the reason follows from it, its VATEX code. */
const categories: Record<TaxCategory, { code: string; reasonCode: string | null }> = {
  'reverse-charge': { code: 'AE', reasonCode: 'VATEX-EU-AE' },
  'intra-eu': { code: 'K', reasonCode: 'VATEX-EU-IC' },
  export: { code: 'G', reasonCode: 'VATEX-EU-G' },
  'outside-scope': { code: 'O', reasonCode: 'VATEX-EU-O' },
  exempt: { code: 'E', reasonCode: null },
  zero: { code: 'Z', reasonCode: null },
};

export interface MissingTerm {
  /** Where it is entered: `seller.…` in the business details, `buyer.…` and `tax.…` in the billing account. */
  path: string;
  message: string;
}

/** What a document lacks for EN 16931, rule by rule; empty if it can be written. A frozen one never gets it later. */
export function missingTerms({ seller, buyer, tax }: InvoiceDocument): MissingTerm[] {
  const missing: MissingTerm[] = [];
  const lacks = (path: string, message: string) => missing.push({ path, message });
  if (!seller) lacks('seller', 'enter your business details');
  if (seller && !seller.country) lacks('seller.country', 'is missing (BR-09)');
  if (!buyer.country) lacks('buyer.country', 'is missing (BR-11)');
  for (const [key, party] of [['seller', seller] as const, ['buyer', buyer] as const]) {
    if (party?.taxId && vatIdOf(party.taxId, party.country) === 'malformed') {
      lacks(`${key}.taxId`, 'is not a VAT ID of the country that it begins with (BR-CO-09)');
    }
  }
  const category = tax?.category;
  if (!tax || (tax.bps === 0 && !category)) lacks('tax.category', 'say why no VAT is charged (BR-CO-18)');
  if (category === 'exempt' && !tax?.reason) lacks('tax.reason', 'is missing (BR-E-10)');
  const sellersVatId = seller && vatIdIn(seller);
  const buyersVatId = vatIdIn(buyer);
  if (seller && (category === 'intra-eu' || category === 'export') && !sellersVatId) {
    lacks('seller.taxId', `must be your VAT ID (${category === 'export' ? 'BR-G-02' : 'BR-IC-02'})`);
  } else if (seller && category !== 'outside-scope' && !seller.taxId) {
    lacks('seller.taxId', 'must be your VAT ID or tax number (BR-S-02)');
  }
  const identified = category === 'outside-scope' ? null : sellersVatId;
  if (seller && !identified && !seller.registration) {
    lacks('seller.registration', 'is needed if no VAT ID is on the invoice (BR-CO-26)');
  }
  if (category === 'intra-eu' && !buyersVatId) lacks('buyer.taxId', 'must be its VAT ID (BR-IC-02)');
  if (category === 'reverse-charge' && !buyersVatId && !buyer.registration) {
    lacks('buyer.taxId', 'must be its VAT ID, or enter its registration number (BR-AE-02)');
  }
  return missing;
}

/**
 * @param document finalized, with no missing terms
 * @param sha256 the document's
 */
export function termsFrom(document: InvoiceDocument, sha256: string): Terms {
  const { seller, buyer, corrects, tax, currency, timeZone = 'UTC' } = document;
  const { number, issuedAt, dueAt } = document;
  if (!seller || !tax || !number || !issuedAt) throw new Error('the document is not complete');
  const isCredit = document.kind === 'credit-note';
  const amount = (cents: number) => centsToDecimal(isCredit && cents !== 0 ? -cents : cents, currency);
  const day = (instant: string) => dayIn(timeZone, Date.parse(instant));
  const { code, reasonCode } = tax.category ? categories[tax.category] : { code: 'S', reasonCode: null };
  const showsVatIds = code !== 'O';
  return {
    isCredit,
    number,
    issued: day(issuedAt),
    due: !isCredit && dueAt && document.dueCents > 0 ? day(dueAt) : null,
    paymentTerms: isCredit ? 'Credited to you.' : null,
    notes: [
      ...(corrects ? [`Corrects ${corrects.number}: ${corrects.reason}`] : []),
      ...(seller.footer ? [seller.footer] : []),
      `SHA-256 of the document: ${sha256}`,
    ],
    currency: currency.toUpperCase(),
    period: span(document.period),
    corrects: corrects?.number ?? null,
    seller: trader(seller, showsVatIds, true),
    buyer: trader(buyer, showsVatIds, false),
    tax: {
      code,
      percent: code === 'O' ? null : fromUnits(Math.round(tax.bps * 10), 3, 0),
      amount: amount(tax.amountCents),
      // A zero rate is a rate, not an exemption.
      reason: code === 'S' || code === 'Z' ? null : (tax.reason ?? null),
      reasonCode,
    },
    lines: document.lines.map((line) => {
      const cents = isCredit ? -line.amountCents : line.amountCents;
      return {
        ...span(line),
        id: String(line.no),
        name: line.description,
        // A price is never negative (BR-27), so the quantity is.
        quantity: cents < 0 ? '-1' : '1',
        price: centsToDecimal(Math.abs(cents), currency),
        amount: amount(line.amountCents),
      };
    }),
    totals: {
      lines: amount(document.linesCents),
      total: amount(document.totalCents),
      // Negative when a wallet gets back what its month's charges exceed the invoice by.
      paid: document.creditCents !== 0 ? amount(document.creditCents) : null,
      due: amount(document.dueCents),
    },
  };
}

function vatIdIn({ taxId, country }: Party): string | null {
  const found = taxId ? vatIdOf(taxId, country) : null;
  return found && found !== 'malformed' ? found.id : null;
}

function trader(party: Party, showsVatId: boolean, isSeller: boolean): Trader {
  const vatId = vatIdIn(party);
  return {
    name: party.name,
    address: party.address,
    postCode: party.postCode ?? null,
    city: party.city ?? null,
    country: party.country ?? '',
    vatId: showsVatId ? vatId : null,
    taxNumber: isSeller && !vatId ? (party.taxId ?? null) : null,
    registration: party.registration ?? null,
    email: party.email ?? null,
  };
}

function span({ from, to }: { from: string; to: string }): Span {
  return { first: from, last: addDays(to, -1) };
}
