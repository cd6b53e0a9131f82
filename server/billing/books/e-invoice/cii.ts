/** EN 16931 as UN/CEFACT's Cross Industry Invoice, D16B. The order of the elements is the schema's. Pure. */
import type { Span, Terms, Trader } from './terms.ts';
import { type Element, element, optional, xmlOf } from './xml.ts';

export function ciiOf(terms: Terms): string {
  const { isCredit, currency, tax, totals } = terms;
  const root = element(
    'rsm:CrossIndustryInvoice',
    [
      element('rsm:ExchangedDocumentContext', [
        element('ram:GuidelineSpecifiedDocumentContextParameter', [
          element('ram:ID', 'urn:cen.eu:en16931:2017'),
        ]),
      ]),
      element('rsm:ExchangedDocument', [
        element('ram:ID', terms.number),
        element('ram:TypeCode', isCredit ? '381' : '380'),
        element('ram:IssueDateTime', [day(terms.issued)]),
        terms.notes.map((note) => element('ram:IncludedNote', [element('ram:Content', note)])),
      ]),
      element('rsm:SupplyChainTradeTransaction', [
        terms.lines.map((line) => lineOf(line, tax)),
        element('ram:ApplicableHeaderTradeAgreement', [
          party('ram:SellerTradeParty', terms.seller),
          party('ram:BuyerTradeParty', terms.buyer),
        ]),
        element('ram:ApplicableHeaderTradeDelivery', [
          tax.code === 'K'
            ? element('ram:ShipToTradeParty', [
                element('ram:PostalTradeAddress', [element('ram:CountryID', terms.buyer.country)]),
              ])
            : null,
        ]),
        element('ram:ApplicableHeaderTradeSettlement', [
          element('ram:InvoiceCurrencyCode', currency),
          element('ram:ApplicableTradeTax', [
            element('ram:CalculatedAmount', tax.amount),
            element('ram:TypeCode', 'VAT'),
            optional('ram:ExemptionReason', tax.reason),
            element('ram:BasisAmount', totals.lines),
            element('ram:CategoryCode', tax.code),
            optional('ram:ExemptionReasonCode', tax.reasonCode),
            optional('ram:RateApplicablePercent', tax.percent),
          ]),
          period(terms.period),
          terms.paymentTerms === null && terms.due === null
            ? null
            : element('ram:SpecifiedTradePaymentTerms', [
                optional('ram:Description', terms.paymentTerms),
                terms.due === null ? null : element('ram:DueDateDateTime', [day(terms.due)]),
              ]),
          element('ram:SpecifiedTradeSettlementHeaderMonetarySummation', [
            element('ram:LineTotalAmount', totals.lines),
            element('ram:TaxBasisTotalAmount', totals.lines),
            element('ram:TaxTotalAmount', tax.amount, { currencyID: currency }),
            element('ram:GrandTotalAmount', totals.total),
            optional('ram:TotalPrepaidAmount', totals.paid),
            element('ram:DuePayableAmount', totals.due),
          ]),
          terms.corrects === null
            ? null
            : element('ram:InvoiceReferencedDocument', [element('ram:IssuerAssignedID', terms.corrects)]),
        ]),
      ]),
    ],
    {
      'xmlns:rsm': 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100',
      'xmlns:ram': 'urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100',
      'xmlns:udt': 'urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100',
    },
  );
  return xmlOf(root);
}

function lineOf(line: Terms['lines'][number], tax: Terms['tax']): Element {
  return element('ram:IncludedSupplyChainTradeLineItem', [
    element('ram:AssociatedDocumentLineDocument', [element('ram:LineID', line.id)]),
    element('ram:SpecifiedTradeProduct', [element('ram:Name', line.name)]),
    element('ram:SpecifiedLineTradeAgreement', [
      element('ram:NetPriceProductTradePrice', [element('ram:ChargeAmount', line.price)]),
    ]),
    element('ram:SpecifiedLineTradeDelivery', [
      element('ram:BilledQuantity', line.quantity, { unitCode: 'C62' }),
    ]),
    element('ram:SpecifiedLineTradeSettlement', [
      element('ram:ApplicableTradeTax', [
        element('ram:TypeCode', 'VAT'),
        element('ram:CategoryCode', tax.code),
        optional('ram:RateApplicablePercent', tax.percent),
      ]),
      period(line),
      element('ram:SpecifiedTradeSettlementLineMonetarySummation', [
        element('ram:LineTotalAmount', line.amount),
      ]),
    ]),
  ]);
}

/** 102 is the format of the day: YYYYMMDD. */
function day(date: string): Element {
  return element('udt:DateTimeString', date.replaceAll('-', ''), { format: '102' });
}

function period({ first, last }: Span): Element {
  return element('ram:BillingSpecifiedPeriod', [
    element('ram:StartDateTime', [day(first)]),
    element('ram:EndDateTime', [day(last)]),
  ]);
}

function party(name: string, trader: Trader): Element {
  const [first, second, ...others] = trader.address;
  return element(name, [
    element('ram:Name', trader.name),
    trader.registration === null
      ? null
      : element('ram:SpecifiedLegalOrganization', [element('ram:ID', trader.registration)]),
    element('ram:PostalTradeAddress', [
      optional('ram:PostcodeCode', trader.postCode),
      optional('ram:LineOne', first),
      optional('ram:LineTwo', second),
      optional('ram:LineThree', others.join(', ')),
      optional('ram:CityName', trader.city),
      element('ram:CountryID', trader.country),
    ]),
    trader.email === null
      ? null
      : element('ram:URIUniversalCommunication', [element('ram:URIID', trader.email, { schemeID: 'EM' })]),
    registration('VA', trader.vatId),
    registration('FC', trader.taxNumber),
  ]);
}

function registration(schemeID: string, id: string | null): Element | null {
  return id === null ? null : element('ram:SpecifiedTaxRegistration', [element('ram:ID', id, { schemeID })]);
}
