/** Points a client's assistants at this server, so that their calls are reported and billed; previews the changes first. */
import { html } from 'lit';
import type { WireAnswer } from '../../contract.ts';
import { post } from './api.ts';
import { pathOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';
import { Work } from './work.ts';

export class WireBoxElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    answer: { state: true },
    eager: { attribute: false },
  };
  declare answer: WireAnswer | null;
  /** Shows the changes at once, so that consent is one click. */
  declare eager: boolean;

  constructor() {
    super();
    this.answer = null;
    this.eager = false;
  }

  #work = new Work(this);

  protected override reload(): void {
    this.answer = null;
    this.#work.clear();
    if (this.eager) void this.#wire(true);
  }

  protected override render() {
    const { isBusy } = this.#work;
    const changes = this.answer?.assistants.some(({ changed }) => changed) ?? false;
    return html`<section>
      <h2>Call reporting</h2>
      <p class="muted small">Vapi must report every call to this server. Reports that went to the assistant’s own server are forwarded to it.</p>
      ${this.answer ? this.#shown(this.answer) : ''}
      ${this.#work.show()}
      <p class="row">
        <button aria-disabled=${isBusy} @click=${() => this.#wire(true)}>Preview changes at Vapi</button>
        ${this.answer?.dryRun && changes ? html`<button class="main" aria-disabled=${isBusy} @click=${() => this.#wire(false)}>Apply changes</button>` : ''}
      </p>
    </section>`;
  }

  #shown({ dryRun, assistants, notes }: WireAnswer) {
    return html`<ul>
        ${assistants.map(
          ({ name, assistantId, changed, server, forwardUrl }) => html`<li class="breaks">
            ${name ?? assistantId}:
            ${
              changed
                ? html`${dryRun ? 'would report' : 'reports'} to ${server.after.url}${server.before?.url ? html` instead of ${server.before.url}` : ''}${forwardUrl ? html`, forwarded to ${forwardUrl}` : ''}`
                : 'already reports here'
            }
          </li>`,
        )}
      </ul>
      ${notes.map((note) => html`<p class="warn small">${note}</p>`)}`;
  }

  #wire(isDry: boolean): Promise<boolean> {
    const path = pathOf(this.scope, `/wire?dry-run=${isDry}`);
    return this.#work.do(
      async () => {
        this.answer = await post<WireAnswer>(path);
      },
      isDry ? '' : 'Done: Vapi now reports to this server.',
    );
  }
}
customElements.define('wire-box', WireBoxElement);
