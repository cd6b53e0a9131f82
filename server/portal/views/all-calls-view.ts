/** The calls of all clients: filters, order and page are in the address, the server searches and sums. */
import { css, html, LitElement } from 'lit';
import type { AllCallsAnswer, CallSort, ClientRow, ClientsAnswer } from '../../contract.ts';
import { get, saveCsv } from '../parts/api.ts';
import { empty } from '../parts/empty.ts';
import { formStyle } from '../parts/form-style.ts';
import { pageLinks, sortHead } from '../parts/list-links.ts';
import { Resource } from '../parts/resource.ts';
import { filterSelect, resultFilterFields, resultFilterNames } from '../parts/result-filters.ts';
import { shared } from '../parts/style.ts';
import { type Head, table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { toText, toValue } from '../pure/field-kinds.ts';
import {
  callStates,
  callTypes,
  count,
  dollars,
  duration,
  ending,
  kindOf,
  moment,
  plural,
} from '../pure/format.ts';
import { type ListAddress, listHash, queryOf, readList } from '../pure/list-address.ts';
import { amount, endedAs, yesOrNo } from './calls-view.ts';

const filters = [
  ...(['id', 'tenant', 'from', 'to', 'type', 'status'] as const),
  ...resultFilterNames,
  ...(['minCostMicros', 'maxCostMicros'] as const),
] as const;
const names = [...filters, 'sort', 'order', 'cursor'] as const;
type Address = ListAddress<(typeof names)[number]>;

export class AllCallsElement extends LitElement {
  static override styles = [
    shared,
    formStyle,
    css`
      @media (max-width: 44rem) {
        form.row { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); }
        form.row input, form.row select { width: 100%; }
        form.row button { grid-column: 1 / -1; }
      }
    `,
  ];
  static override properties = { query: { attribute: false }, problem: { state: true } };
  /** The part of the address behind the question mark. */
  declare query: string;
  /** Why the filters were not applied. */
  declare problem: string;

  constructor() {
    super();
    this.query = '';
    this.problem = '';
  }

  #list = new Resource<AllCallsAnswer>(this, () => get(`billing/calls?${queryOf(this.#address)}`));
  /** Clients whose name or handle contains what is being entered. */
  #clients = new Resource<ClientRow[]>(this, async () => {
    const search = this.#field('tenant').trim();
    if (search === '') return [];
    return (await get<ClientsAnswer>(`billing/tenants?${queryOf({ search, limit: '10' })}`)).tenants;
  });
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
    const [{ cursor: was }, { cursor }] = [readList(before, names), this.#address];
    if (was !== cursor) void loaded.then(this.#showTop);
  }

  /** Another page of the same list: the link that had the focus may be gone. */
  #showTop = async () => {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#totals')?.focus();
  };

  protected override render() {
    return html`<div class="row heading">
        <h1>Calls</h1>
        <button @click=${this.#save} aria-disabled=${this.#work.isBusy}>Download CSV</button>
      </div>
      <section>
        ${this.#form()}
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : ''}
        ${this.#work.show()}
        ${this.#list.show((list) => this.#content(list))}
      </section>`;
  }

  #form() {
    const address = this.#address;
    const dollarsIn = (value: string | undefined) =>
      // Another address than the form's: the server reports what is wrong with it.
      value === undefined ? '' : /^\d{1,15}$/.test(value) ? toText('micros', Number(value), 'usd') : value;
    return html`<form class="row" role="search" @submit=${this.#filter}>
      <label>Call ID<input type="search" name="id" maxlength="100" spellcheck="false" .value=${address.id ?? ''}></label>
      <label>Client<input type="search" name="tenant" list="clients" maxlength="40" placeholder="Handle" spellcheck="false"
        .value=${address.tenant ?? ''} @input=${() => this.#clients.load()}></label>
      <datalist id="clients">${(this.#clients.data ?? []).map(({ tenant, name }) => html`<option value=${tenant}>${name}</option>`)}</datalist>
      <label>From<input type="date" name="from" .value=${address.from ?? ''}></label>
      <label>To<input type="date" name="to" .value=${address.to ?? ''}></label>
      ${filterSelect(
        'type',
        'Type',
        callTypes.map((type) => [type, kindOf(type)]),
        address.type,
      )}
      ${filterSelect(
        'status',
        'State',
        callStates.map((state) => [state, ending(state)]),
        address.status,
      )}
      ${resultFilterFields(address, true)}
      <label>Cost from<input name="minCostMicros" inputmode="decimal" size="7" .value=${dollarsIn(address.minCostMicros)}></label>
      <label>Cost up to<input name="maxCostMicros" inputmode="decimal" size="7" .value=${dollarsIn(address.maxCostMicros)}></label>
      <button class="main">Search</button>
    </form>`;
  }

  #field(name: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value ?? '';
  }

  #filter = (event: Event) => {
    event.preventDefault();
    const { sort, order } = this.#address;
    const entered: Record<string, string | undefined> = {};
    for (const name of filters) {
      const value = this.#field(name).trim();
      if (value === '' || !name.endsWith('Micros')) entered[name] = value;
      else {
        const read = toValue('micros', value, 'usd');
        if ('problem' in read) {
          this.problem = `Cost: ${read.problem}`;
          return;
        }
        entered[name] = String(read.value);
      }
    }
    this.problem = '';
    location.hash = listHash('#/calls', { ...entered, sort, order });
  };

  #content(list: AllCallsAnswer) {
    return html`<p class="muted small" role="status" id="totals" tabindex="-1">${totalsText(list)}</p>
      ${
        list.calls.length === 0
          ? empty(
              'calls',
              'No calls match.',
              html`<a class="button" href="#/calls">Show the latest calls</a>`,
            )
          : this.#table(list)
      }
      ${pageLinks('#/calls', this.#address, list.nextCursor)}`;
  }

  #table({ calls }: AllCallsAnswer) {
    return table(
      'Calls of all clients',
      [
        this.#head('time', 'When', ''),
        'Client',
        ['Type', 'wide'],
        ['How it ended', 'wide'],
        ['Outcome', 'wide'],
        ['Success', 'wide'],
        ['Length', 'number wide'],
        this.#head('cost', 'Cost', 'number'),
      ],
      calls.map(
        (call) => html`<tr>
          <th scope="row"><a data-row href="#/tenants/${call.tenant}/calls/${encodeURIComponent(call.id)}">${moment(call.startedAt ?? call.createdAt, 'UTC')}</a></th>
          <td>${call.tenantName}</td>
          <td class="wide">${kindOf(call.type)}</td>
          <td class="wide">${endedAs(call)}</td>
          <td class="wide">${yesOrNo(call.outcome)}</td>
          <td class="wide">${yesOrNo(call.success)}</td>
          <td class="number wide">${call.seconds === null ? '–' : duration(call.seconds)}</td>
          <td class="number">${call.costMicros === null ? 'pending' : amount(call.costMicros, 'usd')}</td>
        </tr>`,
      ),
    );
  }

  #head(sort: CallSort, label: string, look: string): Head {
    return sortHead('#/calls', this.#address, sort, label, look);
  }

  #save = () => {
    const { sort: _sort, order: _order, cursor: _cursor, ...wanted } = this.#address;
    return this.#work.do(() => saveCsv(`billing/calls?${queryOf(wanted)}`, 'calls'));
  };
}
customElements.define('all-calls-view', AllCallsElement);

function totalsText({ totals, from, to }: AllCallsAnswer): string {
  const { calls, seconds, costMicros, callsWithoutCost, complete } = totals;
  const missing = callsWithoutCost > 0 ? `, ${count(callsWithoutCost)} without a known cost` : '';
  const figures = `${plural(calls, 'call')}, ${duration(seconds)}, cost ${dollars(costMicros)}${missing}`;
  const period = from.startsWith('1970') ? '' : ` From ${moment(from, 'UTC')} to ${moment(to, 'UTC')}.`;
  return `${complete ? figures : `The latest ${figures}; there are more, so narrow the filters for exact totals`}.${period} Times are in UTC.`;
}
