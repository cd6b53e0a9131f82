/**
 * The panel: renders the state of the call and reports the visitor's actions. Owns focus and nothing else.
 *
 * It renders into the shadow root of `<vapi-agent>` itself, not into its own, so that the page's slots and `::part()`
 * reach it directly.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Consent, WidgetConfig } from '../../server/contract.ts';
import { microphoneHelpKey } from '../browser-help.ts';
import { type CallState, isActive, isStarting, type Speaker } from '../call-state.ts';
import { en, failureTexts, type StringKey, type Strings } from '../strings/en.ts';
import { english, type Language } from '../strings/languages.ts';
import { appearanceCss } from './appearance.ts';
import type { ComposerElement } from './composer.ts';
import { controls, type Intent } from './controls.ts';
import { icons } from './icons.ts';
import { panelStyle } from './panel-style.ts';
import { stageStyle } from './stage-style.ts';
import { transcriptView } from './transcript-view.ts';

/** Drawing later than this after a click feels slow. */
const drawnWithinMs = 100;

const baseSheet = new CSSStyleSheet();
// The stage first: the frame's rules for small screens override it.
baseSheet.replaceSync(stageStyle + panelStyle);

export class PanelElement extends LitElement {
  static override properties = {
    call: { attribute: false },
    config: { attribute: false },
    language: { attribute: false },
    open: { attribute: false },
    hasConsent: { attribute: false },
    extra: { attribute: false },
    composer: { attribute: false },
    now: { state: true },
  };

  declare call: CallState;
  declare config: WidgetConfig | null;
  declare language: Language;
  declare open: boolean;
  /** Whether there is a consent that the visitor may withdraw. */
  declare hasConsent: boolean;
  /** A part that only some visitors need, see extras.ts. */
  declare extra: (HTMLElement & { strings: Strings }) | null;
  /** Where the visitor writes; null in the mode `voice`. */
  declare composer: ComposerElement | null;
  /** Milliseconds since the epoch; ticks once a second while the call time is visible. */
  declare now: number;

  onIntent: (intent: Intent) => void = () => {};
  /** A click's effect comes before its picture: settles when the panel may draw. */
  goesAhead: () => Promise<void> = () => Promise.resolve();

  #ownSheet = new CSSStyleSheet();
  #clock: ReturnType<typeof setInterval> | undefined;
  #added = new Set<string>();
  #followsLog = true;
  #hadFocus = false;
  /** The consent is for a message, not for a call. */
  #writes = false;
  /** The dialog has the focus only until there is a main button again. */
  #waitsForMain = false;

