/** A new client: who it is, its key at Vapi and its pages; then what goes into its site. */
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
  /** The client, once the server has it. */
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
          ? html`<section>${this.#form.show(this.#fields(), 'Add the client', true)}</section>`
          : html`<section><p>You may look, but not change anything.</p></section>`
      }`;
  }

  #fields() {
    const { errors } = this.#form;
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return html`<div class="fields">
        ${field(errors, { name: 'name', label: 'Name', value: '', required: true, hint: 'Visitors see it too.' })}
        ${field(errors, { name: 'slug', label: 'Handle', value: '', required: true, placeholder: 'acme', hint: 'Small letters, digits and hyphens. It stands in the snippet and stays for good.' })}
        ${field(errors, { name: 'timeZone', label: 'Time zone', value: here, required: true, list: 'zones', hint: 'Of its days, months and opening hours.' })}
      </div>
      <datalist id="zones">${Intl.supportedValuesOf('timeZone').map((zone) => html`<option value=${zone}></option>`)}</datalist>
      <h2>At Vapi</h2>
      <div class="fields">
        ${field(errors, { name: 'privateKey', label: 'Private key', type: 'password', autocomplete: 'new-password', value: '', required: true, hint: 'Of the client’s own organization. It is kept encrypted, and never shown again.' })}
        ${field(errors, { name: 'assistantId', label: 'Id of the assistant', value: '', required: true, placeholder: '00000000-0000-0000-0000-000000000000' })}
      </div>
      <p>${flag('wholeOrg', wholeOrgLabel, false)}</p>
      <h2>Its website</h2>
      <div class="fields">
        ${field(errors, { name: 'allowedOrigins', label: 'Pages that may use the agent', as: 'lines', rows: 3, isBroad: true, value: [], empty: 'keep', placeholder: 'https://www.example.com', hint: 'One origin a line; more can be let in later.' })}
      </div>
      <p class="muted small">The server asks Vapi whether key and assistant belong together.</p>`;
  }

  #result(made: CreatedTenant) {
    const { slug, name, timeZone, vapiCheck, clockBehindSeconds = 0, webhookSecret, hookSecret } = made;
    const base = `#/tenants/${slug}`;
    const scope: Scope = {
      ...{ slug, name, timeZone, base, isOperator: true, mayWrite: true, hasStripe: false, now: this.now },
    };
    return html`<p><a href="#/">All clients</a></p>
      <h1 tabindex="-1">${name} is here</h1>
      <section>
        ${
          vapiCheck === 'ok'
            ? html`<p class="good">Vapi knows the key and the assistant.</p>`
            : html`<p class="warn">Vapi did not answer, so key and assistant were not checked.</p>`
        }
        ${clockBehindSeconds === 0 ? '' : html`<p class="warn">The server's clock is ${Math.abs(clockBehindSeconds)} s ${clockBehindSeconds > 0 ? 'behind' : 'ahead of'} Vapi's. Set it right, or calls can be refused.</p>`}
        <p><strong>Still to do:</strong> let Vapi report its calls here, put the snippet into the site, and <a href="${base}/billing">give it a plan</a>.</p>
      </section>
      <wire-box .scope=${scope}></wire-box>
      <snippet-box .scope=${scope}></snippet-box>
      <section>
        <h2>Secrets, shown this once</h2>
        <p class="muted small">You need the first only if you point the assistant here by hand, the second only if a server of yours is asked before calls or told of alerts.</p>
        <copy-field .label=${'Webhook secret'} .text=${webhookSecret}></copy-field>
        <copy-field .label=${'Signs what we send to you'} .text=${hookSecret}></copy-field>
      </section>`;
  }
}
customElements.define('new-client-view', NewClientElement);
