/** A client's wallet: its limits, and a form to fill or correct it. What has moved it is listed with the invoices. */
import { html } from 'lit';
import { minorDigits } from '../../base/currency.ts';
import type { BookedWalletEntry, BookWalletEntry, PreviewAnswer, WalletView } from '../../contract.ts';
import { get, post, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { Reference } from '../parts/reference.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { money, shortMoney } from '../pure/format.ts';
import { choice, field, flag } from './fields.ts';
import { Form } from './form.ts';

interface Limits {
  on: boolean;
  creditLineCents?: number;
  first?: number;
  second?: number;
}

interface Booking {
  kind: 'top-up' | 'grant' | 'refund' | 'raise' | 'lower';
  amountCents: number;
  note?: string;
  reference?: string;
  day?: string;
}

const kinds = [
  ['top-up', 'Top-up, paid by the client'],
  ['grant', 'Credit that expires'],
  ['refund', 'Refund, paid back to the client'],
  ['raise', 'Correction: more'],
  ['lower', 'Correction: less'],
] as const;

export class WalletSectionElement extends ScopedElement {
  static override styles = [shared, formStyle];

  #wallet = new Resource<WalletView & { currency: string }>(this, () => this.#load());
  #reference = new Reference();
  #limits = new Form(this, {
    currency: () => this.#currency(),
    send: (body) => this.#save(body as Limits),
  });
  #booking = new Form(this, {
    currency: () => this.#currency(),
    done: 'Booked.',
    send: (body) => this.#book(body as Booking),
  });

  protected override reload(): void {
    this.#limits.reset();
    this.#booking.reset();
    void this.#wallet.load(true);
  }

  async #load(): Promise<WalletView & { currency: string }> {
    const wallet = await get<WalletView>(this.#path());
    // Before there is a wallet, the plan has the currency.
    const currency = wallet.currency ?? (await get<PreviewAnswer>(pathOf(this.scope, '/preview'))).currency;
    return { ...wallet, currency };
  }

  #path = () => pathOf(this.scope, '/wallet');
  #currency = () => this.#wallet.data?.currency ?? 'usd';
  #cents = (micros: number) => Math.round(micros / 10 ** (6 - minorDigits(this.#currency())));

  protected override render() {
    return html`<section>
      <h2>Wallet</h2>
      <p class="muted small">Paid before it is spent: calls start only while the balance covers them.</p>
      ${this.#wallet.show((wallet) => this.#content(wallet))}
    </section>`;
  }

  #content(wallet: WalletView & { currency: string }) {
    const { currency, balanceMicros, heldMicros, spendableMicros, lowMarksMicros } = wallet;
    const mayWrite = this.scope.permissions.includes('billing.manage');
    const { errors } = this.#limits;
    const unit = currency.toUpperCase();
    const [first, second] = lowMarksMicros.map(this.#cents);
    const mark = (name: string, label: string, value: number | undefined) =>
      field(errors, { name, label: `${label} in ${unit}`, as: 'cents', currency, value });
    const limits = html`<p>${flag('on', 'Calls need a balance', wallet.on)}</p>
      <div class="fields">
        ${field(errors, { name: 'creditLineCents', label: `Credit line in ${unit}`, as: 'cents', currency, value: this.#cents(wallet.creditLineMicros), hint: 'How far below zero calls may bring the balance.' })}
        ${mark('first', 'Notice at a balance of', first)} ${mark('second', 'And again at', second)}
      </div>`;
    return html`${
      wallet.on || balanceMicros !== 0
        ? html`<p>Balance ${shortMoney(balanceMicros, currency)}. Reserved for calls ${shortMoney(heldMicros, currency)};
            ${shortMoney(Math.max(0, spendableMicros), currency)} can be spent.
            <a href="${this.scope.base}/invoices">What has moved it</a></p>`
        : ''
    }
      ${this.#limits.show(limits, 'Save', mayWrite)}
      ${mayWrite && wallet.on ? this.#filling(currency) : ''}`;
  }

  #filling(currency: string) {
    const { errors } = this.#booking;
    const fields = html`<div class="fields">
      ${choice(errors, { name: 'kind', label: 'Type', value: 'top-up', choices: kinds })}
      ${field(errors, { name: 'amountCents', label: `Amount in ${currency.toUpperCase()}`, as: 'cents', currency, value: null, required: true })}
      ${field(errors, { name: 'note', label: 'Note', value: '', hint: 'Required for a refund or correction.' })}
      ${field(errors, { name: 'day', label: 'Expires on', type: 'date', value: '', hint: 'Of credit that expires: as that day begins in UTC.' })}
      ${field(errors, { name: 'reference', label: 'Payment reference', value: '', hint: 'A second payment with the same reference is not booked.' })}
    </div>`;
    return html`<h3>Add credit</h3> ${this.#booking.show(fields, 'Book', true)}`;
  }

  async #save({ on, creditLineCents = 0, first, second }: Limits): Promise<void> {
    // A third one, set through the API, stays.
    const others = (this.#wallet.data?.lowMarksMicros ?? []).slice(2).map(this.#cents);
    const lowMarksCents = [...new Set([first, second, ...others])].filter((mark) => mark !== undefined);
    await send('PUT', this.#path(), { on, creditLineCents, lowMarksCents });
    await this.#wallet.load();
  }

  async #book({ kind, amountCents, note, reference, day }: Booking): Promise<boolean> {
    const currency = this.#currency();
    const { name } = this.scope;
    const isLess = kind === 'refund' || kind === 'lower';
    const question = {
      title: `${isLess ? 'Take' : 'Add'} ${money(amountCents, currency)} ${isLess ? 'from' : 'to'} the wallet?`,
      text: `${name}’s calls can use ${isLess ? 'that much less' : 'it'} at once. An entry stays: a mistake is corrected by another.`,
    };
    if (!(await confirm({ ...question, action: 'Book' }))) return false;
    const body = {
      kind: kind === 'raise' || kind === 'lower' ? 'adjustment' : kind,
      amountCents: kind === 'lower' ? -amountCents : amountCents,
      currency,
      ...(note ? { note } : {}),
      ...(day ? { expiresAt: `${day}T00:00:00Z` } : {}),
    } satisfies Omit<BookWalletEntry, 'reference' | 'note'>;
    await this.#reference.use((own) =>
      post<BookedWalletEntry>(`${this.#path()}/entries`, { ...body, reference: reference || own }),
    );
    await this.#wallet.load();
    return true;
  }
}
customElements.define('wallet-section', WalletSectionElement);
