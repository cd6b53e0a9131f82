/** Whom a client's invoices are made out to, and how they are collected. */
import { html } from 'lit';
import type { BillingAccount } from '../../contract.ts';
import { get, send } from '../parts/api.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { choice, field } from './fields.ts';
import { Form } from './form.ts';

const collections = [
  ['manual', 'By you, outside Stripe'],
  ['send', 'Stripe e-mails them'],
  ['charge', 'Stripe charges the payment method'],
] as const;

export class AccountFormElement extends ScopedElement {
  static override styles = [shared, formStyle];

  #account = new Resource<BillingAccount>(this, () => get(this.#path()));
  #form = new Form(this, {
    send: async (body) => {
      const { tax, ...rest } = body as BillingAccount & { tax: Partial<BillingAccount['tax']> };
      // Without a name and a rate no tax is charged; with one of them the server says what is missing.
      const account = { ...rest, tax: Object.keys(tax ?? {}).length > 0 ? tax : null };
      this.#account.data = await send<BillingAccount>('PUT', this.#path(), account);
    },
  });

  protected override reload(): void {
    this.#form.reset();
    void this.#account.load(true);
  }

  #path(): string {
    return pathOf(this.scope, '/billing');
  }

  protected override render() {
    return html`<section>
      <h2>Account</h2>
      ${this.#account.show((account) => this.#form.show(this.#fields(account), 'Save the account', this.scope.mayWrite))}
    </section>`;
  }

  #fields({ buyer, tax, dueDays, collection, stripeCustomerId, pauseAfterOverdueDays }: BillingAccount) {
    const { errors } = this.#form;
    const { hasStripe } = this.scope;
    return html`<div class="fields">
        ${field(errors, { name: 'buyer.name', label: 'Legal name', value: buyer.name, required: true, hint: 'Invoices are made out to it.' })}
        ${field(errors, { name: 'buyer.email', label: 'E-mail', type: 'email', value: buyer.email })}
        ${field(errors, { name: 'buyer.taxId', label: 'Tax number', value: buyer.taxId })}
        ${field(errors, { name: 'buyer.address', label: 'Address', as: 'lines', rows: 4, value: buyer.address, empty: 'keep', hint: 'As it is printed, line by line.' })}
      </div>
      <div class="fields">
        ${choice(errors, { name: 'collection', label: 'Invoices are collected', value: collection, choices: collections, hint: hasStripe || collection === 'manual' ? undefined : 'The server has no key of Stripe’s, so nothing gets there.' })}
        ${field(errors, { name: 'stripeCustomerId', label: 'Customer at Stripe', value: stripeCustomerId, placeholder: 'cus_…', hint: 'Empty = made with the first invoice.' })}
        ${field(errors, { name: 'dueDays', label: 'Due after days', as: 'whole', value: dueDays, required: true })}
        ${field(errors, { name: 'pauseAfterOverdueDays', label: 'Paused when overdue for days', as: 'whole', value: pauseAfterOverdueDays, empty: 'null', hint: 'Empty = never.' })}
        ${field(errors, { name: 'tax.label', label: 'Name of the tax', value: tax?.label, placeholder: 'VAT', hint: 'Empty, with its rate = no tax is charged.' })}
        ${field(errors, { name: 'tax.bps', label: 'Rate of the tax in percent', as: 'fine-percent', value: tax?.bps, hint: 'Of every invoice from now on, also of what came late for earlier months.' })}
      </div>`;
  }
}
customElements.define('account-form', AccountFormElement);
