/**
 * `<vapi-agent>`: the launcher, and the element's attributes, methods and events.
 *
 * This file and its static imports are all that a page loads before the visitor shows intent, so it knows nothing about
 * calls, requests or Lit: the rest is loaded by the `import()`s below.
 */
import { launcherStyle } from './launcher-style.ts';
import { load } from './load.ts';
import type { Agent } from './panel/mount.ts';

const sheet = new CSSStyleSheet();
sheet.replaceSync(launcherStyle);

/**
 * A voice agent on a page: a launcher, and a panel with the call.
 *
 * These tags and the public members are the only list of the element's interface: `npm run references` generates the
 * manifest, the references and the types from it.
 *
 * @attr {string} tenant - The tenant's slug; required.
 * @attr {string} [assistant] - Id of the assistant, one of the tenant's `siteAssistantIds`. Defaults to the tenant's main
 *   one.
 * @attr {string} [server] - Base URL of the server. Defaults to where the script came from.
 * @attr {WidgetMode} [mode=voice] - Speech, text or both. With `chat` (text only) and `hybrid` (text before, during and
 *   after a call with its own button, in one transcript) the launcher opens the panel. The snippet writes the first of
 *   the tenant's `modes`.
 * @attr {Placement} [placement=bottom-right] - Where the launcher is. An open panel, and `eager`, follow the tenant's
 *   choice.
 * @attr {Theme} [theme=auto] - Colours of the panel. Defaults to the tenant's choice.
 * @attr {'small' | 'medium' | 'large'} [size=medium] - Size of the launcher; `small` is the icon only.
 * @attr {string} [lang] - Language of the texts. One of ar, de, en, es, fr, it, ja, nl, pl, pt, tr, zh; a region is
 *   ignored. Defaults to the page's language, then the browser's.
 * @attr {string} [label=Talk to us] - The launcher's text. `GET …/snippet?lang=de` writes it; without it the text is
 *   English until the panel is loaded, then in the visitor's language: no language is loaded before intent.
 * @attr {boolean} [open] - Present while the panel is shown; set it to open the panel.
 * @attr {boolean} [eager] - Loads the panel and the tenant's settings as soon as the element is visible and the browser
 *   is idle, not on intent. The launcher then has the tenant's looks without attributes; this costs each page view 20 kB
 *   and a request.
 * @attr {boolean} [rejoin] - Continues a call when the visitor moves to another page of the site in the same tab. Needs
 *   the tenant's `rejoinCalls`.
 * @attr {string} [variables={}] - JSON object of values for the assistant's prompt. The server passes on the names that
 *   the tenant allows. Anyone can change them.
 * @attr {string} [identity] - Who the visitor is: a JWT signed by the site's server with the client's identity key. Read
 *   when a call or conversation starts, so it can be set or replaced until then. A start with one that is forged, old or of
 *   another client is refused; the reason is in the console.
 * @attr {string} [context] - What the visitor looks at, for the assistant: read when a call is live and at each change, without
 *   a word being spoken. At most 1,500 characters; the tenant's `pageContext` adds title and address of the page.
 * @attr {'idle' | 'preparing' | 'connecting' | 'live' | 'ending' | 'ended' | 'error'} [state] - Read only, for CSS.
 *   Absent until the panel is first opened.
 *
 * @fires {CustomEvent<null>} vapi-agent-ready - The element is in the page.
 * @fires {CustomEvent<null>} vapi-agent-open - The panel is shown.
 * @fires {CustomEvent<null>} vapi-agent-close - The panel is hidden.
 * @fires {CustomEvent<BeforeCallDetail>} vapi-agent-before-call - Cancelable; fires before anything is asked or sent. The
 *   variables may be changed.
 * @fires {CustomEvent<ConsentDetail>} vapi-agent-consent - The visitor has agreed to the tenant's terms, or has withdrawn
 *   consent.
 * @fires {CustomEvent<CallStartDetail>} vapi-agent-call-start - The call is live.
 * @fires {CustomEvent<CallEndDetail>} vapi-agent-call-end - The call is over.
 * @fires {CustomEvent<TranscriptDetail>} vapi-agent-transcript - A piece of what is said.
 * @fires {CustomEvent<VolumeDetail>} vapi-agent-volume - How loud a speaker is, ten times a second.
 * @fires {CustomEvent<ToolDetail>} vapi-agent-tool - The assistant calls a function of the page, one of the tenant's `pageTools`.
 * @fires {CustomEvent<ErrorDetail>} vapi-agent-error - A call could not be started, or was interrupted.
 *
 * @slot launcher - Inside the launcher's button; must not contain buttons.
 * @slot header - Avatar and title of the panel.
 *
 * @cssproperty [--vapi-agent-accent=#14635c] - The brand's colour. Defaults to the tenant's.
 * @cssproperty --vapi-agent-on-accent - Text on the accent colour. Defaults to black or white, whichever passes AA.
 * @cssproperty --vapi-agent-surface - The panel's background. Defaults to the theme's.
 * @cssproperty --vapi-agent-text - The panel's text. Defaults to the theme's.
 * @cssproperty [--vapi-agent-radius=20px] - Radius of the panel's corners. Defaults to the tenant's.
 * @cssproperty [--vapi-agent-font=system-ui] - Font family.
 * @cssproperty [--vapi-agent-width=360px] - Width of the panel; below 481 px of screen it is a sheet at the bottom.
 * @cssproperty [--vapi-agent-height=560px] - Height of the panel.
 * @cssproperty [--vapi-agent-offset=20px] - Distance from the corner.
 * @cssproperty [--vapi-agent-z-index=2147483000] - Stacking order.
 *
 * @csspart launcher
 * @csspart icon
 * @csspart label
 * @csspart panel
 * @csspart header
 * @csspart avatar
 * @csspart title
 * @csspart close
 * @csspart stage
 * @csspart orb
 * @csspart status
 * @csspart time
 * @csspart notice
 * @csspart consent
 * @csspart transcript
 * @csspart line
 * @csspart user
 * @csspart assistant
 * @csspart settings
 * @csspart after-call
 * @csspart lead
 * @csspart leave-message
 * @csspart lead-form
 * @csspart send-message
 * @csspart feedback
 * @csspart footer
 * @csspart withdraw
 * @csspart button
 * @csspart start
 * @csspart end
 * @csspart mute
 * @csspart agree
 * @csspart decline
 * @csspart play-sound
 * @csspart copy
 * @csspart save
 * @csspart rate
 * @csspart send-feedback
 * @csspart composer
 * @csspart input
 * @csspart send
 * @csspart tool
 * @csspart allow
 * @csspart refuse
 */
