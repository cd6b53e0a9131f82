/** Deletes a client, after a confirmation. */
import { html } from 'lit';
import { send } from './api.ts';
import { confirm } from './confirm.ts';
import { pathOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';
import { Work } from './work.ts';

export class DeleteBoxElement extends ScopedElement {
  #work = new Work(this);

  protected override reload(): void {
    this.#work.clear();
  }

  protected override render() {
    return html`<section>
      <h2>Delete client</h2>
      <p class="muted small">Its agents stop answering, its keys and sign-ins stop working, and its assistants report to where they did before. Its calls and invoices remain.</p>
      ${this.#work.show()}
      <p class="row"><button class="danger" aria-disabled=${this.#work.isBusy} @click=${this.#delete}>Delete client</button></p>
    </section>`;
  }

  #delete = async () => {
    const { name } = this.scope;
    const question = {
      title: `Delete ${name}?`,
      text: 'Agents stop answering; calls in progress end now. This cannot be undone.',
      action: 'Delete',
      danger: true,
    };
    if (!(await confirm(question))) return;
    const isDone = await this.#work.do(() => send('DELETE', pathOf(this.scope)));
    if (isDone) location.hash = '#/clients';
  };
}
customElements.define('delete-box', DeleteBoxElement);
