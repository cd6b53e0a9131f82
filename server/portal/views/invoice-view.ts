/** One invoice: its lines, the calls on each line, the document to print; the operator's actions are in `invoice-actions`. */
import { html } from 'lit';
import type { InvoiceView, PaymentPageAnswer } from '../../contract.ts';
import { get, urlOf } from '../parts/api.ts';
import { dayOf, money, monthName, period, plural } from '../pure/format.ts';
import { stateBadge } from './invoices-view.ts';
import './line-calls.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { table } from '../parts/table.ts';
import { eInvoiceGaps, fileLinks } from './e-invoice.ts';

export class InvoiceElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    opened: { state: true },
  };
  /** The line whose calls are shown. */
  declare opened: number | null;

  constructor() {
    super();
    this.opened = null;
  }

  #invoice = new Resource<InvoiceView>(this, () => get(this.#path()));
  #payment = new Resource<PaymentPageAnswer>(this, () => get(`${this.#path()}/payment-page`));

  protected override reload(): void {
    this.opened = null;
    this.#payment.data = null;
    void this.#load(true);
  }

  async #load(fresh: boolean): Promise<void> {
    await this.#invoice.load(fresh);
    if (this.#invoice.data?.stripeId) void this.#payment.load(true);
  }

  #path(): string {
    return pathOf(this.scope, `/invoices/${encodeURIComponent(this.item)}`);
  }

  protected override render() {
    return html`<p><a href="${this.scope.base}/invoices">All invoices</a></p>
      ${this.#invoice.data ? '' : html`<h1>${titleOf(this.scope, 'Invoice')}</h1>`}
      ${this.#invoice.show((invoice) => this.#details(invoice))}`;
  }

  #details(invoice: InvoiceView) {
    const { scope } = this;
    const { currency, document } = invoice;
    const what = invoice.kind === 'invoice' ? 'Invoice' : 'Credit note';
    const isOpen = invoice.kind === 'invoice' && invoice.status !== 'paid' && invoice.status !== 'void';
    const isCredited = invoice.state === 'credited';
    const paymentUrl = this.#payment.data?.url;
    return html`<h1>${titleOf(scope, `${what} ${invoice.number ?? '(draft)'}`)}</h1>
      <section>
        <p class="row">${stateBadge(invoice.state)} <span>${monthName(invoice.month)}, for ${document.buyer.name}</span></p>
        ${document.corrects ? html`<p>Corrects <a href="${scope.base}/invoices/${document.corrects.invoice}">${document.corrects.number}</a>: ${document.corrects.reason}</p>` : ''}
        <dl class="figures">
          <div><dt>Total</dt><dd>${money(invoice.totalCents, currency)}</dd></div>
          ${document.creditCents === 0 ? '' : html`<div><dt>${document.creditCents > 0 ? 'Paid from credit' : 'Paid into the wallet'}</dt><dd>${money(Math.abs(document.creditCents), currency)}</dd></div>`}
          <div><dt>Amount due</dt><dd>${money(isCredited ? 0 : invoice.dueCents, currency)}${isCredited ? ' (credited)' : ''}</dd></div>
          ${invoice.leftToPayCents !== invoice.dueCents && isOpen ? html`<div><dt>Due after credit notes</dt><dd>${money(invoice.leftToPayCents, currency)}</dd></div>` : ''}
          ${invoice.issuedAt ? html`<div><dt>Issued</dt><dd>${dayOf(invoice.issuedAt, scope.timeZone)}</dd></div>` : ''}
          ${invoice.dueAt && invoice.dueCents > 0 ? html`<div><dt>Due</dt><dd>${dayOf(invoice.dueAt, scope.timeZone)}</dd></div>` : ''}
          ${invoice.paidAt ? html`<div><dt>Paid</dt><dd>${dayOf(invoice.paidAt, scope.timeZone)}</dd></div>` : ''}
        </dl>
        <p class="row">
          <a class="button" href=${urlOf(this.#path())} target="_blank" rel="noopener">Printable version</a>
          ${fileLinks(invoice, this.#path())}
          ${paymentUrl ? html`<a class="button main" href=${paymentUrl} target="_blank" rel="noopener">${invoice.status === 'paid' ? 'View in Stripe' : 'Pay with Stripe'}</a>` : ''}
        </p>
        ${scope.permissions.includes('billing.manage') ? eInvoiceGaps(invoice) : ''}
        ${
          scope.permissions.includes('billing.manage')
            ? html`<invoice-actions .scope=${scope} .item=${invoice.id} .invoice=${invoice}
                @invoice-changed=${() => this.#load(false)}></invoice-actions>`
            : ''
        }
      </section>
      <section>
        <h2>Lines</h2>
        ${table(
          'Lines of the invoice',
          ['Description', ['Period', 'wide'], 'Calls', ['Amount', 'number']],
          html`${document.lines.map(
            (line) => html`<tr>
              <th scope="row">${line.description}</th>
              <td class="wide">${period(line.from, line.to)}</td>
              <td>${
                line.calls > 0 && scope.access.callPrices
                  ? html`<button aria-expanded=${this.opened === line.no} @click=${() => this.#open(line.no)}
                      aria-label="${plural(line.calls, 'call')} on line ${line.no}">${line.calls}</button>`
                  : line.calls || '–'
              }</td>
              <td class="number">${money(line.amountCents, currency)}</td>
            </tr>`,
          )}
          ${document.tax ? html`<tr><th scope="row">${document.tax.label}</th><td class="wide"></td><td></td><td class="number">${money(document.tax.amountCents, currency)}</td></tr>` : ''}`,
        )}
      </section>
      ${
        this.opened === null
          ? ''
          : html`<line-calls .scope=${scope} .item=${`${this.item}/lines/${this.opened}`} .currency=${currency}></line-calls>`
      }`;
  }

  #open(no: number): void {
    this.opened = this.opened === no ? null : no;
  }
}
customElements.define('invoice-view', InvoiceElement);
