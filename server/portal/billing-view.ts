/** How a client is billed: its plan, its account, its prepaid credit. */
import { html } from 'lit';
import './account-form.ts';
import './credit-section.ts';
import './plan-section.ts';
import { titleOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';

export class BillingElement extends ScopedElement {
  protected override reload(): void {}

  protected override render() {
    const { scope } = this;
    return html`<h1>${titleOf(scope, 'Billing')}</h1>
      <plan-section .scope=${scope}></plan-section>
      <account-form .scope=${scope}></account-form>
      <credit-section .scope=${scope}></credit-section>`;
  }
}
customElements.define('billing-view', BillingElement);
