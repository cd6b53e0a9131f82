/** The buyer on a client's invoices, and how they are collected. */
import { html } from 'lit';
import type { BillingAccount } from '../../contract.ts';
import { get, send } from '../parts/api.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { choice, field, placeFields } from './fields.ts';
import { Form } from './form.ts';

const collections = [
  ['manual', 'By you, outside Stripe'],
  ['send', 'Stripe e-mails the invoices'],
  ['charge', 'Stripe charges the payment method'],
] as const;

const treatments = [
  ['', 'Charged at the rate below'],
  ['reverse-charge', 'Reverse charge'],
  ['intra-eu', 'Intra-EU supply'],
  ['export', 'Supply outside the EU'],
  ['exempt', 'Exempt'],
  ['zero', 'Zero rate'],
  ['outside-scope', 'Not subject to VAT'],
] as const;

export class AccountFormElement extends ScopedElement {
  static override styles = [shared, formStyle];

  #account = new Resource<BillingAccount>(this, () => get(this.#path()));
  #form = new Form(this, {
    send: async (body) => {
      const { tax, ...rest } = body as BillingAccount & { tax?: Partial<NonNullable<BillingAccount['tax']>> };
      // Without a name and a rate no tax is charged; with only one of them, the server reports the other as missing.
      const charged = tax?.category ? { ...tax, label: tax.label ?? 'VAT', bps: tax.bps ?? 0 } : tax;
      const account = { ...rest, tax: Object.keys(charged ?? {}).length > 0 ? charged : null };
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
      <h2>Billing account</h2>
      ${this.#account.show((account) => this.#form.show(this.#fields(account), 'Save', this.scope.permissions.includes('billing.manage')))}
    </section>`;
  }

  #fields({ buyer, tax, dueDays, collection, stripeCustomerId, pauseAfterOverdueDays }: BillingAccount) {
    const { errors } = this.#form;
    const { hasStripe } = this.scope;
    return html`<div class="fields">
        ${field(errors, { name: 'buyer.name', label: 'Legal name', value: buyer.name, required: true, hint: 'Invoices are made out to this name.' })}
        ${field(errors, { name: 'buyer.email', label: 'E-mail', type: 'email', value: buyer.email })}
        ${field(errors, { name: 'buyer.taxId', label: 'Tax ID', value: buyer.taxId, hint: 'A VAT ID with the letters of its country.' })}
        ${field(errors, { name: 'buyer.registration', label: 'Registration number', value: buyer.registration })}
        ${field(errors, { name: 'buyer.address', label: 'Address', as: 'lines', rows: 4, value: buyer.address, empty: 'keep', hint: 'As it should appear on invoices, line by line.' })}
        ${placeFields(errors, 'buyer.', buyer)}
      </div>
      <div class="fields">
        ${choice(errors, { name: 'collection', label: 'Payment collection', value: collection, choices: collections, hint: hasStripe || collection === 'manual' ? undefined : 'Stripe is not set up on this server, so nothing is sent there.' })}
        ${field(errors, { name: 'stripeCustomerId', label: 'Stripe customer ID', value: stripeCustomerId, placeholder: 'cus_…', hint: 'Leave empty to create one with the first invoice.' })}
        ${field(errors, { name: 'dueDays', label: 'Payment term in days', as: 'whole', value: dueDays, required: true })}
        ${field(errors, { name: 'pauseAfterOverdueDays', label: 'Pause after this many days overdue', as: 'whole', value: pauseAfterOverdueDays, empty: 'null', hint: 'Leave empty to never pause.' })}
        ${choice(errors, { name: 'tax.category', label: 'VAT', value: tax?.category ?? '', choices: treatments, hint: 'An e-invoice without VAT states why.' })}
        ${field(errors, { name: 'tax.reason', label: 'Why no VAT is charged', value: tax?.reason, hint: 'Printed on invoices. Leave empty for the usual text; “Exempt” needs the provision.' })}
        ${field(errors, { name: 'tax.label', label: 'Tax name', value: tax?.label, placeholder: 'VAT', hint: 'Leave name and rate empty to charge no tax.' })}
        ${field(errors, { name: 'tax.bps', label: 'Tax rate in percent', as: 'fine-percent', value: tax?.bps, hint: 'Applies to every invoice from now on, including late charges for earlier months.' })}
      </div>`;
  }
}
customElements.define('account-form', AccountFormElement);
