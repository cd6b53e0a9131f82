import { html } from 'lit';
import type { Consent, TenantView } from '../../contract.ts';
import { Refusal } from '../parts/api.ts';
import { field, flag } from './fields.ts';
import { TenantForm } from './tenant-form.ts';

/** What a visitor must agree to before a call or chat starts. */
export class ConsentFormElement extends TenantForm {
  protected readonly heading = 'Consent';

  protected override changes({ isAsked, consent = {} }: { isAsked?: boolean; consent?: Partial<Consent> }) {
    if (!isAsked) return { consent: null };
    const missing = (['text', 'version'] as const).filter((name) => !consent[name]);
    const errors = missing.map((name) => ({ path: `consent.${name}`, message: 'Required' }));
    if (errors.length > 0) throw new Refusal(400, 'invalid_request', 'Something is missing.', errors);
    return { consent };
  }

  protected override fields({ consent }: TenantView) {
    const { errors } = this.form;
    return html`<p>${flag('isAsked', 'Ask visitors to agree before a call or chat starts', consent !== null)}</p>
      <div class="fields">
        ${field(errors, { name: 'consent.text', label: 'Consent text', rows: 5, isBroad: true, value: consent?.text, hint: 'Plain text; line breaks are kept.' })}
        ${field(errors, { name: 'consent.version', label: 'Version', value: consent?.version, hint: 'A new version asks every visitor again.' })}
        ${field(errors, { name: 'consent.linkUrl', label: 'Link to the full text', type: 'url', value: consent?.linkUrl, placeholder: 'https://' })}
      </div>`;
  }
}
customElements.define('consent-form', ConsentFormElement);
