/** A client's wallet, above its invoices: the balance, and what has moved it. Nothing for a client without one. */
import { html } from 'lit';
import type { WalletEntryView, WalletView } from '../../contract.ts';
import { get, type Page } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { showMore } from '../parts/show-more.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { dayOf, moment, shortMoney } from '../pure/format.ts';

type Entries = Page<'entries', WalletEntryView>;

const names: Record<WalletEntryView['kind'], string> = {
  'top-up': 'Top-up',
  grant: 'Credit that expires',
  refund: 'Refund',
  adjustment: 'Correction',
  charge: 'Call',
  settled: 'Calls, now on the invoice',
  invoice: 'Invoice',
  expired: 'Expired',
};

export class WalletElement extends ScopedElement {
  #wallet = new Resource<WalletView>(this, () => get(pathOf(this.scope, '/wallet')));
  #entries = new Resource<Entries>(this, () => get(this.#path()));
  #work = new Work(this);

  #path = () => pathOf(this.scope, '/wallet/entries?limit=20');

  protected override reload(): void {
    this.#work.clear();
    void this.#wallet.load(true);
    void this.#entries.load(true);
  }

  protected override render() {
    const { data } = this.#wallet;
    if (!data || data.currency === null || (!data.on && this.#entries.data?.entries.length === 0)) return '';
    const { currency, balanceMicros, heldMicros, creditLineMicros, grants } = data;
    const amount = (micros: number) => shortMoney(micros, currency);
    const { timeZone } = this.scope;
    return html`<section>
      <h2>Wallet</h2>
      <p>Balance ${amount(balanceMicros)}.
        ${heldMicros > 0 ? html`${amount(heldMicros)} is reserved for calls in progress.` : ''}
        ${creditLineMicros > 0 ? html`Calls may bring it to ${amount(-creditLineMicros)}.` : ''}</p>
      ${grants.map(({ leftMicros, expiresAt }) => html`<p class="muted small">${amount(leftMicros)} of it expires on ${dayOf(expiresAt, timeZone)}.</p>`)}
      ${this.#work.show()}
      ${this.#entries.show((list) => (list.entries.length > 0 ? this.#table(list, amount) : html`<p>Nothing has moved it yet.</p>`))}
    </section>`;
  }

  #table({ entries, nextCursor }: Entries, amount: (micros: number) => string) {
    const { timeZone } = this.scope;
    return html`${table(
      'Wallet',
      ['Date', 'Type', ['Note', 'wide'], ['Amount', 'number'], ['Balance', 'number wide']],
      entries.map(
        (entry) => html`<tr>
          <th scope="row" class="nowrap">${moment(entry.at, timeZone)}</th>
          <td>${this.#name(entry)}</td>
          <td class="wide">${entry.note}</td>
          <td class="number">${amount(entry.amountMicros)}</td>
          <td class="number wide">${amount(entry.balanceMicros)}</td>
        </tr>`,
      ),
    )}
    ${nextCursor ? html`<p>${showMore(this.#entries, 'entries', this.#path(), this.#work)}</p>` : ''}`;
  }

  #name({ kind, callId, invoiceId }: WalletEntryView) {
    const { base, permissions } = this.scope;
    if (callId && permissions.includes('calls.read'))
      return html`<a href="${base}/calls/${callId}">${names[kind]}</a>`;
    return invoiceId ? html`<a href="${base}/invoices/${invoiceId}">${names[kind]}</a>` : names[kind];
  }
}
customElements.define('wallet-view', WalletElement);
