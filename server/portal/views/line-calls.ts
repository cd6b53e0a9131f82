/** The calls on one invoice line, each with its billed time and price. */
import { html } from 'lit';
import type { InvoiceCallView } from '../../contract.ts';
import { say } from '../language/words.ts';
import { get, type Page, saveCsv } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { showMore } from '../parts/show-more.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { count, duration, exactMoney } from '../pure/format.ts';

type Listing = Page<'calls', InvoiceCallView>;

export class LineCallsElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    currency: { attribute: false },
  };
  declare currency: string;

  constructor() {
    super();
    this.currency = 'usd';
  }

  /** `item` is the invoice and line: `inv_…/lines/1`. */
  #list = new Resource<Listing>(this, () => get(this.#path()));
  #work = new Work(this);

  protected override reload(): void {
    this.#work.clear();
    void this.#list.load(true);
  }

  #path(): string {
    return pathOf(this.scope, `/invoices/${this.item}/calls`);
  }

  protected override render() {
    return html`<section aria-live="polite">
      <div class="row">
        <h2>${say('callsOnLine', { line: this.item.split('/').at(-1) ?? '' })}</h2>
        ${this.scope.access.exports ? html`<button @click=${this.#save}>${say('downloadCsv')}</button>` : ''}
      </div>
      ${this.#work.show()}
      ${this.#list.show((list) => this.#table(list))}
    </section>`;
  }

  #table({ calls, nextCursor }: Listing) {
    const { scope, currency } = this;
    const maySee = scope.permissions.includes('calls.read');
    return html`${table(
      say('callsOnThisLine'),
      [
        say('call'),
        [say('length'), 'number wide'],
        [say('billedTime'), 'number'],
        [say('price'), 'number'],
        scope.isOperator && ['Cost', 'number wide'],
      ],
      calls.map(
        (call) => html`<tr>
          <th scope="row">${maySee ? html`<a href="${scope.base}/calls/${encodeURIComponent(call.callId)}">${call.callId.slice(0, 8)}…</a>` : `${call.callId.slice(0, 8)}…`}${call.correction > 0 ? ` ${say('corrected')}` : ''}</th>
          <td class="number wide">${call.seconds === null ? '–' : duration(call.seconds)}</td>
          <td class="number">${duration(call.billedSeconds)}</td>
          <td class="number">${exactMoney(call.priceMicros, currency)}</td>
          ${scope.isOperator ? html`<td class="number wide">${call.costMicros == null ? '–' : exactMoney(call.costMicros, 'usd')}</td>` : ''}
        </tr>`,
      ),
    )}
      ${nextCursor ? html`<p>${showMore(this.#list, 'calls', this.#path(), this.#work)} <span class="muted small">${say('shown', { n: count(calls.length) })}</span></p>` : ''}`;
  }

  #save = () =>
    this.#work.do(() => saveCsv(`${this.#path()}?limit=1000`, `calls-${this.item.replace(/\W+/g, '-')}`));
}
customElements.define('line-calls', LineCallsElement);
