/** A tenant's invoices and credit notes, newest first; the operator also creates drafts here. */
import { html } from 'lit';
import type { InvoiceState, InvoiceSummary, InvoiceView } from '../../contract.ts';
import type { WordKey } from '../language/en.ts';
import { say } from '../language/words.ts';
import { get, type Page, post } from '../parts/api.ts';
import { lazily } from '../parts/lazy.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { showMore } from '../parts/show-more.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { dayOf, money, monthName } from '../pure/format.ts';
import { monthIn, monthPlus } from '../pure/zone.ts';

export class InvoicesElement extends ScopedElement {
  #list = new Resource<Page<'invoices', InvoiceSummary>>(this, () => get(this.#path()));
  #work = new Work(this);

  protected override reload(): void {
    this.#work.clear();
    lazily(() => import('./wallet-view.ts'));
    void this.#list.load(true);
  }

  protected override render() {
    const { scope } = this;
    return html`<h1>${titleOf(scope, say(scope.isOperator ? 'invoices' : 'billing'))}</h1>
      ${scope.permissions.includes('billing.manage') ? this.#drafting() : ''}
      <wallet-view .scope=${scope}></wallet-view>
      ${this.#work.show()}
      ${this.#list.show((list) => this.#table(list))}`;
  }

  #path(): string {
    return pathOf(this.scope, '/invoices');
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
        <button aria-disabled=${this.#work.isBusy}>Create draft</button>
      </form>
      <p class="muted small">You can recreate a draft as often as you like; your client does not see it.</p>
    </section>`;
  }

  #table({ invoices, nextCursor }: Page<'invoices', InvoiceSummary>) {
    const { scope } = this;
    if (invoices.length === 0) return html`<section><p>${say('noInvoices')}</p></section>`;
    return html`<section>
      ${table(
        say('invoices'),
        [say('number'), say('month'), say('state'), [say('due'), 'wide'], [say('total'), 'number']],
        invoices.map(
          (invoice) => html`<tr>
            <th scope="row" class="nowrap"><a href="${scope.base}/invoices/${invoice.id}">${invoice.number ?? 'Draft'}</a></th>
            <td>${monthName(invoice.month)}</td>
            <td>${stateBadge(invoice.state)}</td>
            <td class="wide">${invoice.dueAt && invoice.leftToPayCents > 0 ? dayOf(invoice.dueAt, scope.timeZone) : '–'}</td>
            <td class="number">${money(invoice.totalCents, invoice.currency)}${leftToPay(invoice)}</td>
          </tr>`,
        ),
      )}
      ${nextCursor ? html`<p>${showMore(this.#list, 'invoices', this.#path(), this.#work)}</p>` : ''}
    </section>`;
  }

  #draft = (event: SubmitEvent) => {
    event.preventDefault();
    const period = String(new FormData(event.target as HTMLFormElement).get('month'));
    return this.#work.do(async () => {
      const { id } = await post<InvoiceView>(this.#path(), { period });
      location.hash = `${this.scope.base}/invoices/${id}`;
    });
  };
}
customElements.define('invoices-view', InvoicesElement);

/** In the order an invoice goes through them. */
const stateWords: Record<InvoiceState, WordKey> = {
  draft: 'stateDraft',
  finalized: 'stateIssued',
  pushed: 'stateSent',
  overdue: 'stateOverdue',
  paid: 'statePaid',
  credited: 'stateCredited',
  void: 'stateVoid',
};
export const invoiceStates = Object.keys(stateWords) as InvoiceState[];
export const stateName = (state: InvoiceState): string => say(stateWords[state]);
const looks: Record<InvoiceState, string> = {
  draft: 'muted',
  finalized: '',
  pushed: '',
  overdue: 'bad',
  paid: 'good',
  credited: 'muted',
  void: 'muted',
};

export function stateBadge(state: InvoiceState) {
  return html`<span class="badge ${looks[state]}">${stateName(state)}</span>`;
}

/** Shown below the total when credit notes have reduced it. */
export function leftToPay({ state, dueCents, leftToPayCents, currency }: InvoiceSummary) {
  const isOpen = state === 'finalized' || state === 'pushed' || state === 'overdue';
  if (state !== 'credited' && (!isOpen || dueCents < 0 || leftToPayCents === dueCents)) return '';
  return html`<div class="muted small nowrap">${say('leftDue', { amount: money(leftToPayCents, currency) })}</div>`;
}
