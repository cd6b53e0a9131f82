/** A short report of what was done, for actions whose place on the page is gone or far away. */
import { css, html, LitElement } from 'lit';
import { shared } from './style.ts';

const shownMs = 6000;

export class ToastElement extends LitElement {
  static override styles = [
    shared,
    css`
      :host { position: fixed; z-index: 3; right: 1rem; bottom: calc(1rem + var(--tabs, 0px)); left: 1rem; pointer-events: none; }
      p { display: flex; align-items: center; gap: 0.75rem; width: fit-content; max-width: 30rem; margin-block: 0; margin-inline: auto 0;
        padding: 0.625rem 1rem; border: 1px solid var(--line); border-radius: 0.625rem; background: var(--raised);
        box-shadow: var(--shadow); pointer-events: auto; animation: rise 150ms ease-out; }
      p:empty { display: none; }
      @keyframes rise { from { opacity: 0; transform: translateY(0.5rem); } }
      @media (prefers-reduced-motion: reduce) { p { animation: none; } }
    `,
  ];
  static override properties = { text: { state: true } };
  declare text: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.text = '';
  }

  say(text: string): void {
    clearTimeout(this.#timer);
    this.text = text;
    this.#timer = setTimeout(() => {
      this.text = '';
    }, shownMs);
  }

  protected override render() {
    return html`<div role="status">${this.text ? html`<p>${this.text}</p>` : ''}</div>`;
  }
}
customElements.define('portal-toast', ToastElement);

/** @param text a sentence, such as “Acme Bakery is paused.” */
export function toast(text: string): void {
  let element = document.querySelector<ToastElement>('portal-toast');
  if (!element) {
    element = document.createElement('portal-toast') as ToastElement;
    document.body.append(element);
  }
  const present = element;
  // Screen readers announce only changes to a region that already exists.
  void present.updateComplete.then(() => present.say(text));
}
