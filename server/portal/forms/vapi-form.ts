/** How a client's agent is connected to Vapi: its key, its assistants by name, and how browsers are let into calls. */
import { html } from 'lit';
import type { TenantView, VapiLookAnswer } from '../../contract.ts';
import { get } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { namesAtVapi } from '../pure/vapi-names.ts';
import { choice, choices, field } from './fields.ts';
import { TenantForm } from './tenant-form.ts';

const modes = [
  ['proxy', 'Through this server: browsers get no key (recommended)'],
  ['scoped-key', 'A key that lasts a minute, for this website and assistant'],
  ['public-key', 'The public key of the organization'],
] as const;

export class VapiFormElement extends TenantForm {
  protected readonly heading = 'Vapi';
  #found = new Resource<VapiLookAnswer>(this, () => get(pathOf(this.scope, '/vapi')));

  protected override reload(): void {
    super.reload();
    void this.#found.load(true);
  }

  protected override saved(): void {
    void this.#found.load();
  }

  /** The main assistant is not also one of the others. */
  protected override changes(body: object): object {
    const { assistantId, assistantIds, siteAssistantIds } = body as Partial<TenantView>;
    const others = (ids: string[] | undefined) => ids?.filter((id) => id !== assistantId);
    return { ...body, assistantIds: others(assistantIds), siteAssistantIds: others(siteAssistantIds) };
  }

  protected override fields(tenant: TenantView) {
    const { errors } = this.form;
    const { accessMode, privateKey, publicKey } = tenant;
    const key = { type: 'password', autocomplete: 'new-password', value: '' } as const;
    return html`${this.#assistants(tenant)}
      <div class="fields">
        ${field(errors, { name: 'privateKey', label: 'New private key', ...key, hint: `In use: ${privateKey}. Leave empty to keep it.` })}
        ${choice(errors, { name: 'accessMode', label: 'How browsers join calls', value: accessMode, choices: modes, hint: accessMode === 'proxy' ? undefined : 'Anyone who copies the key can call beyond your limits while it works.' })}
        ${field(errors, { name: 'publicKey', label: 'New public key', ...key, hint: publicKey ? `In use: ${publicKey}. Leave empty to keep it.` : 'Only needed if browsers get the public key. “Key for browsers” below makes one.' })}
      </div>`;
  }

  /** By id while Vapi has not answered: a client must be changeable when its key no longer works. */
  #assistants({ assistantId, assistantIds, siteAssistantIds }: TenantView) {
    const { errors } = this.form;
    const { data, error } = this.#found;
    if (error || data === null) {
      return html`${error ? html`<p class="warn">The assistants cannot be listed: ${error.message}</p>` : ''}
        <div class="fields">
          ${field(errors, { name: 'assistantId', label: 'Assistant ID', value: assistantId, required: true })}
          ${field(errors, { name: 'assistantIds', label: 'Further assistant IDs', as: 'lines', rows: 2, value: assistantIds, empty: 'keep' })}
          ${field(errors, { name: 'siteAssistantIds', label: 'Those of them that the website may use', as: 'lines', rows: 2, value: siteAssistantIds, empty: 'keep' })}
        </div>`;
    }
    const names = new Map(namesAtVapi(data));
    for (const id of [assistantId, ...assistantIds]) if (!names.has(id)) names.set(id, `${id} (not at Vapi)`);
    return html`<div class="fields">
        ${choice(errors, { name: 'assistantId', label: 'Assistant', value: assistantId, choices: [...names], hint: 'Answers on the website. After a change, let Vapi report its calls below.' })}
      </div>
      ${names.size > 1 ? choices(errors, { name: 'assistantIds', label: 'Further assistants whose calls are this client’s', values: assistantIds, choices: [...names] }) : ''}
      ${names.size > 1 ? choices(errors, { name: 'siteAssistantIds', label: 'Those of them that the website may use, too', values: siteAssistantIds, choices: [...names] }) : ''}`;
  }
}
customElements.define('vapi-form', VapiFormElement);
