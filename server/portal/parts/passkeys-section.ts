/** A person's own passkeys: adding one on this device, naming and removing them. */
import { html, LitElement } from 'lit';
import type { PasskeysAnswer, PasskeyView } from '../../contract.ts';
import { say } from '../language/words.ts';
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
      <h2>${say('passkeys')}</h2>
      <p class="muted small">${say('passkeysHelp')}</p>
      ${this.#passkeys.show((list) => this.#list(list))} ${this.#work.show()}
    </section>`;
  }

  #list({ passkeys, mayAdd }: PasskeysAnswer) {
    return html`${passkeys.length > 0 ? table(say('passkeys'), [say('name'), [say('lastUsed'), 'wide'], say('actions')], passkeys.map(this.#row)) : ''}
      ${
        mayAdd
          ? html`<form class="row" @submit=${this.#add}>
              <label for="passkey" class="unseen">${say('newPasskeyName')}</label>
              <input id="passkey" maxlength="60" placeholder=${say('newPasskeyHint')} autocomplete="off">
              <button aria-disabled=${this.#work.isBusy}>${say('addPasskey')}</button>
            </form>`
          : html`<p class="small">${say('addPasskeyAgain')}</p>`
      }`;
  }

  #row = (passkey: PasskeyView) => {
    const { id, name, lastUsedAt } = passkey;
    const isNamed = this.named === id;
    return html`<tr>
      <th scope="row">${
        isNamed
          ? html`<form class="row" @submit=${(event: SubmitEvent) => this.#rename(event, id)}>
              <input name="name" aria-label=${say('newNameOf', { name })} maxlength="60" .value=${name} required>
              <button>${say('save')}</button>
            </form>`
          : name
      }</th>
      <td class="wide nowrap">${lastUsedAt ? moment(lastUsedAt, 'UTC') : say('never')}</td>
      <td class="nowrap">
        <button aria-label=${say('renameWhat', { name })} @click=${() => this.#name(isNamed ? '' : id)}>${isNamed ? say('cancel') : say('rename')}</button>
        <button aria-label=${say('removeWho', { who: name })} @click=${() => this.#remove(passkey)}>${say('remove')}</button>
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
    const name = input?.value.trim() || say('passkey');
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
    }, say('added'));
  };

  #rename = async (event: SubmitEvent, id: string) => {
    event.preventDefault();
    const name = String(new FormData(event.target as HTMLFormElement).get('name') ?? '').trim();
    await this.#do(() => send('PATCH', `me/passkeys/${id}`, { name }), say('renamed'));
    this.named = '';
  };

  async #remove({ id, name }: PasskeyView): Promise<void> {
    const text = say('removePasskeyHelp');
    if (
      !(await confirm({
        title: say('removeTitle', { who: name }),
        text,
        action: say('remove'),
        danger: true,
      }))
    )
      return;
    await this.#do(() => send('DELETE', `me/passkeys/${id}`), say('removed'));
  }

  /** Whatever the outcome, what is shown afterwards is what the server has. */
  async #do(work: () => Promise<unknown>, done: string): Promise<void> {
    await this.#work.do(work, done);
    await this.#passkeys.load();
  }
}
customElements.define('passkeys-section', PasskeysSectionElement);