export class VapiAgent extends HTMLElement {
  static observedAttributes = ['tenant', 'server', 'assistant', 'label', 'open', 'lang', 'mode'];

  // The lazy part defines one that follows the call, whatever a page does to the attribute.
  /** Same as the attribute, which is absent until the first change. */
  readonly state: string = 'idle';
  #agent: Promise<Agent | undefined> | undefined;
  #root = this.attachShadow({ mode: 'open' });
  /** Changed, never replaced: WebKit drops a click whose press began on a node that is gone. */
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
    // A touch also fires pointerenter.
    button.onpointerenter = button.onfocus = this.#prepare;
    button.onclick = (event) => {
      // The visitor may want to write, in the modes `chat` and `hybrid`.
      if (/[ty]/.test(this.getAttribute('mode') as string)) this.show();
      else this.start();
      // The page may have put us into a link or a label.
      event.preventDefault();
    };
  }

  /** Shows the panel and starts a call; a no-op during one. Resolves when the call is live or has failed; never rejects. */
  async start(): Promise<void> {
    this.show();
    this.#prepare();
    return (await this.#load())?.start();
  }

  /** Hangs up, or cancels the attempt. Resolves when the call is over. */
  async end(): Promise<void> {
    return (await this.#agent)?.end();
  }

  /** Mutes the microphone of this call, or of the one being started. */
  async mute(): Promise<void> {
    return (await this.#agent)?.mute(true);
  }

  /** Unmutes the microphone. */
  async unmute(): Promise<void> {
    return (await this.#agent)?.mute(false);
  }

  /** Sends text as the visitor's words into the live call. Resolves to false if there is none or the text is too long. */
  async send(text: string): Promise<boolean> {
    return (await this.#agent)?.send(text) ?? false;
  }

  /** Forgets the visitor's consent, so that the next call asks again; ends a call in progress. */
  async withdrawConsent(): Promise<void> {
    return (await this.#load())?.withdrawConsent();
  }

  /** Opens the panel; starts nothing. */
  show(): void {
    this.toggleAttribute('open', true);
  }

  /** Closes the panel; a call continues, and the launcher shows it. */
  close(): void {
    this.toggleAttribute('open', false);
  }

  connectedCallback(): void {
    this.attributeChangedCallback('open');
    if (this.#isReady) return;
    this.#isReady = true;
    this.dispatchEvent(new CustomEvent('vapi-agent-ready', { bubbles: true, composed: true }));
    if (this.#has('eager'))
      import('./eager.ts').then(
        ({ whenSeen }) => whenSeen(this, () => this.#load()),
        () => {},
      );
    try {
      // The only read of storage before intent, and only if the tenant lets calls continue from page to page.
      if (this.#has('rejoin') && sessionStorage['vapi-agent']) this.#load();
    } catch {
      // The page may not store anything.
    }
  }

  disconnectedCallback(): void {
    // A framework that moves the element removes it and puts it back before this runs.
    setTimeout(() => this.isConnected || this.attributeChangedCallback('gone'));
  }

  attributeChangedCallback(name: string): void {
    if (name === 'label') this.#label.data = this.getAttribute(name) ?? 'Talk to us';
    const isOpen = this.#has('open');
    if (!isOpen) this.close();
    const opens = name === 'open' && this.isConnected && isOpen;
    (opens ? this.#load() : this.#agent)?.then((agent) => agent?.changed(name));
  }

  /** Page builders write booleans as text. */
  #has(name: string): boolean {
    return (this.getAttribute(name) ?? 'false') !== 'false';
  }

  #prepare = async (): Promise<void> => {
    if (this.getAttribute('mode') !== 'chat') this.#loadCall().catch(() => {});
    (await this.#load())?.prepare();
  };

  #import = <Module>(importer: () => Promise<Module>) => load(importer, this.getAttribute('server'));

  /** The heaviest chunk; it depends on nothing, so it is loaded on intent in parallel with the others. */
  #loadCall = () => this.#import(() => import('./vapi-call.ts'));

  #load(): Promise<Agent | undefined> {
    this.#agent ??= this.#import(() => import('./panel/mount.ts')).then(
      ({ mount }) => mount(this, this.#root, '', this.#loadCall),
      () => {
        this.#agent = undefined;
        // Silent while the visitor's intent was only a guess.
        if (this.#has('open')) this.#label.data = 'No connection';
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
