/** The operator's clients, with their state and this month's figures: a page at a time, named by the address. */
import { html, LitElement, type TemplateResult } from 'lit';
import type { AttentionReason, ClientRow, ClientSort, ClientsAnswer, TenantView } from '../../contract.ts';
import { get } from '../parts/api.ts';
import { firstSteps } from '../parts/first-steps.ts';
import { Resource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { type Head, table } from '../parts/table.ts';
import { clientsHash, type ListAddress, listAddress, sortedBy } from '../pure/client-address.ts';
import { count, dollars, duration, moment, money, monthName, plural } from '../pure/format.ts';

const filters = [
  ['', 'All'],
  ['active', 'Active'],
  ['paused', 'Paused'],
  ['attention', 'Needs attention'],
] as const;

const reasons: Record<AttentionReason, string> = {
  'calls-without-cost': 'calls without a cost',
  'invoice-overdue': 'invoice overdue',
  'no-price': 'no price',
};

export class TenantsElement extends LitElement {
  static override styles = [shared];
  static override properties = {
    now: { attribute: false },
    mayWrite: { attribute: false },
    hasSeller: { attribute: false },
    query: { attribute: false },
  };
  /** The server's time, ISO-8601. */
  declare now: string;
  declare mayWrite: boolean;
  /** Whether the business details are entered. */
  declare hasSeller: boolean;
  /** The part of the address behind the question mark. */
  declare query: string;

  #list = new Resource<ClientsAnswer>(this, () =>
    get(`billing/tenants?${new URLSearchParams({ ...this.#address, limit: '50' })}`),
  );

  get #address(): ListAddress {
    return listAddress(this.query);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('query')) return;
    // The old rows stay until the new ones are there, so that nothing jumps while typing and sorting.
    const loaded = this.#list.load();
    const before = changed.get('query');
    if (typeof before === 'string' && listOf(before) === listOf(this.query)) void loaded.then(this.#showTop);
  }

  /** Another page of the same list: the link that had the focus may be gone, and no other text says that it is there. */
  #showTop = async () => {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#list')?.focus();
  };

  protected override render() {
    return html`<div class="row heading">
        <h1>Clients</h1>
        ${this.mayWrite ? html`<a class="button" href="#/new-client">New client</a>` : ''}
      </div>
      ${this.#list.show((list) => this.#content(list))}`;
  }

  #content(list: ClientsAnswer) {
    const { search, filter } = this.#address;
    const isAll = search === undefined && filter === undefined;
    if (isAll && list.totals.tenants === 0) return firstSteps(this.hasSeller);
    return html`${this.hasSeller ? '' : html`<p class="warn">No invoice can be issued until you enter your business details under <a href="#/settings">Settings</a>.</p>`}
      <section>
        <h2 id="list" tabindex="-1">${monthName(list.month)} so far</h2>
        ${this.#searchForm()}
        <p class="muted small" role="status">${totalsText(list, isAll)}</p>
        ${list.tenants.length === 0 ? html`<p>No client matches. <a href="#/clients">Show all clients</a></p>` : this.#table(list)}
        ${this.#pages(list)}
        ${asOfText(list)}
        <p class="muted small">Cost is what Vapi charges you; price is what the plan charges the client, before tax.</p>
      </section>`;
  }

  #searchForm() {
    const { search = '', filter = '' } = this.#address;
    return html`<form class="row" role="search" @submit=${this.#search}>
      <label>Search<input type="search" name="search" maxlength="100" .value=${search}></label>
      <label>Show<select name="filter" @change=${this.#search}>
        ${filters.map(([value, label]) => html`<option value=${value} .selected=${value === filter}>${label}</option>`)}
      </select></label>
      <button>Search</button>
    </form>`;
  }

  #search = (event: Event) => {
    event.preventDefault();
    const form = (event.currentTarget as HTMLElement).closest('form');
    if (!form) return;
    const entered = new FormData(form);
    const { sort, order } = this.#address;
    const [search, filter] = [String(entered.get('search')).trim(), String(entered.get('filter'))];
    location.hash = clientsHash({ ...(sort && { sort }), ...(order && { order }), search, filter });
  };

  #table({ tenants }: ClientsAnswer) {
    const head = (sort: ClientSort, label: string, look: string): Head => {
      const { hash, direction } = sortedBy(this.#address, sort);
      const link = html`<a href=${hash}>${label}</a>${direction === 'ascending' ? ' ↑' : direction === 'descending' ? ' ↓' : ''}`;
      return [link, look, direction];
    };
    return table(
      'Clients, with this month’s figures',
      [
        head('name', 'Client', ''),
        'State',
        head('calls', 'Calls', 'number wide'),
        ['Time', 'number wide'],
        head('cost', 'Cost', 'number wide'),
        head('price', 'Price', 'number'),
        ['Margin', 'number wide'],
      ],
      tenants.map(
        (row) => html`<tr>
          <th scope="row"><a href="#/tenants/${row.tenant}">${row.name}</a></th>
          <td>${stateBadge(row.status)} ${row.attention.map((reason) => html`<span class="badge warn">${reasons[reason]}</span> `)}</td>
          <td class="number wide">${count(row.calls)}</td>
          <td class="number wide">${duration(row.seconds)}</td>
          <td class="number wide">${dollars(row.costMicros)}</td>
          <td class="number">${priceOf(row, row.priceCents)}${isOld(row) ? html`<br><span class="muted small">as of ${moment(row.pricedAt ?? '', 'UTC')} UTC</span>` : ''}</td>
          <td class="number wide">${priceOf(row, row.marginCents)}</td>
        </tr>`,
      ),
    );
  }

  #pages({ nextCursor }: ClientsAnswer): TemplateResult | string {
    const { cursor, ...first } = this.#address;
    if (!cursor && nextCursor === null) return '';
    return html`<nav class="row" aria-label="Pages">
      ${cursor ? html`<a class="button" href=${clientsHash(first)}>First page</a>` : ''}
      ${nextCursor === null ? '' : html`<a class="button" href=${clientsHash({ ...first, cursor: nextCursor })}>Next page</a>`}
    </nav>`;
  }
}
customElements.define('tenants-view', TenantsElement);

/** The list without its page. */
function listOf(query: string): string {
  const { cursor: _cursor, ...list } = listAddress(query);
  return clientsHash(list);
}

function isOld({ current, pricedAt }: ClientRow): boolean {
  return !current && pricedAt !== null;
}

function priceOf({ currency }: ClientRow, cents: number | null): string {
  return cents === null || currency === null ? '–' : money(cents, currency);
}

function totalsText({ totals }: ClientsAnswer, isAll: boolean): string {
  const { tenants, calls, costMicros, prices } = totals;
  const sums = prices.map(({ currency, priceCents }) => money(priceCents, currency)).join(' + ');
  return `${plural(tenants, 'client')}${isAll ? '' : ' found'}: ${plural(calls, 'call')}, cost ${dollars(costMicros)}${sums ? `, price ${sums}` : ''}.`;
}

function asOfText({ totals: { asOf, unpriced } }: ClientsAnswer): TemplateResult {
  const old =
    asOf === null
      ? ''
      : `Some prices do not include the latest calls; the oldest is from ${moment(asOf, 'UTC')} UTC. `;
  const missing = unpriced === 0 ? '' : `${plural(unpriced, 'client')} without a price yet.`;
  return html`<p class="muted small">${old}${missing}</p>`;
}

export function stateBadge(status: TenantView['status']) {
  return html`<span class="badge ${status === 'active' ? 'good' : 'warn'}">${status}</span>`;
}
