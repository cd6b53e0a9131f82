/** The calls of a month with their prices, newest first, page by page; month and filters are in the address. */
import { css, html, type PropertyValues } from 'lit';
import type { CallsAnswer, CallView } from '../../contract.ts';
import { say, sayCount } from '../language/words.ts';
import { get, saveCsv } from '../parts/api.ts';
import { empty } from '../parts/empty.ts';
import { Resource } from '../parts/resource.ts';
import { enteredIn, filterSelect, resultFilterFields, resultFilterNames } from '../parts/result-filters.ts';
import { pathOf, pricesCurrency, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { showMore } from '../parts/show-more.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import {
  callTypes,
  duration,
  endedWord,
  ending,
  exactMoney,
  kindOf,
  moment,
  monthName,
  shortMoney,
} from '../pure/format.ts';
import { type ListAddress, listHash, queryOf, readList } from '../pure/list-address.ts';
import { monthIn, monthPlus, startOfDay } from '../pure/zone.ts';

/** `currency` is null for a reader that is shown no prices. */
type Listing = CallsAnswer & { currency: string | null };

const names = ['month', 'type', ...resultFilterNames] as const;

export class CallsElement extends ScopedElement {
  static override styles = [
    ...ScopedElement.styles,
    css`
      @media (max-width: 44rem) {
        form.row { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); }
        form.row input, form.row select { width: 100%; }
        form.row > button { grid-column: 1 / -1; }
      }
    `,
  ];
  static override properties = { ...ScopedElement.properties, query: { attribute: false } };
  /** The part of the address behind the question mark. */
  declare query: string;

  constructor() {
    super();
    this.query = '';
  }