  constructor() {
    super();
    this.config = null;
    this.language = english;
    this.open = false;
    this.hasConsent = false;
    this.extra = null;
    this.composer = null;
    this.now = 0;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const root = this.getRootNode() as ShadowRoot;
    if (!root.adoptedStyleSheets.includes(baseSheet)) {
      root.adoptedStyleSheets.push(baseSheet, this.#ownSheet);
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#tick(false);
  }

  /** Adds the style sheet of a part that was loaded later; once. */
  addStyle(text: string): void {
    if (this.#added.has(text)) return;
    this.#added.add(text);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    (this.getRootNode() as ShadowRoot).adoptedStyleSheets.push(sheet);
  }

  /** Moves the focus to the dialog, so that screen readers read it from the top. */
  focusDialog(): void {
    this.querySelector<HTMLElement>('[role=dialog]')?.focus();
  }

  /** A speaker's loudness, 0 to 1; bypasses rendering, because it changes ten times a second. */
  showLevel(role: Speaker, level: number): void {
    const meters = this.querySelectorAll<HTMLElement>(role === 'user' ? '[data-own-level]' : '.orb');
    for (const meter of meters) meter.style.setProperty('--_level', Math.min(1, level).toFixed(2));
  }

  /** A part below the conversation has grown: keeps the same lines visible. */
  followLog(): void {
    const log = this.querySelector('.log');
    if (log && this.#followsLog) log.scrollTop = log.scrollHeight;
  }

  /**
   * Draws with the next frame, since it is not visible sooner, after {@link goesAhead}; a hidden page has no frames,
   * and the wait is limited.
   */
  protected override async scheduleUpdate(): Promise<void> {
    await new Promise<void>((resolve) => {
      requestAnimationFrame(() => void this.goesAhead().then(resolve));
      setTimeout(resolve, drawnWithinMs);
    });
    super.scheduleUpdate();
  }

  /** Calculated when read, not when drawn: an event may need them earlier. */
  get strings(): Strings {
    const { strings } = this.language;
    const microphoneDeniedHelp = strings[microphoneHelpKey(navigator)];
    return { ...strings, microphoneDeniedHelp, ...known(this.config?.texts ?? {}) };
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('config')) {
      this.#ownSheet.replaceSync(appearanceCss(this.config?.appearance ?? {}));
    }
    this.#tick(this.isConnected && this.call.phase === 'live');
    this.#hadFocus = this.contains((this.getRootNode() as ShadowRoot).activeElement);
    const log = this.querySelector('.log');
    // Follows the conversation unless the visitor has scrolled up to read.
    if (this.extra) this.extra.strings = this.strings;
    if (this.composer) {
      this.composer.strings = this.strings;
      this.composer.busy = this.call.isWriting || isStarting(this.call);
    }
    this.#followsLog = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 48;
  }

  protected override updated(): void {
    this.followLog();
    const root = this.getRootNode() as ShadowRoot;
    if (this.open) this.#keepFocus(root);
    this.#labelLauncher(root);
  }

  protected override render(): TemplateResult {
    const { call, strings } = this;
    const name = this.config?.name ?? '';
    const dialogName = strings.panelName.replace('{name}', name || strings.assistant);
    const hasLog = call.transcript.length > 0;
    const language = this.#shownLanguage();
    return html`<section class="panel" part="panel" role="dialog" lang=${language?.code ?? nothing}
      dir=${language?.direction ?? nothing} tabindex="-1" ?hidden=${!this.open}
      aria-label=${dialogName} data-phase=${call.phase} @keydown=${this.#onKey}>
      <header part="header" role="none">
        <slot name="header">${this.#avatar(name)}<h2 part="title"><bdi>${name || strings.assistant}</bdi></h2></slot>
        <button class="icon" part="close" aria-label=${call.phase === 'live' ? strings.minimise : strings.close}
          @click=${() => this.onIntent('close')}>${call.phase === 'live' ? icons.minimise : icons.close}</button>
      </header>
      <div class="stage ${call.askingConsent || hasLog ? 'compact' : ''}" part="stage">${this.#stage()}</div>
      ${call.askingConsent ? consentView(this.config?.consent, strings) : nothing}
      <div class="note" part="notice" role="status">${this.#notice()}</div>
      <p class="unseen" role="status">${this.#isLastMinute() ? strings.endsSoon : ''}</p>
      ${transcriptView(call, strings, this.composer?.rich)}${this.extra}
      <footer part="footer" role="none">
        ${call.askingConsent ? nothing : this.composer}
        <div class="row">${controls(call, strings, this.showsSettings(), this.#isText(), (intent) => this.onIntent(intent))}</div>
        <p class="fine"><bdi>${strings.disclosure}</bdi>${this.#withdrawal()}</p>
      </footer>
    </section>`;
  }

  /**
   * Moves the focus from an element that is gone to its successor, now or, if nothing else takes it, a moment later.
   * Terms come before their buttons: a key meant for something else must not agree.
   */
  #keepFocus(root: ShadowRoot): void {
    const find = (selector: string) => this.querySelector<HTMLElement>(selector);
    this.#writes = (this.call.askingConsent || this.#writes) && !isActive(this.call);
    const isLost = this.#hadFocus && !root.activeElement;
    if (!isLost && !(this.#waitsForMain && root.activeElement === find('[role=dialog]'))) return;
    const next = find('.terms') ?? find(this.#writes || this.#isText() ? 'textarea' : '[data-main]');
    this.#waitsForMain = !next;
    if (next) next.focus();
    else this.focusDialog();
  }

  /** The language of our own texts. The tenant's are in the page's language, which may differ from the browser's. */
  #shownLanguage(): Language | null {
    const isMixed = Object.keys(this.config?.texts ?? {}).length > 0 && !this.language.isOfPage;
    return isMixed ? null : this.language;
  }

  #avatar(name: string): TemplateResult {
    const url = this.config?.appearance.avatarUrl;
    const initial = name.slice(0, 1);
    // Requested when visible, not on intent. If it cannot be loaded, the initial replaces it.
    const image = html`<img src=${url} alt="" loading="lazy" referrerpolicy="no-referrer"
      @error=${({ target }: { target: Element }) => target.replaceWith(initial)}>`;
    return html`<span class="avatar" part="avatar" aria-hidden="true">${url ? image : initial || html`<i></i>`}</span>`;
  }

  #stage(): TemplateResult {
    const { call } = this;
    const { title, help, turn } = this.#words();
    // As properties: a translation of the page replaces text nodes, and those would no longer be ours.
    return html`<div class="orb" part="orb" aria-hidden="true">${
      call.phase === 'error' ? icons.notice : html`<i></i>`
    }</div>
      <div class="words">
        <p class="status" part="status" role="status"><bdi .textContent=${title}></bdi>${
          help ? html` <span class="help"><bdi .textContent=${help}></bdi></span>` : nothing
        }</p>
        ${turn ? html`<p class="turn" aria-hidden="true"><bdi .textContent=${turn}></bdi></p>` : nothing}
        ${
          call.liveSince !== null && call.phase !== 'error'
            ? html`<p class="time" part="time" role="timer" aria-label=${this.strings.callTime} .textContent=${this.#time()}></p>`
            : nothing
        }
      </div>`;
  }

  showsSettings(): boolean {
    return this.extra?.localName === 'vapi-agent-settings';
  }

  /** Whether there is only text: no call to start. */
  #isText(): boolean {
    return (this.getRootNode() as ShadowRoot).host?.getAttribute('mode') === 'chat';
  }

  /** One at a time: what the visitor can act on comes first. */
  #notice(): TemplateResult | typeof nothing {
    const { call, strings } = this;
    if (call.soundBlocked) {
      return html`<button class="primary" part="button play-sound" @click=${() => this.onIntent('play-sound')}>${strings.playSound}</button>`;
    }
    const text =
      call.network === 'lost'
        ? strings.noticeReconnecting
        : call.unheard
          ? strings.noticeUnheard
          : call.network === 'weak'
            ? strings.noticeNetwork
            : call.chatFailure
              ? this.composer?.trouble(call.chatFailure)
              : call.isWriting && !call.askingConsent
                ? strings.messageWriting
                : '';
    return text ? html`<bdi>${text}</bdi>` : nothing;
  }

  #withdrawal(): TemplateResult | typeof nothing {
    return this.hasConsent && !this.call.askingConsent
      ? html` <button class="link" part="withdraw" @click=${() => this.onIntent('withdraw')}>${this.strings.consentWithdraw}</button>`
      : nothing;
  }

  /** `turn` changes too often to be announced; everything else is announced. */
  #words(): { title: string; help?: string; turn?: string } {
    const { call, strings } = this;
    if (call.askingConsent) return { title: strings.consentTitle };
    switch (call.phase) {
      case 'idle':
        if (call.offersRejoin) return { title: strings.rejoinTitle, help: strings.rejoinHelp };
        return {
          title: strings.greeting,
          help: this.#isText() ? strings.chatGreetingHelp : strings.greetingHelp,
        };
      case 'preparing':
        return call.askingMicrophone
          ? { title: strings.statusMicrophone, help: strings.statusMicrophoneHelp }
          : { title: strings.statusConnecting };
      case 'connecting':
        return { title: strings.statusConnecting };
      case 'live': {
        const turn = call.speaking === 'assistant' ? strings.statusSpeaking : strings.statusListening;
        return { title: strings.statusLive, turn: call.muted ? strings.statusMuted : turn };
      }
      case 'ending':
        return { title: strings.statusEnding };
      case 'ended':
        return {
          title: strings.statusEnded,
          help: strings[endedHelp[call.endedReason ?? ''] ?? 'endedHelp'],
        };
      case 'error':
        return call.failure ? failureTexts(strings, call.failure.code) : { title: strings.statusEnded };
    }
  }

  /** The call's length; in its last minute also the remaining time. */
  #time(): string {
    const length = clock(this.#seconds());
    if (!this.#isLastMinute()) return length;
    const left = Math.max(0, (this.call.maxSeconds ?? 0) - this.#seconds());
    return `${length} · ${this.strings.timeLeft.replace('{time}', clock(left))}`;
  }

  #seconds(): number {
    const { liveSince, seconds } = this.call;
    return seconds ?? Math.max(0, Math.floor((this.now - (liveSince ?? this.now)) / 1000));
  }

  #isLastMinute(): boolean {
    const { phase, maxSeconds } = this.call;
    return phase === 'live' && maxSeconds !== null && maxSeconds - this.#seconds() <= 60;
  }

  /** From now on in the visitor's language. During a call behind a closed panel, it leads back to the call. */
  #labelLauncher(root: ShadowRoot): void {
    const label = root.querySelector('[part=label]') as HTMLElement;
    const node = label.firstChild;
    const { call, strings } = this;
    const text =
      call.phase === 'live' || call.offersRejoin
        ? strings.backToCall
        : (root.host.getAttribute('label') ?? strings.launcher);
    if (label.textContent === text) return;
    if (node instanceof Text) node.data = text;
    else label.textContent = text;
  }

  #onKey = (event: KeyboardEvent): void => {
    // A held key was meant for the previous button.
    if (event.repeat && event.key === 'Enter') event.preventDefault();
    // Safari ends a composition first; the key that ended it follows, with this code.
    if (event.key !== 'Escape' || event.isComposing || event.keyCode === 229 || event.defaultPrevented)
      return;
    this.onIntent('close');
  };

  #tick(on: boolean): void {
    if (on === (this.#clock !== undefined)) return;
    if (on) {
      this.now = Date.now();
      this.#clock = setInterval(() => {
        this.now = Date.now();
      }, 1000);
    } else {
      clearInterval(this.#clock);
      this.#clock = undefined;
    }
  }
}

const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** What the tenant wants agreed to, in the tenant's words. */
const consentView = (consent: Consent | undefined, strings: Strings): TemplateResult => html`<div
  class="terms" part="consent" tabindex="0"><bdi>${consent?.text}</bdi>${
    consent?.linkUrl
      ? html` <a href=${consent.linkUrl} target="_blank" rel="noopener noreferrer">${strings.consentMore}</a>`
      : nothing
  }</div>`;

const endedHelp: Partial<Record<string, StringKey>> = {
  'exceeded-max-duration': 'endedTimeUp',
  'silence-timed-out': 'endedSilence',
  'manually-canceled': 'endedByUs',
};

/** The tenant's texts whose keys are known. */
const known = (texts: Record<string, string>): Partial<Record<StringKey, string>> =>
  Object.fromEntries(Object.entries(texts).filter(([key]) => Object.hasOwn(en, key)));

/** A new panel; registers the tag the first time. */
export function definePanel(): PanelElement {
  if (!customElements.get('vapi-agent-panel')) customElements.define('vapi-agent-panel', PanelElement);
  return document.createElement('vapi-agent-panel') as PanelElement;
}
