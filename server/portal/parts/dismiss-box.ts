/** Explains a call that Vapi has not confirmed, and dismisses it if Vapi never had it. */
import { html } from 'lit';
import { post } from './api.ts';
import { confirm } from './confirm.ts';
import { pathOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';
import { Work } from './work.ts';

/** @fires call-dismissed */
export class DismissBoxElement extends ScopedElement {
  #work = new Work(this);

  protected override reload(): void {
    this.#work.clear();
  }

  protected override render() {
    const { mayWrite } = this.scope;
    return html`<section>
      <h2>Not confirmed by Vapi</h2>
      <p>This call is known only from a webhook report; it is billed once Vapi confirms it. If Vapi never had it, someone knows the client’s webhook secret: change the secret, then dismiss the call.</p>
      ${this.#work.show()}
      ${mayWrite ? html`<button class="danger" aria-disabled=${this.#work.isBusy} @click=${this.#dismiss}>Dismiss</button>` : ''}
    </section>`;
  }

  #dismiss = async () => {
    const question = {
      title: 'Dismiss this call?',
      text: 'Vapi is asked once more. If it does not know the call, the call no longer counts.',
      action: 'Dismiss',
      danger: true,
    };
    if (!(await confirm(question))) return;
    const path = pathOf(this.scope, `/calls/${encodeURIComponent(this.item)}/dismiss`);
    const isDone = await this.#work.do(() => post(path));
    if (isDone) this.dispatchEvent(new CustomEvent('call-dismissed', { bubbles: true, composed: true }));
  };
}
customElements.define('dismiss-box', DismissBoxElement);
