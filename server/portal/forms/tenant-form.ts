/** A part of a tenant's settings with a form of its own: what it saves leaves the other parts alone. */
import { html, type TemplateResult } from 'lit';
import type { SavedTenant, TenantView } from '../../contract.ts';
import { send } from '../parts/api.ts';
import { formStyle } from '../parts/form-style.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { Form } from './form.ts';

/** Heard by the tenant's page, with the tenant as it is now. */
export const tenantSaved = 'tenant-saved';

/** Off, calls of other assistants are nobody's, and are told as such. */
export const wholeOrgLabel =
  'All calls of its organization at Vapi are this client’s, whatever the assistant';

/** @fires tenant-saved */
export abstract class TenantForm extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = { ...ScopedElement.properties, tenant: { attribute: false } };
  declare tenant: TenantView;

  protected readonly form = new Form(this, {
    start: () => this.start(),
    send: async (body) => {
      const detail = await send<SavedTenant>('PATCH', pathOf(this.scope), this.changes(body));
      this.saved();
      this.dispatchEvent(new CustomEvent(tenantSaved, { detail, bubbles: true, composed: true }));
    },
  });

  protected abstract readonly heading: string;
  protected abstract fields(tenant: TenantView): TemplateResult;

  /** What is sent where there is no field for it: needed for what the server replaces as a whole. */
  protected start(): object {
    return {};
  }

  /** @param body what the fields say */
  protected changes(body: object): object {
    return body;
  }

  /** What was written is the tenant's now. */
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
