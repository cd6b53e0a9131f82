/** What calls of a client achieved, for the operator: what is kept of it, and what counts. */
import { html } from 'lit';
import type { TenantView } from '../../contract.ts';
import '../forms/outcome-form.ts';
import '../forms/results-form.ts';
import { titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';

export class ResultsElement extends ScopedElement {
  static override properties = { ...ScopedElement.properties, tenant: { attribute: false } };
  declare tenant: TenantView;

  protected override reload(): void {}

  protected override render() {
    const { scope, tenant } = this;
    return html`<h1>${titleOf(scope, 'Results')}</h1>
      <results-form .scope=${scope} .tenant=${tenant}></results-form>
      <outcome-form .scope=${scope} .tenant=${tenant}></outcome-form>`;
  }
}
customElements.define('results-view', ResultsElement);
