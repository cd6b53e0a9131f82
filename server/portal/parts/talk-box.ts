/**
 * "Talk to it now": a call in a dialog. Its page has an origin of its own (`TALK_URL`), because a call loads scripts of
 * another host. Closing the dialog removes that page, which ends the call.
 */
import { css, html, LitElement, type PropertyValues } from 'lit';
import type { TalkLink } from '../../contract.ts';
import { post } from './api.ts';
import { pathOf, type Scope } from './scope.ts';
import { shared } from './style.ts';
import { Work } from './work.ts';

/** Dispatched on the window when someone may have called. */
export const talkClosed = 'portal-talk-closed';

export class TalkBoxElement extends LitElement {
  static override styles = [
    shared,
    css`
      dialog { width: min(28rem, calc(100vw - 1rem)); max-width: none; padding: 0.75rem; border: 1px solid var(--line);
        border-radius: 0.75rem; background: var(--card); color: var(--text); }
      dialog::backdrop { background: rgb(0 0 0 / 50%); }
      iframe { display: block; width: 100%; height: min(38rem, calc(100dvh - 9rem)); margin-top: 0.75rem; border: 0;
        border-radius: 0.5rem; }
    `,
  ];
  static override properties = { scope: { attribute: false }, url: { state: true } };
  declare scope: Scope;
  /** Of the page in the dialog, while it is open. */
  declare url: string | null;
  #work = new Work(this);

  constructor() {
    super();
    this.url = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('message', this.#heard);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('message', this.#heard);
    this.url = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get('scope') as Scope | undefined;
    if (before && before.slug !== this.scope.slug) this.#dialog()?.close();
  }

  protected override render() {
    const { mayWrite, canTalk, name } = this.scope;
    if (!mayWrite) return '';
    if (!canTalk) {
      return html`<p class="muted small">To talk to it from here, give the server a second host name with the setting <code>TALK_URL</code>.</p>`;
    }
    return html`<button aria-disabled=${this.#work.isBusy} @click=${this.#open}>Talk to it now</button>
      ${this.#work.show()}
      <dialog aria-labelledby="title" @close=${this.#closed}>
        <div class="row"><h2 id="title">Talk to ${name}</h2><button @click=${this.#close}>Close</button></div>
        ${this.url ? this.#page(this.url) : ''}
      </dialog>`;
  }

  /** It can neither leave its frame nor open another page. */
  #page(url: string) {
    return html`<iframe
      src=${url}
      title="The agent of ${this.scope.name}"
      allow="microphone; autoplay; clipboard-write; screen-wake-lock"
      sandbox="allow-scripts allow-same-origin allow-forms allow-downloads"
      referrerpolicy="no-referrer"
    ></iframe>`;
  }

  #open = () =>
    this.#work.do(async () => {
      const { url } = await post<TalkLink>(pathOf(this.scope, '/talk'));
      this.url = url;
      await this.updateComplete;
      this.#dialog()?.showModal();
    });

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  #close = () => this.#dialog()?.close();

  #closed = () => {
    this.url = null;
    dispatchEvent(new Event(talkClosed));
  };

  /** Escape and the panel's own button end it, too; they are pressed inside the frame. */
  #heard = ({ source, origin, data }: MessageEvent) => {
    const frame = this.renderRoot.querySelector('iframe');
    if (frame && source === frame.contentWindow && origin === new URL(frame.src).origin && data === 'close')
      this.#close();
  };
}
customElements.define('talk-box', TalkBoxElement);
