/** A new client: its details, Vapi key and website; then its snippet. */
import { html, LitElement } from 'lit';
import type { CreatedTenant } from '../../contract.ts';
import { post } from '../parts/api.ts';
import '../parts/copy-field.ts';
import { field, flag } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import { formStyle } from '../parts/form-style.ts';
import type { Scope } from '../parts/scope.ts';
import '../parts/snippet-box.ts';
import { wholeOrgLabel } from '../forms/tenant-form.ts';
import { shared } from '../parts/style.ts';
import '../parts/wire-box.ts';

export class NewClientElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = {
    mayWrite: { attribute: false },
    now: { attribute: false },
    made: { state: true },
  };
  declare mayWrite: boolean;
  declare now: string;
  /** The client, once the server has created it. */
  declare made: CreatedTenant | null;

  constructor() {
    super();
    this.made = null;
  }

  #form = new Form(this, {
    send: async (body) => {
      this.made = await post<CreatedTenant>('tenants', body);
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('h1')?.focus();
    },
  });

  protected override render() {
    if (this.made) return this.#result(this.made);
    return html`<p><a href="#/">All clients</a></p>
      <h1>New client</h1>
      ${
        this.mayWrite
          ? html`<section>${this.#form.show(this.#fields(), 'Add client', true)}</section>`
          : html`<section><p>You have read-only access.</p></section>`
      }`;
  }

  #fields() {
    const { errors } = this.#form;
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return html`<div class="fields">
        ${field(errors, { name: 'name', label: 'Name', value: '', required: true, hint: 'Also shown to visitors.' })}
        ${field(errors, { name: 'slug', label: 'Handle', value: '', required: true, placeholder: 'acme', hint: 'Lowercase letters, digits and hyphens. Used in the snippet; cannot be changed later.' })}
        ${field(errors, { name: 'timeZone', label: 'Time zone', value: here, required: true, list: 'zones', hint: 'For its days, months and opening hours.' })}
      </div>
      <datalist id="zones">${Intl.supportedValuesOf('timeZone').map((zone) => html`<option value=${zone}></option>`)}</datalist>
      <h2>Vapi</h2>
      <div class="fields">
        ${field(errors, { name: 'privateKey', label: 'Private key', type: 'password', autocomplete: 'new-password', value: '', required: true, hint: 'From the client’s own Vapi organization. Stored encrypted and never shown again.' })}
        ${field(errors, { name: 'assistantId', label: 'Assistant ID', value: '', required: true, placeholder: '00000000-0000-0000-0000-000000000000' })}
      </div>
      <p>${flag('wholeOrg', wholeOrgLabel, false)}</p>
      <h2>Website</h2>
      <div class="fields">
        ${field(errors, { name: 'allowedOrigins', label: 'Allowed websites', as: 'lines', rows: 3, isBroad: true, value: [], empty: 'keep', placeholder: 'https://www.example.com', hint: 'One address per line; you can add more later.' })}
      </div>
      <p class="muted small">The key and the assistant are checked with Vapi.</p>`;
  }

  #result(made: CreatedTenant) {
    const { slug, name, timeZone, vapiCheck, clockBehindSeconds = 0, webhookSecret, hookSecret } = made;
    const base = `#/tenants/${slug}`;
    const scope: Scope = {
      ...{ slug, name, timeZone, base, isOperator: true, mayWrite: true, hasStripe: false, now: this.now },
    };
    return html`<p><a href="#/">All clients</a></p>
      <h1 tabindex="-1">${name} added</h1>
      <section>
        ${
          vapiCheck === 'ok'
            ? html`<p class="good">Vapi has confirmed the key and the assistant.</p>`
            : html`<p class="warn">Vapi did not answer, so the key and the assistant were not checked.</p>`
        }
        ${clockBehindSeconds === 0 ? '' : html`<p class="warn">The server's clock is ${Math.abs(clockBehindSeconds)} s ${clockBehindSeconds > 0 ? 'behind' : 'ahead of'} Vapi's. Correct it, or calls may be refused.</p>`}
        <p><strong>Next:</strong> let Vapi report calls here, add the snippet to the website, and <a href="${base}/billing">set a plan</a>.</p>
      </section>
      <wire-box .scope=${scope}></wire-box>
      <snippet-box .scope=${scope}></snippet-box>
      <section>
        <h2>Secrets, shown only once</h2>
        <p class="muted small">You need the first only to connect the assistant by hand, the second only if your own server approves calls or receives alerts.</p>
        <copy-field .label=${'Webhook secret'} .text=${webhookSecret}></copy-field>
        <copy-field .label=${'Signing secret'} .text=${hookSecret}></copy-field>
      </section>`;
  }
}
customElements.define('new-client-view', NewClientElement);
