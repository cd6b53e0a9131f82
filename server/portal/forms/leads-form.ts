import { html } from 'lit';
import type { LeadSettings, TenantView } from '../../contract.ts';
import { Refusal } from '../parts/api.ts';
import { field, flag } from './fields.ts';
import { TenantForm } from './tenant-form.ts';

/** A form for visitors whom no one can talk to. */
export class LeadsFormElement extends TenantForm {
  protected readonly heading = 'Leads';

  protected override changes({
    isOffered,
    leads = {},
  }: {
    isOffered?: boolean;
    leads?: Partial<LeadSettings>;
  }) {
    if (!isOffered) return { leads: null };
    const consent: Partial<LeadSettings['consent']> = leads.consent ?? {};
    const missing = (['text', 'version'] as const).filter((name) => !consent[name]);
    const errors = missing.map((name) => ({ path: `leads.consent.${name}`, message: 'Required' }));
    if (errors.length > 0) throw new Refusal(400, 'invalid_request', 'Something is missing.', errors);
    // Turned on, they are for the client too, unless it was decided otherwise.
    const isFirst = this.tenant.leads === null && this.tenant.clientAccess.leads === undefined;
    return { leads, ...(isFirst ? { clientAccess: { leads: true } } : {}) };
  }

  protected override fields({ leads }: TenantView) {
    const { errors } = this.form;
    return html`<p>${flag('isOffered', 'Let visitors leave a message when no one can talk to them', leads !== null)}</p>
      <p class="muted small">Outside opening hours, at a limit, while paused, without a microphone or after a failed call. The client
        sees them in its portal; “What the client sees” above changes that.</p>
      <div class="fields">
        ${field(errors, {
          ...{ name: 'leads.consent.text', label: 'What the visitor agrees to', rows: 3, isBroad: true },
          value:
            leads?.consent.text ??
            'I agree that my details are stored and used to contact me about this request.',
          hint: 'Plain text, kept with each lead. Other texts of the form are under Texts, by their keys (leadTitle, leadHelp).',
        })}
        ${field(errors, { name: 'leads.consent.version', label: 'Version of that text', value: leads?.consent.version ?? '1' })}
        ${field(errors, { name: 'leads.consent.linkUrl', label: 'Link to the privacy policy', type: 'url', value: leads?.consent.linkUrl, placeholder: 'https://' })}
        ${field(errors, { name: 'leads.email', label: 'Send them to this address', type: 'email', value: leads?.email, empty: 'null', hint: 'At once, those within ten minutes together. Needs a mail server (SMTP_URL).' })}
        ${field(errors, { name: 'leads.url', label: 'Send them to this server', type: 'url', value: leads?.url, empty: 'null', placeholder: 'https://', hint: 'A webhook, signed with the client’s hook secret.' })}
        ${field(errors, { name: 'leads.perDay', label: 'At most in 24 hours', as: 'whole', value: leads?.perDay ?? 50 })}
        ${field(errors, { name: 'leads.keepDays', label: 'Delete after days', as: 'whole', value: leads?.keepDays ?? 180 })}
      </div>`;
  }
}
customElements.define('leads-form', LeadsFormElement);
