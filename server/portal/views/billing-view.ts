/** How a client is billed: plan, account, wallet, prepaid credit. */
import { html } from 'lit';
import '../forms/account-form.ts';
import '../forms/credit-section.ts';
import '../forms/plan-section.ts';
import { lazily } from '../parts/lazy.ts';
import { titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';

export class BillingElement extends ScopedElement {
  protected override reload(): void {
    lazily(() => import('../forms/wallet-section.ts'));
  }

  protected override render() {
    const { scope } = this;
    return html`<h1>${titleOf(scope, 'Billing')}</h1>
      <plan-section .scope=${scope}></plan-section>
      <account-form .scope=${scope}></account-form>
      <wallet-section .scope=${scope}></wallet-section>
      <credit-section .scope=${scope}></credit-section>`;
  }
}
customElements.define('billing-view', BillingElement);
