/** The calls on one invoice line, each with its billed time and price. */
import { html } from 'lit';
import type { InvoiceCallView } from '../../contract.ts';
import { get, saveCsv } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { Work } from '../parts/work.ts';
import { count, duration, exactMoney } from '../pure/format.ts';

interface Listing {
  calls: InvoiceCallView[];
  nextCursor: string | null;
}

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
        <h2>Calls on line ${this.item.split('/').at(-1)}</h2>
        <button @click=${this.#save}>Download CSV</button>
      </div>
      ${this.#work.show()}
      ${this.#list.show((list) => this.#table(list))}
    </section>`;
  }

  #table({ calls, nextCursor }: Listing) {
    const { scope, currency } = this;
    return html`<div class="scroll">
        <table>
          <caption class="unseen">Calls on this line</caption>
          <thead>
            <tr>
              <th scope="col">Call</th>
              <th scope="col" class="number wide">Length</th>
              <th scope="col" class="number">Billed time</th>
              <th scope="col" class="number">Price</th>
              ${scope.isOperator ? html`<th scope="col" class="number wide">Cost</th>` : ''}
            </tr>
          </thead>
          <tbody>
            ${calls.map(
              (call) => html`<tr>
                <th scope="row"><a href="${scope.base}/calls/${encodeURIComponent(call.callId)}">${call.callId.slice(0, 8)}…</a>${call.correction > 0 ? ' (corrected)' : ''}</th>
                <td class="number wide">${call.seconds === null ? '–' : duration(call.seconds)}</td>
                <td class="number">${duration(call.billedSeconds)}</td>
                <td class="number">${exactMoney(call.priceMicros, currency)}</td>
                ${scope.isOperator ? html`<td class="number wide">${call.costMicros == null ? '–' : exactMoney(call.costMicros, 'usd')}</td>` : ''}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${nextCursor ? html`<p><button @click=${() => this.#more(nextCursor)}>Show more</button> <span class="muted small">${count(calls.length)} shown</span></p>` : ''}`;
  }

  #more(cursor: string): Promise<boolean> {
    return this.#work.do(async () => {
      const shown = this.#list.data;
      const next = await get<Listing>(`${this.#path()}?cursor=${encodeURIComponent(cursor)}`);
      if (!shown || shown !== this.#list.data) return;
      this.#list.data = { ...next, calls: [...shown.calls, ...next.calls] };
    });
  }

  #save = () =>
    this.#work.do(() => saveCsv(`${this.#path()}?limit=1000`, `calls-${this.item.replace(/\W+/g, '-')}`));
}
customElements.define('line-calls', LineCallsElement);
