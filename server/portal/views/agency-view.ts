/** The operator itself: who issues the invoices, and how the portal looks to its clients. */
import { html, LitElement } from 'lit';
import type { Seller } from '../../contract.ts';
import { field } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import { get, send } from '../parts/api.ts';
import { brandingChanged } from '../parts/branding.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';

export class AgencyElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = { mayWrite: { attribute: false }, hasSeller: { attribute: false } };
  declare mayWrite: boolean;
  /** Else there is nothing to show yet. */
  declare hasSeller: boolean;

  #seller = new Resource<Partial<Seller>>(this, async () =>
    this.hasSeller ? get<Seller>('billing/seller') : {},
  );
  #form = new Form(this, {
    send: async (body) => {
      this.#seller.data = await send<Seller>('PUT', 'billing/seller', body);
      dispatchEvent(new Event(brandingChanged));
    },
  });

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#seller.load();
  }

  protected override render() {
    return html`<h1>Your agency</h1>
      ${this.#seller.show((seller) => html`<section>${this.#form.show(this.#fields(seller), 'Save', this.mayWrite)}</section>`)}`;
  }

  #fields(seller: Partial<Seller>) {
    const { errors } = this.#form;
    const { name, address, taxId, email, logoUrl, accentColor, footer } = seller;
    return html`<h2>Who issues the invoices</h2>
      <div class="fields">
        ${field(errors, { name: 'name', label: 'Legal name', value: name, required: true, hint: 'Also the name of this portal.' })}
        ${field(errors, { name: 'taxId', label: 'Tax number', value: taxId })}
        ${field(errors, { name: 'email', label: 'E-mail', type: 'email', value: email })}
        ${field(errors, { name: 'address', label: 'Address', as: 'lines', rows: 4, value: address, empty: 'keep', hint: 'As it is printed, line by line.' })}
      </div>
      <h2>How the invoices look</h2>
      <div class="fields">
        ${field(errors, { name: 'invoicePrefix', label: 'Before the number of an invoice', value: seller.invoicePrefix ?? 'INV' })}
        ${field(errors, { name: 'creditNotePrefix', label: 'Before the number of a credit note', value: seller.creditNotePrefix ?? 'CN' })}
        ${field(errors, { name: 'footer', label: 'Footer', rows: 2, value: footer, hint: 'For instance the bank account.' })}
      </div>
      <h2>How you look to your clients</h2>
      <div class="fields">
        ${field(errors, { name: 'accentColor', label: 'Colour', value: accentColor, placeholder: '#1f4f8f', hint: 'Where it would be hard to read, a darker or lighter one is shown.' })}
        ${field(errors, { name: 'logoUrl', label: 'Address of the logo', type: 'url', value: logoUrl, placeholder: 'https://' })}
      </div>`;
  }
}
customElements.define('agency-view', AgencyElement);
