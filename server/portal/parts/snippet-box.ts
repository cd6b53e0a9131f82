/** The snippet for a client's website, by website builder. */
import { html } from 'lit';
import type { LanguageCode, Platform, SnippetView } from '../../contract.ts';
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
  };
  declare platform: string;
  declare lang: string;

  constructor() {
    super();
    this.platform = 'html';
    this.lang = '';
  }

  #snippet = new Resource<SnippetView>(this, () => {
    const { platform, lang } = this;
    return get(
      pathOf(this.scope, `/snippet?${new URLSearchParams({ platform, ...(lang ? { lang } : {}) })}`),
    );
  });

  protected override reload(): void {
    void this.#snippet.load(true);
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
      </div>
      ${this.#snippet.show(
        ({ snippet, where, notes }) => html`<p class="muted small">${where}</p>
          <copy-field .label=${'Snippet'} .text=${snippet}></copy-field>
          ${notes.map((note) => html`<p class="muted small breaks">${note}</p>`)}`,
      )}
    </section>`;
  }

  #choose = (event: Event) => {
    const { name, value } = event.target as HTMLSelectElement;
    if (name === 'lang') this.lang = value;
    else this.platform = value;
    void this.#snippet.load();
  };
}
customElements.define('snippet-box', SnippetBoxElement);
