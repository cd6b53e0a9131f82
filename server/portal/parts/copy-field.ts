/** A text to paste elsewhere: selectable, and copied with one press. */
import { css, html, LitElement } from 'lit';
import { say } from '../language/words.ts';
import { formStyle } from './form-style.ts';
import { shared } from './style.ts';

export class CopyFieldElement extends LitElement {
  static override styles = [
    shared,
    formStyle,
    css`
      .row { align-items: end; }
      .field { flex: 1 1 18rem; }
      [readonly] { color: inherit; font: 0.875rem/1.5 ui-monospace, monospace; }
      textarea { field-sizing: content; max-height: 20rem; }
    `,
  ];
  static override properties = {
    label: { attribute: false },
    text: { attribute: false },
    isCopied: { state: true },
  };
  declare label: string;
  declare text: string;
  declare isCopied: boolean;

  constructor() {
    super();
    this.isCopied = false;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('text')) this.isCopied = false;
  }

  protected override render() {
    const { label, text } = this;
    const rows = text.split('\n').length;
    const select = (event: Event) => (event.target as HTMLInputElement).select();
    return html`<div class="row">
      <div class="field">
        <label for="text">${label}</label>
        ${
          rows > 1
            ? html`<textarea id="text" readonly rows=${Math.min(rows + 1, 12)} .value=${text} @focus=${select}></textarea>`
            : html`<input id="text" readonly .value=${text} @focus=${select}>`
        }
      </div>
      <button type="button" @click=${this.#copy}>${say('copy')}</button>
      <span role="status">${this.isCopied ? say('copied') : ''}</span>
    </div>`;
  }

  #copy = async () => {
    try {
      await navigator.clipboard.writeText(this.text);
      this.isCopied = true;
    } catch {
      // Without permission or https, the user copies it from the field.
      this.renderRoot.querySelector<HTMLElement>('#text')?.focus();
    }
  };
}
customElements.define('copy-field', CopyFieldElement);
