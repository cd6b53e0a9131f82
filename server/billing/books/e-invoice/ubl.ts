/** EN 16931 as UBL 2.1. The order of the elements is the schema's. Pure. */
import type { Span, Terms, Trader } from './terms.ts';
import { type Element, element, optional, xmlOf } from './xml.ts';

const vat = element('cac:TaxScheme', [element('cbc:ID', 'VAT')]);

/** An `Invoice`, or a `CreditNote`. */
export function ublOf(terms: Terms): string {
  const { isCredit, currency, tax, totals } = terms;
  const kind = isCredit ? 'CreditNote' : 'Invoice';
  const money = (name: string, amount: string) => element(name, amount, { currencyID: currency });
  const category = (name: string, withReason: boolean) =>
    element(name, [
      element('cbc:ID', tax.code),
      optional('cbc:Percent', tax.percent),
      withReason ? optional('cbc:TaxExemptionReasonCode', tax.reasonCode) : null,
      withReason ? optional('cbc:TaxExemptionReason', tax.reason) : null,
      vat,
    ]);
  const lineOf = (line: Terms['lines'][number]) =>
    element(`cac:${kind}Line`, [
      element('cbc:ID', line.id),
      element(isCredit ? 'cbc:CreditedQuantity' : 'cbc:InvoicedQuantity', line.quantity, { unitCode: 'C62' }),
      money('cbc:LineExtensionAmount', line.amount),
      period(line),
      element('cac:Item', [element('cbc:Name', line.name), category('cac:ClassifiedTaxCategory', false)]),
      element('cac:Price', [money('cbc:PriceAmount', line.price)]),
    ]);
  const root = element(
    kind,
    [
      element('cbc:CustomizationID', 'urn:cen.eu:en16931:2017'),
      element('cbc:ID', terms.number),
      element('cbc:IssueDate', terms.issued),
      isCredit ? null : optional('cbc:DueDate', terms.due),
      element(isCredit ? 'cbc:CreditNoteTypeCode' : 'cbc:InvoiceTypeCode', isCredit ? '381' : '380'),
      terms.notes.map((note) => element('cbc:Note', note)),
      element('cbc:DocumentCurrencyCode', currency),
      period(terms.period),
      terms.corrects === null
        ? null
        : element('cac:BillingReference', [
            element('cac:InvoiceDocumentReference', [element('cbc:ID', terms.corrects)]),
          ]),
      element('cac:AccountingSupplierParty', [party(terms.seller)]),
      element('cac:AccountingCustomerParty', [party(terms.buyer)]),
      tax.code === 'K'
        ? element('cac:Delivery', [
            element('cac:DeliveryLocation', [element('cac:Address', [country(terms.buyer)])]),
          ])
        : null,
      terms.paymentTerms === null
        ? null
        : element('cac:PaymentTerms', [element('cbc:Note', terms.paymentTerms)]),
      element('cac:TaxTotal', [
        money('cbc:TaxAmount', tax.amount),
        element('cac:TaxSubtotal', [
          money('cbc:TaxableAmount', totals.lines),
          money('cbc:TaxAmount', tax.amount),
          category('cac:TaxCategory', true),
        ]),
      ]),
      element('cac:LegalMonetaryTotal', [
        money('cbc:LineExtensionAmount', totals.lines),
        money('cbc:TaxExclusiveAmount', totals.lines),
        money('cbc:TaxInclusiveAmount', totals.total),
        totals.paid === null ? null : money('cbc:PrepaidAmount', totals.paid),
        money('cbc:PayableAmount', totals.due),
      ]),
      terms.lines.map(lineOf),
    ],
    {
      xmlns: `urn:oasis:names:specification:ubl:schema:xsd:${kind}-2`,
      'xmlns:cac': 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2',
      'xmlns:cbc': 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2',
    },
  );
  return xmlOf(root);
}

function period({ first, last }: Span): Element {
  return element('cac:InvoicePeriod', [element('cbc:StartDate', first), element('cbc:EndDate', last)]);
}

function country({ country: code }: Trader): Element {
  return element('cac:Country', [element('cbc:IdentificationCode', code)]);
}

function party(trader: Trader): Element {
  const [first, second, ...others] = trader.address;
  return element('cac:Party', [
    optional('cbc:EndpointID', trader.email, { schemeID: 'EM' }),
    element('cac:PostalAddress', [
      optional('cbc:StreetName', first),
      optional('cbc:AdditionalStreetName', second),
      optional('cbc:CityName', trader.city),
      optional('cbc:PostalZone', trader.postCode),
      others.length === 0 ? null : element('cac:AddressLine', [element('cbc:Line', others.join(', '))]),
      country(trader),
    ]),
    trader.vatId === null
      ? null
      : element('cac:PartyTaxScheme', [element('cbc:CompanyID', trader.vatId), vat]),
    trader.taxNumber === null
      ? null
      : element('cac:PartyTaxScheme', [
          element('cbc:CompanyID', trader.taxNumber),
          element('cac:TaxScheme', [element('cbc:ID', 'FC')]),
        ]),
    element('cac:PartyLegalEntity', [
      element('cbc:RegistrationName', trader.name),
      optional('cbc:CompanyID', trader.registration),
    ]),
  ]);
}
