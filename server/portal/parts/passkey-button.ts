/** Signs in with a passkey; loaded only for someone who is signed out. */
import { startAuthentication } from '@simplewebauthn/browser';
import { html, LitElement } from 'lit';
import type { PasskeySignedIn } from '../../contract.ts';
import { say } from '../language/words.ts';
import { post } from './api.ts';
import { passkeyProblem } from './passkey-problem.ts';
import { shared } from './style.ts';
import { Work } from './work.ts';

type Asked = Parameters<typeof startAuthentication>[0]['optionsJSON'];

export class PasskeyButtonElement extends LitElement {
  static override styles = [shared];
  #work = new Work(this);

  protected override render() {
    if (!('PublicKeyCredential' in window)) return html``;
    return html`<p><button @click=${this.#signIn} aria-disabled=${this.#work.isBusy}>${say('passkeySignIn')}</button></p>
      ${this.#work.show()}`;
  }

  #signIn = () =>
    this.#work.do(async () => {
      const optionsJSON = await post<Asked>('passkey-sign-in/options');
      const response = await startAuthentication({ optionsJSON }).catch(passkeyProblem);
      const { mayChoose } = await post<PasskeySignedIn>('passkey-sign-in', { response });
      if (mayChoose) location.assign('choose');
      else location.reload();
    });
}
customElements.define('passkey-button', PasskeyButtonElement);
