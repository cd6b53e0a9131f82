/** The invoices of all clients, newest first, by month and state. */
import { html, LitElement } from 'lit';
import type { BooksAnswer, InvoiceState } from '../../contract.ts';
import { get, saveCsv } from '../parts/api.ts';
import { EagerResource } from '../parts/resource.ts';
import { showMore } from '../parts/show-more.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { dayOf, money, monthName } from '../pure/format.ts';
import { monthPlus } from '../pure/zone.ts';
import { leftToPay, stateBadge, stateNames } from './invoices-view.ts';

export class BooksElement extends LitElement {
  static override styles = [shared];
  static override properties = { now: { attribute: false }, month: { state: true }, state: { state: true } };
  /** The server's time, ISO-8601. */
  declare now: string;
  /** Empty = all. */
  declare month: string;
  declare state: InvoiceState | '';

  constructor() {
    super();
    this.month = '';
    this.state = '';
  }

  #list = new EagerResource<BooksAnswer>(this, () => get(this.#path()));
  #work = new Work(this);

  #path(): string {
    const query = Object.entries({ month: this.month, state: this.state });
    return `billing/invoices?${new URLSearchParams(query.filter(([, value]) => value !== ''))}`;
  }

  protected override render() {
    const { month, state } = this;
    const months = Array.from({ length: 24 }, (_, back) => monthPlus(this.now.slice(0, 7), -back));
    const states = Object.entries(stateNames) as [InvoiceState, string][];
    return html`<div class="row heading"><h1>Invoices</h1><a class="button" href="#/close">Month-end</a></div>
      <section>
        <div class="row">
          <label>
            Month
            <select name="month" @change=${this.#filter}>
              <option value="">All months</option>
              ${months.map((one) => html`<option value=${one} ?selected=${one === month}>${monthName(one)}</option>`)}
            </select>
          </label>
          <label>
            State
            <select name="state" @change=${this.#filter}>
              <option value="">All states</option>
              ${states.map(([one, name]) => html`<option value=${one} ?selected=${one === state}>${name}</option>`)}
            </select>
          </label>
          <button @click=${this.#save} aria-disabled=${this.#work.isBusy}>Download CSV</button>
        </div>
        ${this.#work.show()}
        ${this.#list.show((list) => this.#table(list))}
      </section>`;
  }

  #table({ invoices, nextCursor }: BooksAnswer) {
    if (invoices.length === 0) {
      return this.month || this.state
        ? html`<p>No invoices match.</p>`
        : html`<p>There are no invoices yet. <a href="#/close">Close a month</a> to issue them.</p>`;
    }
    return html`${table(
      'Invoices of all clients',
      ['Number', ['Client', 'wide'], ['Month', 'wide'], 'State', ['Due', 'wide'], ['Total', 'number']],
      invoices.map(
        (invoice) => html`<tr>
          <th scope="row">
            <a class="nowrap" href="#/tenants/${invoice.tenant}/invoices/${invoice.id}">${invoice.number ?? 'Draft'}</a>
            <span class="narrow muted small">${invoice.tenantName}, ${monthName(invoice.month)}</span>
          </th>
          <td class="wide">${invoice.tenantName}</td>
          <td class="wide">${monthName(invoice.month)}</td>
          <td>${stateBadge(invoice.state)}</td>
          <td class="wide">${invoice.dueAt && invoice.leftToPayCents > 0 ? dayOf(invoice.dueAt, invoice.timeZone) : '–'}</td>
          <td class="number">${money(invoice.totalCents, invoice.currency)}${leftToPay(invoice)}</td>
        </tr>`,
      ),
    )}
      ${nextCursor ? html`<p>${showMore(this.#list, 'invoices', this.#path(), this.#work)}</p>` : ''}`;
  }

  #filter = (event: Event) => {
    const { name, value } = event.target as HTMLSelectElement;
    if (name === 'month') this.month = value;
    else this.state = value as InvoiceState | '';
    this.#work.clear();
    void this.#list.load(true);
  };

  #save = () =>
    this.#work.do(() =>
      saveCsv(this.#path(), ['invoices', this.month, this.state].filter(Boolean).join('-')),
    );
}
customElements.define('books-view', BooksElement);
