/** The invoices of all clients: filters, order and page are in the address, the server searches and sums. */
import { css, html, LitElement } from 'lit';
import type { BookedInvoice, BookSort, BooksAnswer } from '../../contract.ts';
import { get, saveCsv } from '../parts/api.ts';
import { empty } from '../parts/empty.ts';
import { pageLinks, sortHead } from '../parts/list-links.ts';
import { Resource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { type Head, table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { dayOf, money, monthName, plural } from '../pure/format.ts';
import { type ListAddress, listHash, queryOf, readList } from '../pure/list-address.ts';
import { monthPlus } from '../pure/zone.ts';
import { invoiceStates, leftToPay, stateBadge, stateName } from './invoices-view.ts';

const filters = ['search', 'month', 'state'] as const;
const names = [...filters, 'sort', 'order', 'cursor'] as const;
type Address = ListAddress<(typeof names)[number]>;

export class BooksElement extends LitElement {
  static override styles = [
    shared,
    css`
      @media (max-width: 44rem) {
        form.row { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); }
        form.row > :first-child, form.row button { grid-column: 1 / -1; }
        form.row input, form.row select { width: 100%; }
      }
    `,
  ];
  static override properties = { now: { attribute: false }, query: { attribute: false } };
  /** The server's time, ISO-8601. */
  declare now: string;
  /** The part of the address behind the question mark. */
  declare query: string;

  constructor() {
    super();
    this.query = '';
  }

  #list = new Resource<BooksAnswer>(this, () =>
    get(`billing/invoices?${queryOf({ ...this.#address, limit: '50' })}`),
  );
  #work = new Work(this);

  get #address(): Address {
    return readList(this.query, names);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('query')) return;
    this.#work.clear();
    // The old rows stay until the new ones are there, so that nothing jumps.
    const loaded = this.#list.load();
    const before = changed.get('query');
    if (typeof before !== 'string') return;
    if (readList(before, names).cursor !== this.#address.cursor) void loaded.then(this.#showTop);
  }

  /** Another page of the same list: the link that had the focus may be gone. */
  #showTop = async () => {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#totals')?.focus();
  };

  protected override render() {
    return html`<div class="row heading">
        <h1>Invoices</h1>
        <button @click=${this.#save} aria-disabled=${this.#work.isBusy}>Download CSV</button>
        <a class="button" href="#/close">Month-end</a>
      </div>
      <section>
        ${this.#form()}
        ${this.#work.show()}
        ${this.#list.show((list) => this.#content(list))}
      </section>`;
  }

  #form() {
    const { search = '', month = '', state = '' } = this.#address;
    const recent = Array.from({ length: 24 }, (_, back) => monthPlus(this.now.slice(0, 7), -back));
    const months = month === '' || recent.includes(month) ? recent : [...recent, month];
    const option = (value: string, label: string, chosen: string) =>
      html`<option value=${value} .selected=${value === chosen}>${label}</option>`;
    return html`<form class="row" role="search" @submit=${this.#filter}>
      <label>Number or client<input type="search" name="search" maxlength="100" spellcheck="false" .value=${search}></label>
      <label>Month<select name="month" @change=${this.#filter}>
        ${option('', 'All months', month)} ${months.map((one) => option(one, nameOf(one), month))}
      </select></label>
      <label>State<select name="state" @change=${this.#filter}>
        ${option('', 'All states', state)}
        ${invoiceStates.map((one) => option(one, stateName(one), state))}
      </select></label>
      <button class="main">Search</button>
    </form>`;
  }

  #filter = (event: Event) => {
    event.preventDefault();
    const form = (event.currentTarget as HTMLElement).closest('form');
    if (!form) return;
    const { sort, order } = this.#address;
    const data = new FormData(form);
    const entered = Object.fromEntries(filters.map((name) => [name, String(data.get(name) ?? '').trim()]));
    location.hash = listHash('#/invoices', { ...entered, sort, order });
  };

  #content(list: BooksAnswer) {
    return html`<p class="muted small" role="status" id="totals" tabindex="-1">${totalsText(list)}</p>
      ${list.invoices.length === 0 ? this.#nothing() : this.#table(list)}
      ${pageLinks('#/invoices', this.#address, list.nextCursor)}`;
  }

  #nothing() {
    return filters.some((name) => this.#address[name])
      ? empty(
          'invoices',
          'No invoices match.',
          html`<a class="button" href="#/invoices">Show all invoices</a>`,
        )
      : empty(
          'invoices',
          'There are no invoices yet.',
          html`<a class="button" href="#/close">Close a month</a>`,
        );
  }

  #table({ invoices }: BooksAnswer) {
    return table(
      'Invoices of all clients',
      [
        this.#head('time', 'Number', ''),
        ['Client', 'wide'],
        ['Month', 'wide'],
        'State',
        this.#head('due', 'Due', 'wide'),
        this.#head('total', 'Total', 'number'),
      ],
      invoices.map(row),
    );
  }

  #head(sort: BookSort, label: string, look: string): Head {
    return sortHead('#/invoices', this.#address, sort, label, look);
  }

  #save = () => {
    const { search, month, state } = this.#address;
    const name = ['invoices', month, state].filter(Boolean).join('-');
    return this.#work.do(() => saveCsv(`billing/invoices?${queryOf({ search, month, state })}`, name));
  };
}
customElements.define('books-view', BooksElement);

function row(invoice: BookedInvoice) {
  return html`<tr>
    <th scope="row">
      <a data-row class="nowrap" href="#/tenants/${invoice.tenant}/invoices/${invoice.id}">${invoice.number ?? 'Draft'}</a>
      <span class="narrow muted small">${invoice.tenantName}, ${monthName(invoice.month)}</span>
    </th>
    <td class="wide">${invoice.tenantName}</td>
    <td class="wide">${monthName(invoice.month)}</td>
    <td>${stateBadge(invoice.state)}</td>
    <td class="wide">${invoice.dueAt && invoice.leftToPayCents > 0 ? dayOf(invoice.dueAt, invoice.timeZone) : '–'}</td>
    <td class="number">${money(invoice.totalCents, invoice.currency)}${leftToPay(invoice)}</td>
  </tr>`;
}

/** Of an address: a month that is none is refused by the server, and must not fail here. */
function nameOf(month: string): string {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(month) ? monthName(month) : month;
}

function totalsText({ totals: { documents, amounts, complete } }: BooksAnswer): string {
  const sums = (of: 'totalCents' | 'leftToPayCents') =>
    amounts
      .filter((one) => of === 'totalCents' || one[of] > 0)
      .map((one) => money(one[of], one.currency))
      .join(' + ');
  const left = sums('leftToPayCents');
  const figures = [plural(documents, 'document'), sums('totalCents'), left && `${left} left to pay`];
  const text = figures.filter(Boolean).join(', ');
  return complete
    ? `${text}.`
    : `The latest ${text}; there are more, so narrow the filters for exact totals.`;
}
