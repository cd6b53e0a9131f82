/** A button that makes a client's limits or plan the default for new clients. */
import { html, LitElement } from 'lit';
import type { ClientDefaults } from '../../contract.ts';
import { send } from './api.ts';
import { shared } from './style.ts';
import { Work } from './work.ts';

export class AsDefaultElement extends LitElement {
  static override styles = [shared];
  static override properties = { what: { attribute: false }, label: { attribute: false } };
  declare what: Partial<ClientDefaults>;
  /** The button's text. */
  declare label: string;
  #work = new Work(this);

  protected override render() {
    return html`<p class="row"><button aria-disabled=${this.#work.isBusy} @click=${this.#save}>${this.label}</button></p>
      ${this.#work.show()}`;
  }

  #save = () =>
    this.#work.do(
      () => send('PATCH', 'client-defaults', this.what),
      'New clients get this; those that exist keep what they have.',
    );
}
customElements.define('as-default', AsDefaultElement);
