/**
 * `<vapi-agent>`: the launcher, and the element's attributes, methods and events.
 *
 * This file and what it imports statically are all that a page loads before the visitor shows intent, so it knows
 * nothing of calls, requests or Lit: the rest comes through the two `import()`s below.
 */

import { launcherStyle } from './launcher-style.ts';
import { load } from './load.ts';
import type { Agent } from './panel/mount.ts';

/** The heaviest chunk; it depends on nothing, so intent brings it beside the others. */
const loadCall = () => load(() => import('./vapi-call.ts'));

const sheet = new CSSStyleSheet();
sheet.replaceSync(launcherStyle);

/**
 * A voice agent on a page.
 *
 * Attributes: `tenant`, `server`, `mode`, `placement`, `theme`, `size`, `lang`, `label`, `open`, `eager`,
 * `rejoin`, `variables`; the README has the tables of attributes, events, custom properties, parts and slots.
 */
export class VapiAgent extends HTMLElement {
  static observedAttributes = ['tenant', 'server', 'label', 'open', 'lang', 'mode'];

  #agent: Promise<Agent | undefined> | undefined;
  #root = this.attachShadow({ mode: 'open' });
  /** Changed, never replaced: WebKit drops the click of a visitor whose press began on a node that is gone. */
  #label = new Text('Talk to us');
  #isReady = false;

  constructor() {
    super();
    const slot = document.createElement('slot');
    const icon = document.createElement('i');
    const label = document.createElement('span');
    const button = document.createElement('button');
    this.#root.adoptedStyleSheets = [sheet];
    slot.name = button.part = 'launcher';
    icon.part = 'icon';
    label.part = 'label';
    label.append(this.#label);
    button.ariaHasPopup = 'dialog';
    slot.append(icon, label);
    button.append(slot);
    this.#root.append(button);
    // A finger enters as it touches.
    button.onpointerenter = button.onfocus = this.#prepare;
    button.onclick = () => {
      // Chat and hybrid: the visitor may want to write.
      if (/h/.test(`${this.getAttribute('mode')}`)) this.show();
      else this.start();
    };
  }

  /** `idle | preparing | connecting | live | ending | ended | error`; also reflected as an attribute for CSS. */
  get state(): string {
    return this.getAttribute('state') ?? 'idle';
  }

  /** Shows the panel and starts a call; a no-op while one is on. Resolves when the call is live or has failed; never rejects. */
  async start(): Promise<void> {
    this.show();
    this.#prepare();
    await (await this.#load())?.start();
  }

  /** Hangs up, or gives up the attempt. Resolves when the call is over. */
  async end(): Promise<void> {
    await (await this.#agent)?.end();
  }

  /** Mutes the microphone of this call, or of the one that is being started. */
  async mute(): Promise<void> {
    (await this.#agent)?.mute(true);
  }

  async unmute(): Promise<void> {
    (await this.#agent)?.mute(false);
  }

  /** Sends a text as the visitor's words into the live call. Resolves with false when there is none or the text is too long. */
  async send(text: string): Promise<boolean> {
    return (await this.#agent)?.send(text) ?? false;
  }

  /** Forgets what the visitor has agreed to, so that the next call asks again; a call that is on ends. */
  async withdrawConsent(): Promise<void> {
    await (await this.#load())?.withdrawConsent();
  }

  /** Opens the panel; starts nothing. */
  show(): void {
    this.toggleAttribute('open', true);
  }

  /** Closes the panel; a call goes on, and the launcher shows it. */
  close(): void {
    this.toggleAttribute('open', false);
  }

  connectedCallback(): void {
    this.attributeChangedCallback('open');
    // The attribute tells nothing: a router's copy of a live element has it, too.
    if (this.#isReady) return;
    this.#isReady = true;
    this.setAttribute('state', 'idle');
    this.dispatchEvent(new CustomEvent('vapi-agent-ready', { bubbles: true, composed: true }));
    if (this.hasAttribute('eager'))
      import('./eager.ts').then(
        ({ whenSeen }) => whenSeen(this, () => this.#load()),
        () => {},
      );
    try {
      // The one look into storage before intent, and only where the tenant wants calls to go on from page to page.
      if (this.hasAttribute('rejoin') && sessionStorage['vapi-agent']) this.#load();
    } catch {
      // The page may store nothing.
    }
  }

  disconnectedCallback(): void {
    // A framework that moves the element takes it out and puts it back before this runs.
    setTimeout(() => this.isConnected || this.end());
  }

  attributeChangedCallback(name: string): void {
    if (name === 'label') this.#label.data = this.getAttribute(name) ?? 'Talk to us';
    const opens = name === 'open' && this.isConnected && this.hasAttribute(name);
    (opens ? this.#load() : this.#agent)?.then((agent) => agent?.changed(name));
  }

  #prepare = async (): Promise<void> => {
    if (this.getAttribute('mode') !== 'chat') loadCall().catch(() => {});
    (await this.#load())?.prepare();
  };

  #load(): Promise<Agent | undefined> {
    this.#agent ??= load(() => import('./panel/mount.ts')).then(
      ({ mount }) => mount(this, this.#root, import.meta.url, loadCall),
      () => {
        this.#agent = undefined;
        // Silent while it was only a guess that the visitor may want to talk.
        if (this.hasAttribute('open')) this.#label.data = 'No connection. Try again';
        this.close();
        return undefined;
      },
    );
    return this.#agent;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'vapi-agent': VapiAgent;
  }
}
