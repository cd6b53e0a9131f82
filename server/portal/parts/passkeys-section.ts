/** A person's own passkeys: adding one on this device, naming and removing them. */
import { html, LitElement } from 'lit';
import type { PasskeysAnswer, PasskeyView } from '../../contract.ts';
import { moment } from '../pure/format.ts';
import { get, post, send } from './api.ts';
import { confirm } from './confirm.ts';
import { formStyle } from './form-style.ts';
import { EagerResource } from './resource.ts';
import { shared } from './style.ts';
import { table } from './table.ts';
import { Work } from './work.ts';

export class PasskeysSectionElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = { named: { state: true } };
  /** Whose name is being changed. */
  declare named: string;

  constructor() {
    super();
    this.named = '';
  }

  #passkeys = new EagerResource<PasskeysAnswer>(this, () => get('me/passkeys'));
  #work = new Work(this);

  protected override render() {
    return html`<section>
      <h2>Passkeys</h2>
      <p class="muted small">Sign in with this device’s screen lock or a security key instead of an e-mail.</p>
      ${this.#passkeys.show((list) => this.#list(list))} ${this.#work.show()}
    </section>`;
  }

  #list({ passkeys, mayAdd }: PasskeysAnswer) {
    return html`${passkeys.length > 0 ? table('Passkeys', ['Name', ['Last used', 'wide'], 'Actions'], passkeys.map(this.#row)) : ''}
      ${
        mayAdd
          ? html`<form class="row" @submit=${this.#add}>
              <label for="passkey" class="unseen">Name of the new passkey</label>
              <input id="passkey" maxlength="60" placeholder="Name, such as Work laptop" autocomplete="off">
              <button aria-disabled=${this.#work.isBusy}>Add a passkey</button>
            </form>`
          : html`<p class="small">To add a passkey, sign in again: it is possible within an hour of signing in with your own account.</p>`
      }`;
  }

  #row = (passkey: PasskeyView) => {
    const { id, name, lastUsedAt } = passkey;
    const isNamed = this.named === id;
    return html`<tr>
      <th scope="row">${
        isNamed
          ? html`<form class="row" @submit=${(event: SubmitEvent) => this.#rename(event, id)}>
              <input name="name" aria-label="New name of ${name}" maxlength="60" .value=${name} required>
              <button>Save</button>
            </form>`
          : name
      }</th>
      <td class="wide nowrap">${lastUsedAt ? moment(lastUsedAt, 'UTC') : 'Never'}</td>
      <td class="nowrap">
        <button aria-label="Rename ${name}" @click=${() => this.#name(isNamed ? '' : id)}>${isNamed ? 'Cancel' : 'Rename'}</button>
        <button aria-label="Remove ${name}" @click=${() => this.#remove(passkey)}>Remove</button>
      </td>
    </tr>`;
  };

  async #name(id: string): Promise<void> {
    this.named = id;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLInputElement>('input[name=name]')?.select();
  }

  #add = async (event: SubmitEvent) => {
    event.preventDefault();
    const input = this.renderRoot.querySelector<HTMLInputElement>('#passkey');
    const name = input?.value.trim() || 'Passkey';
    await this.#do(async () => {
      const [{ startRegistration }, { passkeyProblem }] = await Promise.all([
        import('@simplewebauthn/browser'),
        import('./passkey-problem.ts'),
      ]);
      type Asked = Parameters<typeof startRegistration>[0]['optionsJSON'];
      const optionsJSON = await post<Asked>('me/passkeys/options');
      const response = await startRegistration({ optionsJSON }).catch(passkeyProblem);
      await post('me/passkeys', { name, response });
      if (input) input.value = '';
    }, 'Added.');
  };

  #rename = async (event: SubmitEvent, id: string) => {
    event.preventDefault();
    const name = String(new FormData(event.target as HTMLFormElement).get('name') ?? '').trim();
    await this.#do(() => send('PATCH', `me/passkeys/${id}`, { name }), 'Renamed.');
    this.named = '';
  };

  async #remove({ id, name }: PasskeyView): Promise<void> {
    const text = 'It no longer signs in. Your device may keep its own copy: delete it there too.';
    if (!(await confirm({ title: `Remove ${name}?`, text, action: 'Remove', danger: true }))) return;
    await this.#do(() => send('DELETE', `me/passkeys/${id}`), 'Removed.');
  }

  /** Whatever the outcome, what is shown afterwards is what the server has. */
  async #do(work: () => Promise<unknown>, done: string): Promise<void> {
    await this.#work.do(work, done);
    await this.#passkeys.load();
  }
}
customElements.define('passkeys-section', PasskeysSectionElement);
