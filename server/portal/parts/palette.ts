/** Finds pages, clients, invoices and calls from the keyboard: a combobox in the browser's own dialog. */
import { css, html, LitElement } from 'lit';
import type { Found, SearchAnswer } from '../../contract.ts';
import { get } from './api.ts';
import { icon } from './icons.ts';
import type { NavEntry } from './navigation.ts';
import { Resource } from './resource.ts';
import { shared } from './style.ts';

interface Option {
  href: string;
  icon: NavEntry['icon'];
  title: string;
  detail: string;
}

export class PaletteElement extends LitElement {
  static override styles = [
    shared,
    css`
      dialog { width: min(36rem, calc(100vw - 2rem)); margin-top: 12vh; padding: 0; overflow: hidden; border: 1px solid var(--line);
        border-radius: 0.625rem; background: var(--card); color: var(--text); box-shadow: var(--shadow); }
      dialog::backdrop { background: rgb(0 0 0 / 40%); }
      input { width: 100%; min-height: 3rem; padding: 0 1rem; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; font-size: 1rem; }
      input:focus-visible { outline: 0; }
      ul { max-height: 50vh; margin: 0; padding: 0.5rem; overflow-y: auto; list-style: none; }
      li { display: flex; gap: 0.75rem; align-items: center; min-height: 2.25rem; padding: 0 0.5rem; border-radius: 0.5rem; cursor: pointer; }
      li[aria-selected='true'] { background: var(--raised); }
      li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      li .detail { margin-inline-start: auto; color: var(--muted); font-size: 0.8125rem; }
      .icon { flex: none; color: var(--muted); }
      p { margin: 0; padding: 0 1rem 0.75rem; }
      p:empty { padding: 0; }
    `,
  ];
  static override properties = { entries: { attribute: false }, text: { state: true }, at: { state: true } };
  declare entries: readonly NavEntry[];
  declare text: string;
  /** Which option Enter opens. */
  declare at: number;

  constructor() {
    super();
    this.entries = [];
    this.text = '';
    this.at = 0;
  }

  /** Only the latest answer is shown, whatever order they arrive in. */
  #found = new Resource<Found[]>(this, async () => {
    const q = this.text.trim();
    if (q === '') return [];
    return (await get<SearchAnswer>(`billing/search?${new URLSearchParams({ q })}`)).found;
  });

  async open(): Promise<void> {
    await this.updateComplete;
    const dialog = this.renderRoot.querySelector('dialog');
    if (!dialog || dialog.open) return;
    this.#write('');
    dialog.showModal();
  }

  /** Which request the options wait for; null when they are those of the text. */
  #awaited: object | null = null;
  /** Enter was pressed before the answer: its first option is opened when it is there, unless more is typed. */
  #isEager = false;

  #write(text: string): void {
    this.text = text;
    this.at = 0;
    this.#isEager = false;
    const request = {};
    this.#awaited = request;
    void this.#found.load().then(() => {
      if (this.#awaited !== request) return;
      this.#awaited = null;
      if (this.#isEager) this.#openChosen();
      this.requestUpdate();
    });
  }

  #openChosen(): void {
    this.#isEager = false;
    const option = this.#options()[this.at];
    if (option && this.renderRoot.querySelector('dialog')?.open) this.#go(option);
  }

  #options(): Option[] {
    const wanted = this.text.trim().toLowerCase();
    const pages = this.entries
      .filter(({ label }) => label.toLowerCase().includes(wanted))
      .map(
        ({ view, label, icon: name }): Option => ({
          href: `#/${view}`,
          icon: name,
          title: label,
          detail: '',
        }),
      );
    const isCurrent = wanted !== '' && this.#awaited === null && this.#found.error === null;
    return [...pages, ...(isCurrent ? (this.#found.data ?? []).map(optionOf) : [])];
  }

  protected override render() {
    const options = this.#options();
    return html`<dialog aria-label="Search">
      <input role="combobox" aria-label="Search pages, clients, invoices, calls" placeholder="Search" maxlength="100"
        autocomplete="off" spellcheck="false" aria-expanded="true" aria-controls="options" aria-autocomplete="list"
        aria-activedescendant=${options.length > 0 ? `option-${this.at}` : ''}
        .value=${this.text} @input=${this.#entered} @keydown=${this.#key}>
      <ul id="options" role="listbox" aria-label="Results">
        ${options.map(
          (
            option,
            index,
          ) => html`<li role="option" id="option-${index}" aria-selected=${index === this.at ? 'true' : 'false'}
            @click=${() => this.#go(option)}>
            ${icon(option.icon)}<span>${option.title}</span><span class="detail">${option.detail}</span>
          </li>`,
        )}
      </ul>
      <p class="muted small" role="status">${this.#found.error ? this.#found.error.message : options.length > 0 ? '' : this.#awaited === null ? 'Nothing found.' : 'Searching…'}</p>
    </dialog>`;
  }

  #entered = (event: Event) => this.#write((event.target as HTMLInputElement).value);

  #key = (event: KeyboardEvent) => {
    const options = this.#options();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && options.length > 0) {
      event.preventDefault();
      this.at = (this.at + step + options.length) % options.length;
      void this.updateComplete.then(() =>
        this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }),
      );
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      if (options.length === 0 && this.#awaited !== null) this.#isEager = true;
      else this.#openChosen();
    }
  };

  #go({ href }: Option): void {
    this.renderRoot.querySelector('dialog')?.close();
    location.hash = href;
  }
}
customElements.define('portal-palette', PaletteElement);

function optionOf({ kind, tenant, id, title, detail }: Found): Option {
  const base = `#/tenants/${tenant}`;
  if (kind === 'client') return { href: base, icon: 'clients', title, detail };
  const view = kind === 'invoice' ? 'invoices' : 'calls';
  return { href: `${base}/${view}/${encodeURIComponent(id)}`, icon: view, title, detail };
}
