/** One invoice: its lines, the calls on each line, the document to print; the operator's actions are in `invoice-actions`. */
import { html } from 'lit';
import type { InvoiceView, PaymentPageAnswer } from '../../contract.ts';
import { say, sayCount } from '../language/words.ts';
import { get, urlOf } from '../parts/api.ts';
import { count, dayOf, money, monthName, period } from '../pure/format.ts';
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
    return html`<p><a href="${this.scope.base}/invoices">${say('allInvoices')}</a></p>
      ${this.#invoice.data ? '' : html`<h1>${titleOf(this.scope, say('invoice'))}</h1>`}
      ${this.#invoice.show((invoice) => this.#details(invoice))}`;
  }

  #details(invoice: InvoiceView) {
    const { scope } = this;
    const { currency, document } = invoice;
    const title = invoice.kind === 'invoice' ? 'invoiceNumber' : 'creditNoteNumber';
    const isOpen = invoice.kind === 'invoice' && invoice.status !== 'paid' && invoice.status !== 'void';
    const isCredited = invoice.state === 'credited';
    const paymentUrl = this.#payment.data?.url;
    return html`<h1>${titleOf(scope, say(title, { number: invoice.number ?? '(draft)' }))}</h1>
      <section>
        <p class="row">${stateBadge(invoice.state)} <span>${say('monthFor', { month: monthName(invoice.month), buyer: document.buyer.name })}</span></p>
        ${document.corrects ? html`<p>${say('corrects')} <a href="${scope.base}/invoices/${document.corrects.invoice}">${document.corrects.number}</a>: ${document.corrects.reason}</p>` : ''}
        <dl class="figures">
          <div><dt>${say('total')}</dt><dd>${money(invoice.totalCents, currency)}</dd></div>
          ${document.creditCents === 0 ? '' : html`<div><dt>${say(document.creditCents > 0 ? 'paidFromCredit' : 'paidIntoWallet')}</dt><dd>${money(Math.abs(document.creditCents), currency)}</dd></div>`}
          <div><dt>${say('amountDue')}</dt><dd>${isCredited ? say('amountCredited', { amount: money(0, currency) }) : money(invoice.dueCents, currency)}</dd></div>
          ${invoice.leftToPayCents !== invoice.dueCents && isOpen ? html`<div><dt>${say('dueAfterNotes')}</dt><dd>${money(invoice.leftToPayCents, currency)}</dd></div>` : ''}
          ${invoice.issuedAt ? html`<div><dt>${say('issuedOn')}</dt><dd>${dayOf(invoice.issuedAt, scope.timeZone)}</dd></div>` : ''}
          ${invoice.dueAt && invoice.dueCents > 0 ? html`<div><dt>${say('due')}</dt><dd>${dayOf(invoice.dueAt, scope.timeZone)}</dd></div>` : ''}
          ${invoice.paidAt ? html`<div><dt>${say('paidOn')}</dt><dd>${dayOf(invoice.paidAt, scope.timeZone)}</dd></div>` : ''}
        </dl>
        <p class="row">
          <a class="button" href=${urlOf(this.#path())} target="_blank" rel="noopener">${say('printable')}</a>
          ${fileLinks(invoice, this.#path())}
          ${paymentUrl ? html`<a class="button main" href=${paymentUrl} target="_blank" rel="noopener">${invoice.status === 'paid' ? say('viewStripe') : say('payStripe')}</a>` : ''}
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
        <h2>${say('lines')}</h2>
        ${table(
          say('linesOfInvoice'),
          [say('description'), [say('period'), 'wide'], say('calls'), [say('amount'), 'number']],
          html`${document.lines.map(
            (line) => html`<tr>
              <th scope="row"><span lang="en" dir="auto">${line.description}</span></th>
              <td class="wide">${period(line.from, line.to)}</td>
              <td>${
                line.calls > 0 && scope.access.callPrices
                  ? html`<button aria-expanded=${this.opened === line.no} @click=${() => this.#open(line.no)}
                      aria-label=${sayCount('lineCalls', line.calls, { line: line.no })}>${count(line.calls)}</button>`
                  : line.calls > 0
                    ? count(line.calls)
                    : '–'
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
