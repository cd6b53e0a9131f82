/** The client's public key at Vapi: made with restrictions, replaced or revoked by this server, or the clicks to do it by hand. */
import { html } from 'lit';
import type { PublicKeyAnswer, TenantView } from '../../contract.ts';
import { get, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { Work } from '../parts/work.ts';
import { tenantSaved } from './tenant-form.ts';

/** @fires tenant-saved */
export class KeyBoxElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = {
    ...ScopedElement.properties,
    tenant: { attribute: false },
    answer: { state: true },
  };
  declare tenant: TenantView;
  declare answer: PublicKeyAnswer | null;

  constructor() {
    super();
    this.answer = null;
  }

  #work = new Work(this);

  protected override reload(): void {
    this.answer = null;
    this.#work.clear();
  }

  protected override render() {
    const { publicKey, publicKeyId, accessMode } = this.tenant;
    const { isBusy } = this.#work;
    return html`<section>
      <h2>Key for browsers</h2>
      <p class="muted small">Only needed if browsers get the public key. A key made here works for this client’s websites and assistant alone, and follows their changes. To see whether Vapi enforces the websites, make a test call under “Connection”.</p>
      <p>${this.#state()}</p>
      ${this.answer ? this.#shown(this.answer) : ''}
      ${this.#work.show()}
      <p class="row">
        <button class=${publicKey === null && accessMode === 'public-key' ? 'main' : ''} aria-disabled=${isBusy} @click=${this.#make}>${publicKeyId ? 'Replace the key' : 'Make a key at Vapi'}</button>
        ${publicKey ? html`<button class="danger" aria-disabled=${isBusy} @click=${this.#revoke}>Revoke the key</button>` : ''}
      </p>
    </section>`;
  }

  #state() {
    const { publicKey, publicKeyId, accessMode } = this.tenant;
    if (publicKey === null) return 'There is none.';
    const origin = publicKeyId ? 'made here' : 'entered by hand';
    return `${publicKey}, ${origin}${accessMode === 'public-key' ? ', in use' : ', not in use'}.`;
  }

  #shown({ outcome, steps, notes }: PublicKeyAnswer) {
    return html`${notes.map((note) => html`<p class="warn small">${note}</p>`)}
      ${
        steps.length > 0
          ? html`<p>${outcome === 'by-hand' ? 'This client’s private key may not make keys. In Vapi’s dashboard:' : 'Left to do in Vapi’s dashboard:'}</p>
              <ol>${steps.map((step) => html`<li class="breaks">${step}</li>`)}</ol>`
          : ''
      }`;
  }

  #make = async () => {
    const { publicKeyId } = this.tenant;
    const isSure =
      publicKeyId === null ||
      (await confirm({
        title: 'Replace the key?',
        text: 'A new key is made and given to browsers; the one before is deleted at Vapi. A visitor who is just starting a call must start it again.',
        action: 'Replace',
      }));
    if (isSure)
      await this.#ask('POST', 'Done: the key is restricted to this client’s websites and assistant.');
  };

  #revoke = async () => {
    const isSure = await confirm({
      title: 'Revoke the key?',
      text: 'Browsers no longer get it, and calls start through this server. A key made here is deleted at Vapi.',
      action: 'Revoke',
      danger: true,
    });
    if (isSure) await this.#ask('DELETE', 'Done: the key is no longer given to browsers.');
  };

  /** @param done said when the server did it */
  async #ask(method: 'POST' | 'DELETE', done: string): Promise<void> {
    const isDone = await this.#work.do(async () => {
      this.answer = await send<PublicKeyAnswer>(method, pathOf(this.scope, '/vapi-key'));
      const detail = await get<TenantView>(pathOf(this.scope));
      this.dispatchEvent(new CustomEvent(tenantSaved, { detail, bubbles: true, composed: true }));
    });
    if (!isDone || this.answer?.outcome === 'by-hand') return;
    this.#work.done = done;
    this.requestUpdate();
  }
}
customElements.define('key-box', KeyBoxElement);
