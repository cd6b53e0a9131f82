/** The operator's business details, invoice settings and branding. */
import { html, LitElement } from 'lit';
import type { Seller } from '../../contract.ts';
import '../forms/access-form.ts';
import { field, placeFields } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import { get, send } from '../parts/api.ts';
import { brandingChanged } from '../parts/branding.ts';
import { formStyle } from '../parts/form-style.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';

export class AgencyElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = {
    mayWrite: { attribute: false },
    mayBill: { attribute: false },
    hasSeller: { attribute: false },
  };
  declare mayWrite: boolean;
  /** Whether the business details may be changed. */
  declare mayBill: boolean;
  /** Whether there are business details to load. */
  declare hasSeller: boolean;

  #seller = new EagerResource<Partial<Seller>>(this, async () =>
    this.hasSeller ? get<Seller>('billing/seller') : {},
  );
  #form = new Form(this, {
    send: async (body) => {
      this.#seller.data = await send<Seller>('PUT', 'billing/seller', body);
      dispatchEvent(new Event(brandingChanged));
    },
  });

  protected override render() {
    return html`<h1>Settings</h1>
      ${this.#seller.show((seller) => html`<section>${this.#form.show(this.#fields(seller), 'Save', this.mayBill)}</section>`)}
      <default-access-form .mayWrite=${this.mayWrite}></default-access-form>`;
  }

  #fields(seller: Partial<Seller>) {
    const { errors } = this.#form;
    const { name, address, taxId, registration, email, logoUrl, accentColor, footer } = seller;
    return html`<h2>Business details</h2>
      <div class="fields">
        ${field(errors, { name: 'name', label: 'Legal name', value: name, required: true, hint: 'Also the name of this portal.' })}
        ${field(errors, { name: 'taxId', label: 'Tax ID', value: taxId, hint: 'Your VAT ID with the letters of its country, or another tax number.' })}
        ${field(errors, { name: 'registration', label: 'Registration number', value: registration, hint: 'In the register of companies.' })}
        ${field(errors, { name: 'email', label: 'E-mail', type: 'email', value: email })}
        ${field(errors, { name: 'address', label: 'Address', as: 'lines', rows: 4, value: address, empty: 'keep', hint: 'As it should appear on invoices, line by line.' })}
        ${placeFields(errors, '', seller)}
      </div>
      <h2>Invoices</h2>
      <div class="fields">
        ${field(errors, { name: 'invoicePrefix', label: 'Invoice number prefix', value: seller.invoicePrefix ?? 'INV' })}
        ${field(errors, { name: 'creditNotePrefix', label: 'Credit note number prefix', value: seller.creditNotePrefix ?? 'CN' })}
        ${field(errors, { name: 'footer', label: 'Footer', rows: 2, value: footer, hint: 'Your bank account, for example.' })}
      </div>
      <h2>Branding</h2>
      <div class="fields">
        ${field(errors, { name: 'accentColor', label: 'Colour', value: accentColor, placeholder: '#1f4f8f', hint: 'A darker or lighter shade is used where it would be hard to read.' })}
        ${field(errors, { name: 'logoUrl', label: 'Logo URL', type: 'url', value: logoUrl, placeholder: 'https://' })}
      </div>`;
  }
}
customElements.define('agency-view', AgencyElement);
