/** A client's prepaid credit: balance, entries, and a form to book or reverse credit. */
import { html } from 'lit';
import type { CreditsAnswer } from '../../contract.ts';
import { get, post } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { Reference } from '../parts/reference.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { dayOf, money } from '../pure/format.ts';
import { choice, field } from './fields.ts';
import { Form } from './form.ts';

interface Booking {
  direction: 'paid' | 'mistaken';
  amountCents: number;
  note?: string;
  reference?: string;
}

const kinds: Record<string, string> = {
  'top-up': 'Top-up',
  correction: 'Reversal',
  used: 'Used',
  returned: 'Returned',
};
const directions = [
  ['paid', 'Paid by the client'],
  ['mistaken', 'Reversal'],
] as const;

export class CreditSectionElement extends ScopedElement {
  static override styles = [shared, formStyle];

  #credits = new Resource<CreditsAnswer>(this, () => get(this.#path()));
  #reference = new Reference();
  #form = new Form(this, {
    currency: () => this.#credits.data?.currency ?? 'usd',
    done: 'Booked.',
    send: (body) => this.#send(body as Booking),
  });

  protected override reload(): void {
    this.#form.reset();
    void this.#credits.load(true);
  }

  #path(): string {
    return pathOf(this.scope, '/credits');
  }

  protected override render() {
    return html`<section>
      <h2>Prepaid credit</h2>
      ${this.#credits.show((credits) => this.#content(credits))}
    </section>`;
  }

  #content({ currency, balanceCents, entries }: CreditsAnswer) {
    const { errors } = this.#form;
    const fields = html`<div class="fields">
      ${choice(errors, { name: 'direction', label: 'Type', value: 'paid', choices: directions })}
      ${field(errors, { name: 'amountCents', label: `Amount in ${currency.toUpperCase()}`, as: 'cents', currency, value: null, required: true })}
      ${field(errors, { name: 'note', label: 'Note', value: '', hint: 'Required for a reversal.' })}
      ${field(errors, { name: 'reference', label: 'Payment reference', value: '', hint: 'A second payment with the same reference is not booked.' })}
    </div>`;
    return html`<p>Balance ${money(balanceCents, currency)}. Credit is applied to invoices before anything is due.</p>
      ${entries.length > 0 ? this.#table(entries, currency) : ''}
      ${this.scope.permissions.includes('billing.manage') ? html`<h3>Book credit</h3> ${this.#form.show(fields, 'Book', true)}` : ''}`;
  }

  #table(entries: CreditsAnswer['entries'], currency: string) {
    const { timeZone, base } = this.scope;
    return table(
      'Prepaid credit',
      ['Date', 'Type', ['Note', 'wide'], ['Amount', 'number']],
      entries.map(
        ({ at, kind, note, invoiceId, amountCents }) => html`<tr>
          <th scope="row">${dayOf(at, timeZone)}</th>
          <td>${invoiceId ? html`<a href="${base}/invoices/${invoiceId}">${kinds[kind] ?? kind}</a>` : (kinds[kind] ?? kind)}</td>
          <td class="wide">${note}</td>
          <td class="number">${money(amountCents, currency)}</td>
        </tr>`,
      ),
    );
  }

  async #send({ direction, amountCents, ...more }: Booking): Promise<boolean> {
    const amount = money(amountCents, this.#credits.data?.currency ?? 'usd');
    const { name } = this.scope;
    const question =
      direction === 'paid'
        ? {
            title: `Book ${amount} of credit?`,
            text: `${name} has paid you this amount; it is applied to its next invoices.`,
          }
        : {
            title: `Reverse ${amount} of credit?`,
            text: `It was never paid and is deducted from ${name}’s balance.`,
          };
    if (!(await confirm({ ...question, action: 'Book' }))) return false;
    const signed = direction === 'paid' ? amountCents : -amountCents;
    await this.#reference.use((reference) => post(this.#path(), { reference, ...more, amountCents: signed }));
    await this.#credits.load();
    return true;
  }
}
customElements.define('credit-section', CreditSectionElement);
