/** Asks before an action that cannot be undone. The browser's own dialog traps and restores the focus. */
import { css, html, LitElement } from 'lit';
import { say } from '../language/words.ts';
import { formStyle } from './form-style.ts';
import { shared } from './style.ts';

export interface Question {
  title: string;
  text: string;
  /** The button's text: a verb. */
  action: string;
  danger?: boolean;
  /** The label of a text required for a yes. */
  reason?: string;
}

export class ConfirmElement extends LitElement {
  static override styles = [
    shared,
    formStyle,
    css`
      dialog { width: min(28rem, calc(100vw - 2rem)); padding: 1.5rem; border: 1px solid var(--line);
        border-radius: 0.75rem; background: var(--card); color: var(--text); }
      dialog::backdrop { background: rgb(0 0 0 / 50%); }
      .row { justify-content: flex-end; }
    `,
  ];
  static override properties = { question: { state: true } };
  declare question: Question | null;
  #answer: (reason: string | null) => void = () => {};

  constructor() {
    super();
    this.question = null;
  }

  async ask(question: Question): Promise<string | null> {
    this.#answer(null);
    this.question = question;
    await this.updateComplete;
    this.renderRoot.querySelector('form')?.reset();
    const dialog = this.renderRoot.querySelector('dialog') as HTMLDialogElement;
    dialog.returnValue = '';
    dialog.showModal();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  protected override render() {
    const { title = '', text = '', action = '', danger = false, reason } = this.question ?? {};
    return html`<dialog aria-labelledby="title" aria-describedby="text" @close=${this.#closed}>
      <form method="dialog">
        <h2 id="title">${title}</h2>
        <p id="text">${text}</p>
        ${reason ? html`<p class="field"><label for="reason">${reason}</label><textarea id="reason" rows="2" maxlength="300" required></textarea></p>` : ''}
        <div class="row">
          <button value="" formnovalidate>${say('cancel')}</button>
          <button value="yes" class=${danger ? 'danger' : 'main'}>${action}</button>
        </div>
      </form>
    </dialog>`;
  }

  #closed = (event: Event) => {
    const said = this.renderRoot.querySelector('textarea')?.value.trim() ?? '';
    this.#answer((event.target as HTMLDialogElement).returnValue === 'yes' ? said : null);
  };
}
customElements.define('portal-confirm', ConfirmElement);

/** @returns whether the answer was yes */
export async function confirm(question: Question): Promise<boolean> {
  return (await askReason(question)) !== null;
}

/** @returns the reason given with a yes; null for a no */
export function askReason(question: Question): Promise<string | null> {
  let element = document.querySelector<ConfirmElement>('portal-confirm');
  if (!element) {
    element = document.createElement('portal-confirm') as ConfirmElement;
    document.body.append(element);
  }
  return element.ask(question);
}
