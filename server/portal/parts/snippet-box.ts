/** The snippet for a client's website, by website builder. */
import { html } from 'lit';
import type { LanguageCode, Platform, SnippetView, TenantView, VapiLookAnswer } from '../../contract.ts';
import { namesAtVapi } from '../pure/vapi-names.ts';
import { get } from './api.ts';
import './copy-field.ts';
import { Resource } from './resource.ts';
import { pathOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';

const platforms: readonly (readonly [Platform, string])[] = [
  ['html', 'Plain HTML'],
  ['wordpress', 'WordPress'],
  ['webflow', 'Webflow'],
  ['shopify', 'Shopify'],
  ['wix', 'Wix'],
  ['squarespace', 'Squarespace'],
  ['framer', 'Framer'],
  ['ghost', 'Ghost'],
  ['gtm', 'Google Tag Manager'],
];
const languages: LanguageCode[] = ['en', 'ar', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'tr', 'zh'];
const languageNames = new Intl.DisplayNames('en', { type: 'language' });

export class SnippetBoxElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    platform: { state: true },
    lang: { state: true },
    assistant: { state: true },
    tenant: { attribute: false },
  };
  declare platform: string;
  declare lang: string;
  /** Empty for the main one. */
  declare assistant: string;
  /** Needed only to choose between its assistants. */
  declare tenant: TenantView | undefined;

  constructor() {
    super();
    this.platform = 'html';
    this.lang = '';
    this.assistant = '';
  }

  #snippet = new Resource<SnippetView>(this, () => {
    const { platform, lang, assistant } = this;
    const more = { ...(lang ? { lang } : {}), ...(assistant ? { assistant } : {}) };
    return get(pathOf(this.scope, `/snippet?${new URLSearchParams({ platform, ...more })}`));
  });
  /** Only for names: without an answer the assistants are shown by id. */
  #found = new Resource<VapiLookAnswer>(this, () => get(pathOf(this.scope, '/vapi')));

  protected override reload(): void {
    if (!this.#others.includes(this.assistant)) this.assistant = '';
    void this.#snippet.load(true);
    if (this.#others.length > 0) void this.#found.load(true);
  }

  get #others(): string[] {
    const { assistantId, siteAssistantIds = [] } = this.tenant ?? {};
    return siteAssistantIds.filter((id) => id !== assistantId);
  }

  protected override render() {
    return html`<section>
      <h2>Website snippet</h2>
      <div class="row">
        <label>
          Website built with
          <select name="platform" @change=${this.#choose}>
            ${platforms.map(([platform, name]) => html`<option value=${platform} ?selected=${platform === this.platform}>${name}</option>`)}
          </select>
        </label>
        <label>
          Button language
          <select name="lang" @change=${this.#choose}>
            <option value="">Same as the page</option>
            ${languages.map((lang) => html`<option value=${lang} ?selected=${lang === this.lang}>${languageNames.of(lang)}</option>`)}
          </select>
        </label>
        ${this.#assistants()}
      </div>
      ${this.#snippet.show(
        ({ snippet, where, notes }) => html`<p class="muted small">${where}</p>
          <copy-field .label=${'Snippet'} .text=${snippet}></copy-field>
          ${notes.map((note) => html`<p class="muted small breaks">${note}</p>`)}`,
      )}
    </section>`;
  }

  #assistants() {
    if (this.#others.length === 0) return '';
    const names = new Map(this.#found.data ? namesAtVapi(this.#found.data) : []);
    const main = this.tenant?.assistantId ?? '';
    return html`<label>
      Assistant
      <select name="assistant" @change=${this.#choose}>
        <option value="">${names.get(main) ?? 'The main one'}</option>
        ${this.#others.map((id) => html`<option value=${id} ?selected=${id === this.assistant}>${names.get(id) ?? id}</option>`)}
      </select>
    </label>`;
  }

  #choose = (event: Event) => {
    const { name, value } = event.target as HTMLSelectElement;
    if (name === 'lang') this.lang = value;
    else if (name === 'assistant') this.assistant = value;
    else this.platform = value;
    void this.#snippet.load();
  };
}
customElements.define('snippet-box', SnippetBoxElement);
