/** A part of a tenant's settings with its own form: saving it leaves the other parts unchanged. */
import { html, type TemplateResult } from 'lit';
import type { SavedTenant, TenantView } from '../../contract.ts';
import { send } from '../parts/api.ts';
import { formStyle } from '../parts/form-style.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { Form } from './form.ts';

/** Handled by the tenant's page; its detail is the updated tenant. */
export const tenantSaved = 'tenant-saved';

/** When off, calls of other assistants belong to no one, and are reported so. */
export const wholeOrgLabel =
  'All calls in its Vapi organization belong to this client, whichever assistant takes them';

/** @fires tenant-saved */
export abstract class TenantForm extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = { ...ScopedElement.properties, tenant: { attribute: false } };
  declare tenant: TenantView;

  protected readonly form = new Form(this, {
    start: () => this.start(),
    discarded: () => this.saved(),
    send: async (body) => {
      const detail = await send<SavedTenant>('PATCH', pathOf(this.scope), this.changes(body));
      this.saved();
      this.dispatchEvent(new CustomEvent(tenantSaved, { detail, bubbles: true, composed: true }));
    },
  });

  protected abstract readonly heading: string;
  protected abstract fields(tenant: TenantView): TemplateResult;

  /** Values sent without a field: needed where the server replaces an object as a whole. */
  protected start(): object {
    return {};
  }

  /** @param body the fields' values */
  protected changes(body: object): object {
    return body;
  }

  /** Called after the tenant has been saved, or what was entered was discarded. */
  protected saved(): void {}

  protected override reload(): void {
    this.form.reset();
  }

  protected override render() {
    return html`<section>
      <h2>${this.heading}</h2>
      ${this.form.show(this.fields(this.tenant), 'Save', this.scope.mayWrite)}
    </section>`;
  }
}
