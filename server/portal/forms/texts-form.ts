import { html } from 'lit';
import type { TenantView } from '../../contract.ts';
import { commonTexts } from '../pure/common-texts.ts';
import { field } from './fields.ts';
import { TenantForm } from './tenant-form.ts';

/** The client's own words in the agent's panel; empty ones are shown in the visitor's language. */
export class TextsFormElement extends TenantForm {
  static override properties = { ...TenantForm.properties, added: { state: true } };
  /** Keys added besides the common ones and those with a text. */
  declare added: string[];

  constructor() {
    super();
    this.added = [];
  }

  protected readonly heading = 'Texts';

  protected override changes(body: { texts?: object }) {
    return { texts: body.texts ?? {} };
  }

  protected override fields({ texts }: TenantView) {
    const common = new Set(commonTexts.map(([key]) => key as string));
    const others = [...new Set([...Object.keys(texts), ...this.added])].filter((key) => !common.has(key));
    const one = (key: string, label: string, placeholder: string) =>
      field(this.form.errors, { name: `texts.${key}`, label, value: texts[key], placeholder, rows: 2 });
    return html`<p class="muted small">Empty fields use the standard text in the visitor’s language; your own text is shown to every visitor as written.</p>
      <div class="fields">
        ${commonTexts.map(([key, label, text]) => one(key, label, text))} ${others.map((key) => one(key, key, ''))}
      </div>
      <p class="row">
        <label>Other text, by key <input id="key" spellcheck="false" autocomplete="off"></label>
        <button type="button" @click=${this.#add}>Add</button>
      </p>`;
  }

  #add = async () => {
    const input = this.renderRoot.querySelector<HTMLInputElement>('#key');
    const key = input?.value.trim() ?? '';
    if (!input || !/^[a-zA-Z]{1,40}$/.test(key)) return;
    input.value = '';
    this.added = [...this.added, key];
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`[name="texts.${key}"]`)?.focus();
  };
}
customElements.define('texts-form', TextsFormElement);
