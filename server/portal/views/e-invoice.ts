/** An invoice's files for accounting, or what they lack. */
import { html } from 'lit';
import type { InvoiceView } from '../../contract.ts';
import { say } from '../language/words.ts';
import { urlOf } from '../parts/api.ts';

/** @param path of the invoice, below `/v1/` */
export function fileLinks({ status, eInvoiceMissing }: InvoiceView, path: string) {
  if (status === 'draft' || status === 'void') return '';
  const link = (file: string, name: string) =>
    html`<a class="button" href="${urlOf(path)}/${file}" download>${name}</a>`;
  return html`${link('pdf', 'PDF')}
    ${
      eInvoiceMissing.length > 0
        ? ''
        : html`${link('e-invoice?format=ubl', say('eInvoice', { format: 'UBL' }))}
            ${link('e-invoice?format=cii', say('eInvoice', { format: 'CII' }))}`
    }`;
}

const labels: Record<string, string> = {
  country: 'country',
  taxId: 'tax ID',
  registration: 'registration number',
  category: 'VAT',
  reason: 'reason',
};

/** For the operator: what to enter, while it still helps. Without a country of its own it has not begun with e-invoices. */
export function eInvoiceGaps({ status, document, eInvoiceMissing }: InvoiceView) {
  if (status === 'void' || eInvoiceMissing.length === 0 || !document.seller?.country) return '';
  return html`<details>
    <summary>${status === 'draft' ? 'No e-invoice can be made from it yet' : 'It was issued without what an e-invoice needs'}</summary>
    <ul>
      ${eInvoiceMissing.map(({ path, message }) => {
        const [where, field = ''] = path.split('.');
        const place = where === 'seller' ? 'Your business details' : 'Billing account';
        return html`<li>${place}${field ? `, ${labels[field] ?? field}` : ''}: ${message}</li>`;
      })}
    </ul>
  </details>`;
}
