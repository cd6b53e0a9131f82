/** What clients see of their own: the agency's default, and a client's own choices. */
import { html, LitElement } from 'lit';
import type { ClientAccess, ClientDefaults, TenantView } from '../../contract.ts';
import { get, send } from '../parts/api.ts';
import { formStyle } from '../parts/form-style.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { choice, flag } from './fields.ts';
import { Form } from './form.ts';
import { TenantForm } from './tenant-form.ts';

const labels: Record<keyof ClientAccess, string> = {
  recordings: 'Recordings',
  transcripts: 'Transcripts',
  callPrices: 'Price of each call',
  invoices: 'Plan, bill so far, invoices and credit',
  exports: 'Downloads as CSV',
  results: 'What calls achieved',
  leads: 'Leads (and working on them)',
  hours: 'Opening hours (and changing them)',
  texts: 'Greeting and texts (and changing them)',
  origins: 'Websites (and changing them)',
  privacy: 'A caller’s data, and who has read or heard a call',
  people: 'People who can sign in',
};
const entries = Object.entries(labels) as [keyof ClientAccess, string][];

/** A client's own choices, over the agency's default. */
export class AccessFormElement extends TenantForm {
  protected readonly heading = 'What the client sees';
  #defaults = new EagerResource<ClientDefaults>(this, () => get('client-defaults'));

  protected override changes(body: { clientAccess?: Record<string, string> }) {
    const values: Record<string, boolean | null> = { default: null, on: true, off: false };
    const chosen = Object.entries(body.clientAccess ?? {}).map(([name, text]) => [
      name,
      values[text] ?? null,
    ]);
    return { clientAccess: Object.fromEntries(chosen) };
  }

  protected override fields({ clientAccess }: TenantView) {
    return this.#defaults.show(
      ({
        clientAccess: agency,
      }) => html`<p class="muted">You always see everything. What is hidden is not answered by the server either.</p>
      <div class="fields">${entries.map(([name, label]) =>
        choice(this.form.errors, {
          ...{ name: `clientAccess.${name}`, label },
          value: clientAccess[name] === undefined ? 'default' : clientAccess[name] ? 'on' : 'off',
          choices: [
            ['default', `Your default (${agency[name] ? 'shown' : 'hidden'})`],
            ['on', 'Shown'],
            ['off', 'Hidden'],
          ],
        }),
      )}</div>`,
    );
  }
}
customElements.define('access-form', AccessFormElement);

/** The agency's default. */
export class DefaultAccessFormElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = { mayWrite: { attribute: false } };
  declare mayWrite: boolean;

  #defaults = new EagerResource<ClientDefaults>(this, () => get('client-defaults'));
  #form = new Form(this, {
    done: 'Applied.',
    send: async (body) => {
      this.#defaults.data = await send<ClientDefaults>('PATCH', 'client-defaults', body);
    },
  });

  protected override render() {
    return html`<section><h2>What clients see</h2>
      <p class="muted">For every client whose settings do not say otherwise, also those that exist.</p>
      ${this.#defaults.show(({ clientAccess }) =>
        this.#form.show(
          html`${entries.map(([name, label]) => html`<p>${flag(`clientAccess.${name}`, label, clientAccess[name])}</p>`)}`,
          'Apply',
          this.mayWrite,
        ),
      )}</section>`;
  }
}
customElements.define('default-access-form', DefaultAccessFormElement);
