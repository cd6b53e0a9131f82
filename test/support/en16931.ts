/**
 * Reads an e-invoice as its receiver does, with a parser of XML, and applies those business rules of EN 16931-1 that concern
 * the terms we write, by their numbers.
 */
import { DOMParser, type Element } from '@xmldom/xmldom';

interface ReadParty {
  name: string | null;
  country: string | null;
  vatId: string | null;
  taxNumber: string | null;
  registration: string | null;
}
export interface ReadInvoice {
  guideline: string | null;
  number: string | null;
  issued: string | null;
  type: string | null;
  currency: string | null;
  due: string | null;
  terms: string | null;
  period: (string | null)[];
  corrects: string | null;
  notes: string[];
  seller: ReadParty;
  buyer: ReadParty;
  deliverTo: string | null;
  lines: {
    id: string | null;
    name: string | null;
    quantity: number;
    unit: string | null;
    price: number;
    net: number;
    code: string | null;
    rate: number | null;
    period: (string | null)[];
  }[];
  breakdown: {
    base: number;
    tax: number;
    code: string | null;
    rate: number | null;
    reason: string | null;
    reasonCode: string | null;
  }[];
  /** In hundredths, as all amounts here. */
  sums: { lines: number; net: number; tax: number; gross: number; paid: number; due: number };
  /** As written. */
  amounts: string[];
}

function all(from: Element, path: string): Element[] {
  return path
    .split('/')
    .reduce<Element[]>(
      (found, name) =>
        found.flatMap((one) => [...one.childNodes].filter((node): node is Element => node.nodeName === name)),
      [from],
    );
}
const text = (from: Element | undefined, path: string) =>
  (from && all(from, path)[0]?.textContent?.trim()) || null;
/** Exact: digits are moved, nothing is multiplied. */
function hundredths(value: string | null): number {
  if (value === null) return 0;
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  if (whole === undefined) return Number.NaN;
  return Number(`${sign}${whole}${fraction.padEnd(2, '0').slice(0, 2)}`);
}
const rateOf = (value: string | null) => (value === null ? null : Number(value));
const dayOf = (value: string | null) => value?.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3') ?? null;

/** @throws if it is not well-formed XML */
export function readInvoice(xml: string): ReadInvoice {
  const parser = new DOMParser({
    onError: (level, message) => {
      throw new Error(`${level}: ${message}`);
    },
  });
  const root = parser.parseFromString(xml, 'application/xml').documentElement;
  if (!root) throw new Error('no root');
  return root.nodeName === 'rsm:CrossIndustryInvoice' ? readCii(root) : readUbl(root);
}

