/** A tenant's invoices and credit notes, newest first; the operator also drafts them here. */
import { html } from 'lit';
import type { InvoiceSummary, InvoiceView } from '../contract.ts';
import { get, post, Refusal } from './api.ts';
import { dayOf, money, monthName } from './format.ts';
import { Resource } from './resource.ts';
import { pathOf, titleOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';
import { monthIn, monthPlus } from './zone.ts';

interface Listing {
  invoices: InvoiceSummary[];
  nextCursor: string | null;
}

export class InvoicesElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    problem: { state: true },
    isBusy: { state: true },
  };
  declare problem: string | null;
  declare isBusy: boolean;

  constructor() {
    super();
    this.problem = null;
    this.isBusy = false;
  }

  #list = new Resource<Listing>(this, () => get(pathOf(this.scope, '/invoices')));

  protected override reload(): void {
    this.problem = null;
    void this.#list.load(true);
  }

  protected override render() {
    const { scope, problem } = this;
    return html`<h1>${titleOf(scope, 'Invoices')}</h1>
      ${scope.isOperator && scope.mayWrite ? this.#drafting() : ''}
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
      ${this.#list.show((list) => this.#table(list))}`;
  }

  #drafting() {
    const { scope } = this;
    const now = monthIn(scope.timeZone, scope.now);
    const months = Array.from({ length: 12 }, (_, back) => monthPlus(now, -back - 1));
    return html`<section>
      <form class="row" @submit=${this.#draft}>
        <label>
          Month
          <select name="month">${months.map((month) => html`<option value=${month}>${monthName(month)}</option>`)}</select>
        </label>
        <button ?disabled=${this.isBusy}>Make the draft</button>
      </form>
      <p class="muted small">A draft can be made as often as you like; your client does not see it.</p>
    </section>`;
  }

  #table({ invoices, nextCursor }: Listing) {
    const { scope } = this;
    if (invoices.length === 0) return html`<section><p>There are no invoices yet.</p></section>`;
    return html`<section>
      <div class="scroll">
        <table>
          <caption class="unseen">Invoices</caption>
          <thead>
            <tr>
              <th scope="col">Number</th>
              <th scope="col">Month</th>
              <th scope="col">State</th>
              <th scope="col" class="wide">Due</th>
              <th scope="col" class="number">Total</th>
            </tr>
          </thead>
          <tbody>
            ${invoices.map(
              (invoice) => html`<tr>
                <th scope="row"><a href="${scope.base}/invoices/${invoice.id}">${invoice.number ?? 'Draft'}</a></th>
                <td>${monthName(invoice.month)}</td>
                <td>${statusBadge(invoice.status)}</td>
                <td class="wide">${invoice.dueAt && invoice.dueCents > 0 ? dayOf(invoice.dueAt, scope.timeZone) : '–'}</td>
                <td class="number">${money(invoice.totalCents, invoice.currency)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${nextCursor ? html`<p><button @click=${() => this.#more(nextCursor)} ?disabled=${this.isBusy}>Show more</button></p>` : ''}
    </section>`;
  }

  #draft = (event: SubmitEvent) => {
    event.preventDefault();
    const period = String(new FormData(event.target as HTMLFormElement).get('month'));
    return this.#do(async () => {
      const { id } = await post<InvoiceView>(pathOf(this.scope, '/invoices'), { period });
      location.hash = `${this.scope.base}/invoices/${id}`;
    });
  };

  #more(cursor: string): Promise<void> {
    return this.#do(async () => {
      const shown = this.#list.data;
      const next = await get<Listing>(pathOf(this.scope, `/invoices?cursor=${encodeURIComponent(cursor)}`));
      if (shown && shown === this.#list.data) {
        this.#list.data = { ...next, invoices: [...shown.invoices, ...next.invoices] };
      }
    });
  }

  async #do(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      this.problem = error instanceof Refusal ? error.message : 'That did not work.';
    }
    this.isBusy = false;
  }
}
customElements.define('invoices-view', InvoicesElement);

export function statusBadge(status: InvoiceSummary['status']) {
  const looks: Record<InvoiceSummary['status'], string> = {
    draft: 'muted',
    finalized: '',
    pushed: '',
    paid: 'good',
    overdue: 'bad',
    void: 'muted',
  };
  const names: Record<InvoiceSummary['status'], string> = {
    draft: 'draft',
    finalized: 'issued',
    pushed: 'sent',
    paid: 'paid',
    overdue: 'overdue',
    void: 'void',
  };
  return html`<span class="badge ${looks[status]}">${names[status]}</span>`;
}
