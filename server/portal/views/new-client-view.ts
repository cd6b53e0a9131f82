/**
 * A new client in two steps: its Vapi key, which gets the names to choose from; then name, assistant and website. In between
 * the key is only in this element's memory: the server stores nothing, and nothing in the page could read, restore or
 * submit it elsewhere. Leaving the page deletes it.
 */
import { html, LitElement } from 'lit';
import type { ClientAccess, CreatedTenant, VapiLookAnswer } from '../../contract.ts';
import { post } from '../parts/api.ts';
import '../parts/copy-field.ts';
import { choice, choices, field, flag } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import { formStyle } from '../parts/form-style.ts';
import type { Scope } from '../parts/scope.ts';
import '../parts/setup-steps.ts';
import '../parts/snippet-box.ts';
import { wholeOrgLabel } from '../forms/tenant-form.ts';
import { shared } from '../parts/style.ts';
import { namesAtVapi } from '../pure/vapi-names.ts';
import '../parts/wire-box.ts';

export class NewClientElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = {
    mayWrite: { attribute: false },
    now: { attribute: false },
    canTalk: { attribute: false },
    access: { attribute: false },
    found: { state: true },
    made: { state: true },
  };
  declare mayWrite: boolean;
  declare now: string;
  declare canTalk: boolean;
  declare access: ClientAccess;
  /** What the key opens, once Vapi has answered. */
  declare found: VapiLookAnswer | null;
  /** The client, once the server has created it. */
  declare made: CreatedTenant | null;
  #privateKey = '';

  constructor() {
    super();
    this.found = null;
    this.made = null;
  }

  #keyForm = new Form(this, {
    done: '',
    send: async (body) => {
      const { privateKey } = body as { privateKey: string };
      const found = await post<VapiLookAnswer>('vapi/look', { privateKey });
      this.#privateKey = privateKey;
      this.#form.reset();
      this.found = found;
      await this.#focus('[name="name"]');
    },
  });

  #form = new Form(this, {
    done: '',
    start: () => ({ privateKey: this.#privateKey }),
    send: async (body) => {
      const { assistantId, assistantIds = [] } = body as { assistantId: string; assistantIds?: string[] };
      const others = assistantIds.filter((id) => id !== assistantId);
      this.made = await post<CreatedTenant>('tenants', { ...body, assistantIds: others });
      this.#privateKey = '';
      await this.#focus('h1');
    },
  });

  async #focus(selector: string): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(selector)?.focus();
  }

  #otherKey = async () => {
    this.#privateKey = '';
    this.found = null;
    await this.#focus('[name="privateKey"]');
  };

  protected override render() {
    if (this.made) return this.#result(this.made);
    return html`<p><a href="#/clients">All clients</a></p>
      <h1>New client</h1>
      <section>${this.mayWrite ? (this.found ? this.#details(this.found) : this.#key()) : html`<p>You have read-only access.</p>`}</section>`;
  }

  #key() {
    const key = field(this.#keyForm.errors, {
      ...{
        name: 'privateKey',
        label: 'Private key',
        type: 'password',
        autocomplete: 'new-password',
        value: '',
      },
      required: true,
      hint: 'From the client’s own Vapi organization: Settings, API Keys. Stored encrypted and never shown again.',
    });
    return this.#keyForm.show(html`<h2>Vapi</h2><div class="fields">${key}</div>`, 'Continue', true);
  }

  #details(found: VapiLookAnswer) {
    const { assistants, squads, tenants } = found;
    return html`<div class="row">
        <p class="good">Vapi has accepted the key.</p>
        <button @click=${this.#otherKey}>Use another key</button>
      </div>
      ${tenants.length > 0 ? html`<p class="warn">This organization already has a client here: ${tenants.join(', ')}.</p>` : ''}
      ${
        assistants.length + squads.length > 0
          ? this.#form.show(this.#fields(found), 'Add client', true)
          : html`<p class="problem">This organization has no assistant yet. Create one at Vapi, then use the key again.</p>`
      }`;
  }

  #fields(found: VapiLookAnswer) {
    const { phoneNumbers } = found;
    const { errors } = this.#form;
    const named = namesAtVapi(found);
    const numbers = phoneNumbers.map(
      ({ name, number, id }) => [name, number].filter(Boolean).join(' ') || id,
    );
    return html`<div class="fields">
        ${field(errors, { name: 'name', label: 'Name', value: '', empty: 'keep', hint: 'Also shown to visitors.' })}
        ${choice(errors, { name: 'assistantId', label: 'Assistant', value: named[0]?.[0] ?? '', choices: named, hint: 'Answers on the website.' })}
        ${field(errors, { name: 'allowedOrigins', label: 'Website', as: 'lines', rows: 2, value: [], empty: 'keep', placeholder: 'example.com', hint: 'A domain is allowed with and without www. One per line; you can add more later.' })}
      </div>
      ${numbers.length > 0 ? html`<p class="muted small">Phone numbers: ${numbers.join(', ')}.</p>` : ''}
      ${this.#moreFields(named)}`;
  }

  /** Settings that rarely need a change; opened when one has an error, so that it is seen. */
  #moreFields(assistants: (readonly [id: string, name: string])[]) {
    const { errors } = this.#form;
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const isWrong = errors.some(({ path }) => /^(slug|timeZone|assistantIds|wholeOrg|orgId)\b/.test(path));
    return html`<details ?open=${isWrong}>
      <summary>More settings</summary>
      <div class="fields">
        ${field(errors, { name: 'slug', label: 'Handle', value: '', placeholder: 'From the name', hint: 'Lowercase letters, digits and hyphens. Used in the snippet; cannot be changed later.' })}
        ${field(errors, { name: 'timeZone', label: 'Time zone', value: here, required: true, list: 'zones', hint: 'For its days, months and opening hours.' })}
      </div>
      <datalist id="zones">${Intl.supportedValuesOf('timeZone').map((zone) => html`<option value=${zone}></option>`)}</datalist>
      ${assistants.length > 1 ? choices(errors, { name: 'assistantIds', label: 'Further assistants whose calls are this client’s', values: [], choices: assistants }) : ''}
      <p>${flag('wholeOrg', wholeOrgLabel, false)}</p>
    </details>`;
  }

  #result(made: CreatedTenant) {
    const { slug, name, timeZone, vapiCheck, clockBehindSeconds = 0, webhookSecret, hookSecret } = made;
    const base = `#/tenants/${slug}`;
    const scope: Scope = {
      ...{ slug, name, timeZone, base, isOperator: true, mayWrite: true, hasStripe: false },
      ...{ canTalk: this.canTalk, now: this.now, access: this.access, permissions: [] },
    };
    return html`<p><a href="#/clients">All clients</a></p>
      <h1 tabindex="-1">${name} added</h1>
      <section>
        ${
          vapiCheck === 'ok'
            ? html`<p class="good">Vapi has confirmed the key and the assistant.</p>`
            : html`<p class="warn">Vapi did not answer, so the key and the assistant were not checked.</p>`
        }
        ${clockBehindSeconds === 0 ? '' : html`<p class="warn">The server's clock is ${Math.abs(clockBehindSeconds)} s ${clockBehindSeconds > 0 ? 'behind' : 'ahead of'} Vapi's. Correct it, or calls may be refused.</p>`}
        <p><a href="${base}">Open the client’s page</a></p>
      </section>
      <setup-steps .scope=${scope} .sites=${made.allowedOrigins}></setup-steps>
      <wire-box .scope=${scope} .eager=${true}></wire-box>
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
