/** The calls of a month with their prices, newest first, page by page. */
import { html } from 'lit';
import type { CallsAnswer, CallView } from '../../contract.ts';
import { say, sayCount } from '../language/words.ts';
import { get, saveCsv } from '../parts/api.ts';
import { empty } from '../parts/empty.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, pricesCurrency, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { showMore } from '../parts/show-more.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { duration, ending, exactMoney, kindOf, moment, monthName, shortMoney } from '../pure/format.ts';
import { monthIn, monthPlus, startOfDay } from '../pure/zone.ts';

/** `currency` is null for a reader that is shown no prices. */
type Listing = CallsAnswer & { currency: string | null };

export class CallsElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    month: { state: true },
  };
  declare month: string;

  constructor() {
    super();
    this.month = '';
  }

  #list = new Resource<Listing>(this, async () => {
    const [answer, currency] = await Promise.all([
      get<CallsAnswer>(this.#path()),
      pricesCurrency(this.scope),
    ]);
    return { ...answer, currency };
  });
  #work = new Work(this);

  protected override reload(): void {
    this.month = monthIn(this.scope.timeZone, this.scope.now);
    this.#work.clear();
    void this.#list.load(true);
  }

  #query(): string {
    const { month, scope } = this;
    const edge = (of: string) => encodeURIComponent(startOfDay(`${of}-01`, scope.timeZone));
    return `from=${edge(month)}&to=${edge(monthPlus(month, 1))}`;
  }

  #path(): string {
    return pathOf(
      this.scope,
      `/calls?${this.#query()}${this.scope.access.callPrices ? '&prices=yes' : ''}&limit=50`,
    );
  }

  protected override render() {
    const { scope, month } = this;
    const now = monthIn(scope.timeZone, scope.now);
    const months = Array.from({ length: 13 }, (_, back) => monthPlus(now, -back));
    return html`<h1>${titleOf(scope, say(scope.isOperator ? 'calls' : 'conversations'))}</h1>
      <section>
        <div class="row">
          <label>
            ${say('month')}
            <select @change=${this.#choose}>
              ${months.map((one) => html`<option value=${one} ?selected=${one === month}>${monthName(one)}</option>`)}
            </select>
          </label>
          ${scope.access.exports ? html`<button @click=${this.#save} aria-disabled=${this.#work.isBusy}>${say('downloadCsv')}</button>` : ''}
        </div>
        <p class="muted small">${say('timeZone', { zone: scope.timeZone })}</p>
        ${this.#work.show()}
        ${this.#list.show((list) => this.#table(list))}
      </section>`;
  }

  #table({ calls, nextCursor, currency }: Listing) {
    if (calls.length === 0) return empty('calls', say('noCalls', { month: monthName(this.month) }));
    const { scope } = this;
    return html`${table(
      say('callsIn', { month: monthName(this.month) }),
      [
        say('when'),
        [say('type'), 'wide'],
        [say('howEnded'), 'wide'],
        [say('length'), 'number'],
        currency !== null && [say('price'), 'number'],
        scope.isOperator && ['Cost', 'number wide'],
      ],
      calls.map(
        (call) => html`<tr>
          <th scope="row"><a data-row href="${scope.base}/calls/${encodeURIComponent(call.id)}">${moment(call.startedAt ?? call.createdAt, scope.timeZone)}</a></th>
          <td class="wide">${kindOf(call.type)}</td>
          <td class="wide">${ending(call.endedReason ?? call.status)}</td>
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

  #choose = (event: Event) => {
    this.month = (event.target as HTMLSelectElement).value;
    void this.#list.load(true);
  };

  #save = () =>
    this.#work.do(() =>
      saveCsv(pathOf(this.scope, `/calls?${this.#query()}`), `calls-${this.scope.slug}-${this.month}`),
    );
}
customElements.define('calls-view', CallsElement);

/** Two or three decimals; all of them when pointed at. A call within the plan's minutes has no price of its own. */
function priceOf({ priceMicros = null }: CallView, currency: string) {
  if (priceMicros === null) return say('pending');
  return priceMicros === 0 ? say('included') : amount(priceMicros, currency);
}

function costOf({ costMicros }: CallView) {
  return costMicros === null ? 'pending' : amount(costMicros, 'usd');
}

export function amount(micros: number, currency: string) {
  return html`<span title=${exactMoney(micros, currency)}>${shortMoney(micros, currency)}</span>`;
}