function readUbl(root: Element): ReadInvoice {
  const isCredit = root.nodeName === 'CreditNote';
  const period = (from: Element) =>
    ['StartDate', 'EndDate'].map((name) => text(from, `cac:InvoicePeriod/cbc:${name}`));
  const party = (role: string): ReadParty => {
    const of = all(root, `cac:${role}/cac:Party`)[0];
    const taxes = of ? all(of, 'cac:PartyTaxScheme') : [];
    const scheme = (isVat: boolean) =>
      taxes.find((one) => (text(one, 'cac:TaxScheme/cbc:ID') === 'VAT') === isVat);
    return {
      name: text(of, 'cac:PartyLegalEntity/cbc:RegistrationName'),
      country: text(of, 'cac:PostalAddress/cac:Country/cbc:IdentificationCode'),
      vatId: text(scheme(true), 'cbc:CompanyID'),
      taxNumber: text(scheme(false), 'cbc:CompanyID'),
      registration: text(of, 'cac:PartyLegalEntity/cbc:CompanyID'),
    };
  };
  const total = (name: string) => hundredths(text(root, `cac:LegalMonetaryTotal/cbc:${name}`));
  const amounts = [...root.getElementsByTagName('*')].filter((one) => one.hasAttribute('currencyID'));
  return {
    guideline: text(root, 'cbc:CustomizationID'),
    number: text(root, 'cbc:ID'),
    issued: text(root, 'cbc:IssueDate'),
    type: text(root, isCredit ? 'cbc:CreditNoteTypeCode' : 'cbc:InvoiceTypeCode'),
    currency: text(root, 'cbc:DocumentCurrencyCode'),
    due: text(root, 'cbc:DueDate'),
    terms: text(root, 'cac:PaymentTerms/cbc:Note'),
    period: period(root),
    corrects: text(root, 'cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID'),
    notes: all(root, 'cbc:Note').map((note) => note.textContent ?? ''),
    seller: party('AccountingSupplierParty'),
    buyer: party('AccountingCustomerParty'),
    deliverTo: text(root, 'cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode'),
    lines: all(root, isCredit ? 'cac:CreditNoteLine' : 'cac:InvoiceLine').map((line) => {
      const quantity = isCredit ? 'cbc:CreditedQuantity' : 'cbc:InvoicedQuantity';
      return {
        id: text(line, 'cbc:ID'),
        name: text(line, 'cac:Item/cbc:Name'),
        quantity: Number(text(line, quantity) ?? Number.NaN),
        unit: all(line, quantity)[0]?.getAttribute('unitCode') ?? null,
        price: hundredths(text(line, 'cac:Price/cbc:PriceAmount')),
        net: hundredths(text(line, 'cbc:LineExtensionAmount')),
        code: text(line, 'cac:Item/cac:ClassifiedTaxCategory/cbc:ID'),
        rate: rateOf(text(line, 'cac:Item/cac:ClassifiedTaxCategory/cbc:Percent')),
        period: period(line),
      };
    }),
    breakdown: all(root, 'cac:TaxTotal/cac:TaxSubtotal').map((one) => ({
      base: hundredths(text(one, 'cbc:TaxableAmount')),
      tax: hundredths(text(one, 'cbc:TaxAmount')),
      code: text(one, 'cac:TaxCategory/cbc:ID'),
      rate: rateOf(text(one, 'cac:TaxCategory/cbc:Percent')),
      reason: text(one, 'cac:TaxCategory/cbc:TaxExemptionReason'),
      reasonCode: text(one, 'cac:TaxCategory/cbc:TaxExemptionReasonCode'),
    })),
    sums: {
      lines: total('LineExtensionAmount'),
      net: total('TaxExclusiveAmount'),
      tax: hundredths(text(root, 'cac:TaxTotal/cbc:TaxAmount')),
      gross: total('TaxInclusiveAmount'),
      paid: total('PrepaidAmount'),
      due: total('PayableAmount'),
    },
    amounts: amounts.map((one) => one.textContent ?? ''),
  };
}