  #list = new Resource<Listing>(this, async () => {
    const [answer, currency] = await Promise.all([
      get<CallsAnswer>(this.#path()),
      pricesCurrency(this.scope),
    ]);
    return { ...answer, currency };
  });
  #work = new Work(this);

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    // The old rows stay until the new ones are there, so that nothing jumps.
    if (typeof changed.get('query') === 'string' && this.#list.data) void this.#list.load();
  }

  protected override reload(): void {
    this.#work.clear();
    void this.#list.load(true);
  }

  get #address(): ListAddress<(typeof names)[number]> {
    return readList(this.query, names);
  }

  get #month(): string {
    const { month } = this.#address;
    const now = monthIn(this.scope.timeZone, this.scope.now);
    return month && /^\d{4}-(0[1-9]|1[0-2])$/.test(month) ? month : now;
  }

  #query(): string {
    const { month: _month, ...filters } = this.#address;
    const edge = (of: string) => startOfDay(`${of}-01`, this.scope.timeZone);
    const month = this.#month;
    return queryOf({ from: edge(month), to: edge(monthPlus(month, 1)), ...filters });
  }

  #path(): string {
    return pathOf(
      this.scope,
      `/calls?${this.#query()}${this.scope.access.callPrices ? '&prices=yes' : ''}&limit=50`,
    );
  }

  protected override render() {
    const { scope } = this;
    return html`<h1>${titleOf(scope, say(scope.isOperator ? 'calls' : 'conversations'))}</h1>
      <section>
        ${this.#form()}
        <p class="muted small">${say('timeZone', { zone: scope.timeZone })}</p>
        ${this.#work.show()}
        ${this.#list.show((list) => this.#table(list))}
      </section>`;
  }

  #form() {
    const { scope } = this;
    const address = this.#address;
    const month = this.#month;
    const now = monthIn(scope.timeZone, scope.now);
    const recent = Array.from({ length: 13 }, (_, back) => monthPlus(now, -back));
    const months = recent.includes(month) ? recent : [...recent, month];
    return html`<form class="row" role="search" @submit=${this.#filter} @change=${this.#filter}>
      <label>
        ${say('month')}
        <select name="month">
          ${months.map((one) => html`<option value=${one} .selected=${one === month}>${monthName(one)}</option>`)}
        </select>
      </label>
      ${filterSelect(
        'type',
        say('type'),
        callTypes.map((type) => [type, kindOf(type)]),
        address.type,
      )}
      ${resultFilterFields(address, scope.access.results)}
      ${scope.access.exports ? html`<button type="button" @click=${this.#save} aria-disabled=${this.#work.isBusy}>${say('downloadCsv')}</button>` : ''}
    </form>`;
  }

  #filter = (event: Event) => {
    event.preventDefault();
    location.hash = listHash(`${this.scope.base}/calls`, enteredIn(this.renderRoot, names));
  };

  #table({ calls, nextCursor, currency }: Listing) {
    const { scope } = this;
    const month = monthName(this.#month);
    if (calls.length === 0)
      return Object.keys(this.#address).some((name) => name !== 'month')
        ? empty(
            'calls',
            say('noCallsMatch', { month }),
            html`<a class="button" href="${scope.base}/calls?month=${this.#month}">${say('showMonth')}</a>`,
          )
        : empty('calls', say('noCalls', { month }));
    return html`${table(
      say('callsIn', { month }),
      [
        say('when'),
        [say('type'), 'wide'],
        [say('howEnded'), 'wide'],
        scope.access.results && [say('outcome'), 'wide'],
        scope.access.results && [say('success'), 'wide'],
        [say('length'), 'number'],
        currency !== null && [say('price'), 'number'],
        scope.isOperator && ['Cost', 'number wide'],
      ],
      calls.map(
        (call) => html`<tr>
          <th scope="row"><a data-row href="${scope.base}/calls/${encodeURIComponent(call.id)}">${moment(call.startedAt ?? call.createdAt, scope.timeZone)}</a></th>
          <td class="wide">${kindOf(call.type)}</td>
          <td class="wide">${endedAs(call)}</td>
          ${scope.access.results ? html`<td class="wide">${yesOrNo(call.outcome)}</td><td class="wide">${yesOrNo(call.success)}</td>` : ''}
          <td class="number">${call.seconds === null ? '–' : duration(call.seconds)}</td>
          ${currency === null ? '' : html`<td class="number">${priceOf(call, currency)}</td>`}
          ${scope.isOperator ? html`<td class="number wide">${costOf(call)}</td>` : ''}
        </tr>`,
      ),
    )}
      <p class="row">
        <span class="muted small" role="status">${sayCount(nextCursor ? 'callsShown' : 'allCallsShown', calls.length)}</span>
        ${nextCursor ? showMore(this.#list, 'calls', this.#path(), this.#work) : ''}
      </p>`;
  }

  #save = () =>
    this.#work.do(() =>
      saveCsv(pathOf(this.scope, `/calls?${this.#query()}`), `calls-${this.scope.slug}-${this.#month}`),
    );
}
customElements.define('calls-view', CallsElement);

/** Two or three decimals; all of them when pointed at. A call within the plan's minutes has no price of its own. */
function priceOf({ priceMicros = null }: CallView, currency: string) {
  if (priceMicros === null) return say('pending');
  return priceMicros === 0 ? say('included') : amount(priceMicros, currency);
}

/** Its class, unless it ended as usual, and the reason that Vapi gave when it is pointed at. */
export function endedAs({ endedClass, endedReason, status }: CallView) {
  const reason = ending(endedReason ?? status);
  if (endedClass === null || endedClass === 'talked') return reason;
  return html`<span title=${reason}>${endedWord(endedClass)}</span>`;
}

export function yesOrNo(value: boolean | null | undefined): string {
  return value === true ? say('yes') : value === false ? say('no') : '–';
}

function costOf({ costMicros }: CallView) {
  return costMicros === null ? 'pending' : amount(costMicros, 'usd');
}

export function amount(micros: number, currency: string) {
  return html`<span title=${exactMoney(micros, currency)}>${shortMoney(micros, currency)}</span>`;
}