function readCii(root: Element): ReadInvoice {
  const deal = all(root, 'rsm:SupplyChainTradeTransaction')[0] as Element;
  const settlement = all(deal, 'ram:ApplicableHeaderTradeSettlement')[0] as Element;
  const day = (from: Element, path: string) => dayOf(text(from, `${path}/udt:DateTimeString`));
  const period = (from: Element) =>
    ['StartDateTime', 'EndDateTime'].map((name) => day(from, `ram:BillingSpecifiedPeriod/ram:${name}`));
  const party = (role: string): ReadParty => {
    const of = all(deal, `ram:ApplicableHeaderTradeAgreement/ram:${role}`)[0];
    const taxes = of ? all(of, 'ram:SpecifiedTaxRegistration/ram:ID') : [];
    const scheme = (id: string) =>
      taxes.find((one) => one.getAttribute('schemeID') === id)?.textContent ?? null;
    return {
      name: text(of, 'ram:Name'),
      country: text(of, 'ram:PostalTradeAddress/ram:CountryID'),
      vatId: scheme('VA'),
      taxNumber: scheme('FC'),
      registration: text(of, 'ram:SpecifiedLegalOrganization/ram:ID'),
    };
  };
  const total = (name: string) =>
    hundredths(text(settlement, `ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:${name}`));
  return {
    guideline: text(
      root,
      'rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID',
    ),
    number: text(root, 'rsm:ExchangedDocument/ram:ID'),
    issued: day(root, 'rsm:ExchangedDocument/ram:IssueDateTime'),
    type: text(root, 'rsm:ExchangedDocument/ram:TypeCode'),
    currency: text(settlement, 'ram:InvoiceCurrencyCode'),
    due: day(settlement, 'ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime'),
    terms: text(settlement, 'ram:SpecifiedTradePaymentTerms/ram:Description'),
    period: period(settlement),
    corrects: text(settlement, 'ram:InvoiceReferencedDocument/ram:IssuerAssignedID'),
    notes: all(root, 'rsm:ExchangedDocument/ram:IncludedNote').map((note) => text(note, 'ram:Content') ?? ''),
    seller: party('SellerTradeParty'),
    buyer: party('BuyerTradeParty'),
    deliverTo: text(
      deal,
      'ram:ApplicableHeaderTradeDelivery/ram:ShipToTradeParty/ram:PostalTradeAddress/ram:CountryID',
    ),
    lines: all(deal, 'ram:IncludedSupplyChainTradeLineItem').map((line) => {
      const quantity = all(line, 'ram:SpecifiedLineTradeDelivery/ram:BilledQuantity')[0];
      const own = all(line, 'ram:SpecifiedLineTradeSettlement')[0] as Element;
      return {
        id: text(line, 'ram:AssociatedDocumentLineDocument/ram:LineID'),
        name: text(line, 'ram:SpecifiedTradeProduct/ram:Name'),
        quantity: Number(quantity?.textContent ?? Number.NaN),
        unit: quantity?.getAttribute('unitCode') ?? null,
        price: hundredths(
          text(line, 'ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount'),
        ),
        net: hundredths(text(own, 'ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount')),
        code: text(own, 'ram:ApplicableTradeTax/ram:CategoryCode'),
        rate: rateOf(text(own, 'ram:ApplicableTradeTax/ram:RateApplicablePercent')),
        period: period(own),
      };
    }),
    breakdown: all(settlement, 'ram:ApplicableTradeTax').map((one) => ({
      base: hundredths(text(one, 'ram:BasisAmount')),
      tax: hundredths(text(one, 'ram:CalculatedAmount')),
      code: text(one, 'ram:CategoryCode'),
      rate: rateOf(text(one, 'ram:RateApplicablePercent')),
      reason: text(one, 'ram:ExemptionReason'),
      reasonCode: text(one, 'ram:ExemptionReasonCode'),
    })),
    sums: {
      lines: total('LineTotalAmount'),
      net: total('TaxBasisTotalAmount'),
      tax: total('TaxTotalAmount'),
      gross: total('GrandTotalAmount'),
      paid: total('TotalPrepaidAmount'),
      due: total('DuePayableAmount'),
    },
    amounts: [...root.getElementsByTagName('*')]
      .filter((one) => one.nodeName.endsWith('Amount'))
      .map((one) => one.textContent ?? ''),
  };
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const codes = (one: ReadInvoice) => new Set([...one.breakdown, ...one.lines].map(({ code }) => code));
const ordered = ([from, to]: (string | null)[]) => !from || !to || from <= to;
const untaxed = ['Z', 'E', 'AE', 'K', 'G', 'O'];
/** Of the lines and the breakdown with that code. */
const rates = (one: ReadInvoice, code: string) =>
  [...one.breakdown, ...one.lines].filter((entry) => entry.code === code).map(({ rate }) => rate);
const has = (one: ReadInvoice, code: string, rule: () => boolean) => !codes(one).has(code) || rule();
const reasonOf = (one: ReadInvoice, code: string) =>
  one.breakdown.filter((entry) => entry.code === code).every((entry) => entry.reason || entry.reasonCode);
const smallestUnit = ({ amounts }: ReadInvoice) => (amounts.some((amount) => amount.includes('.')) ? 1 : 100);
const vatId = /^(EL|[A-Z]{2})[A-Z\d+*]+$/;

/** By number; each is true of an invoice that obeys it. */
const rules: Record<string, (one: ReadInvoice) => boolean> = {
  'BR-01': (one) => one.guideline === 'urn:cen.eu:en16931:2017',
  'BR-02': (one) => Boolean(one.number),
  'BR-03': (one) => /^\d{4}-\d\d-\d\d$/.test(one.issued ?? ''),
  'BR-04': (one) => one.type === '380' || one.type === '381',
  'BR-05': (one) => /^[A-Z]{3}$/.test(one.currency ?? ''),
  'BR-06': (one) => Boolean(one.seller.name),
  'BR-07': (one) => Boolean(one.buyer.name),
  'BR-09': (one) => /^[A-Z]{2}$/.test(one.seller.country ?? ''),
  'BR-11': (one) => /^[A-Z]{2}$/.test(one.buyer.country ?? ''),
  'BR-16': (one) => one.lines.length > 0,
  'BR-21': (one) => one.lines.every(({ id }) => id),
  'BR-22': (one) => one.lines.every(({ quantity }) => Number.isFinite(quantity)),
  'BR-23': (one) => one.lines.every(({ unit }) => unit === 'C62'),
  'BR-25': (one) => one.lines.every(({ name }) => name),
  'BR-27': (one) => one.lines.every(({ price }) => price >= 0),
  'BR-29': (one) => ordered(one.period),
  'BR-30': (one) => one.lines.every(({ period }) => ordered(period)),
  'BR-48': (one) => one.breakdown.every(({ rate, code }) => rate !== null || code === 'O'),
  'BR-CO-04': (one) => one.lines.every(({ code }) => code),
  'BR-CO-09': (one) => [one.seller, one.buyer].every((of) => of.vatId === null || vatId.test(of.vatId)),
  'BR-CO-10': (one) => one.sums.lines === sum(one.lines.map(({ net }) => net)),
  'BR-CO-13': (one) => one.sums.net === one.sums.lines,
  'BR-CO-14': (one) => one.sums.tax === sum(one.breakdown.map(({ tax }) => tax)),
  'BR-CO-15': (one) => one.sums.gross === one.sums.net + one.sums.tax,
  'BR-CO-16': (one) => one.sums.due === one.sums.gross - one.sums.paid,
  // The published rules tolerate a difference, which credit notes need: together they give back an invoice's tax.
  'BR-CO-17': (one) =>
    one.breakdown.every(
      ({ base, tax, rate }) => Math.abs(tax - (base * (rate ?? 0)) / 100) <= smallestUnit(one),
    ),
  'BR-CO-18': (one) => one.breakdown.length > 0,
  'BR-CO-25': (one) => one.sums.due <= 0 || Boolean(one.due ?? one.terms),
  'BR-CO-26': ({ seller }) => Boolean(seller.registration ?? seller.vatId),
  'BR-DEC': (one) => one.amounts.every((amount) => /^-?\d+(\.\d{1,2})?$/.test(amount)),
  'BR-S-02': (one) => has(one, 'S', () => Boolean(one.seller.vatId ?? one.seller.taxNumber)),
  'BR-S-05': (one) => rates(one, 'S').every((rate) => rate !== null && rate > 0),
  'BR-S-08': (one) =>
    one.breakdown.every(
      ({ base, code, rate }) =>
        base ===
        sum(one.lines.filter((line) => line.code === code && line.rate === rate).map(({ net }) => net)),
    ),
  'BR-S-10': (one) => has(one, 'S', () => one.breakdown.every((entry) => !entry.reason && !entry.reasonCode)),
  'BR-Z-10': (one) => has(one, 'Z', () => one.breakdown.every((entry) => !entry.reason && !entry.reasonCode)),
  'BR-Z-09': (one) =>
    one.breakdown.filter(({ code }) => untaxed.includes(code ?? '')).every(({ tax }) => tax === 0),
  'BR-E-02': (one) => has(one, 'E', () => Boolean(one.seller.vatId ?? one.seller.taxNumber)),
  'BR-E-05': (one) =>
    ['E', 'Z', 'AE', 'K', 'G'].every((code) => rates(one, code).every((rate) => rate === 0)),
  'BR-E-10': (one) => reasonOf(one, 'E'),
  'BR-AE-02': (one) =>
    has(one, 'AE', () =>
      Boolean((one.seller.vatId ?? one.seller.taxNumber) && (one.buyer.vatId ?? one.buyer.registration)),
    ),
  'BR-AE-10': (one) => reasonOf(one, 'AE'),
  'BR-IC-02': (one) => has(one, 'K', () => Boolean(one.seller.vatId && one.buyer.vatId)),
  'BR-IC-10': (one) => reasonOf(one, 'K'),
  'BR-IC-11': (one) => has(one, 'K', () => one.period.every(Boolean)),
  'BR-IC-12': (one) => has(one, 'K', () => Boolean(one.deliverTo)),
  'BR-G-02': (one) => has(one, 'G', () => Boolean(one.seller.vatId)),
  'BR-G-10': (one) => reasonOf(one, 'G'),
  'BR-O-02': (one) => has(one, 'O', () => !one.seller.vatId && !one.buyer.vatId),
  'BR-O-05': (one) => rates(one, 'O').every((rate) => rate === null),
  'BR-O-10': (one) => reasonOf(one, 'O'),
};

/** @returns the numbers of the rules that it breaks */
export function brokenRules(invoice: ReadInvoice): string[] {
  return Object.entries(rules).flatMap(([number, holds]) => (holds(invoice) ? [] : [number]));
}
