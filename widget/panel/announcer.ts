/** What the page and its developer are notified of: events in the visitor's language and, rarely, a console message. */
import type { VariableValues } from '../../server/contract.ts';
import type { AgentElement } from '../call-host.ts';
import type { CallState } from '../call-state.ts';
import type { VapiAgentEventMap } from '../events.ts';
import type { Failure } from '../failure.ts';
import { lazy } from '../lazy.ts';
import { failureTexts } from '../strings/en.ts';
import { chooseLanguage, loadLanguage } from '../strings/languages.ts';
import { ignore } from '../waiting.ts';
import type { PanelElement } from './panel.ts';

/** The panel, as far as it is not seen. */
export type Spoken = Pick<PanelElement, 'language' | 'strings'>;

export class Announcer {
  /** Changes when a router replaces the element during a call. */
  element: AgentElement;
  #panel: Spoken;
  /** The panel shows nothing until the visitor's language is loaded; null when there is nothing to wait for. */
  #language: Promise<void> | null = null;

  constructor(element: AgentElement, panel: Spoken) {
    this.element = element;
    this.#panel = panel;
    this.applyLanguage();
  }

  applyLanguage(): void {
    const panel = this.#panel;
    const { code, isOfPage } = chooseLanguage(this.element);
    if (code === 'en' && panel.language.code === 'en') panel.language = { ...panel.language, isOfPage };
    else {
      this.#language = loadLanguage(code, isOfPage).then((loaded) => {
        this.#language = null;
        panel.language = loaded;
      });
    }
  }

  /** Now, or when the visitor's language is loaded. */
  onceSpoken(then: () => void): void {
    if (this.#language) void this.#language.then(then);
    else then();
  }

  emit<Name extends keyof VapiAgentEventMap>(
    name: Name,
    detail: VapiAgentEventMap[Name]['detail'],
    cancelable = false,
  ): boolean {
    const element = this.element;
    const event = new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable });
    // The page is also notified about an element that was removed: its call ends after that.
    return element.dispatchEvent(event) && (element.isConnected || document.dispatchEvent(event));
  }

  /** Lets the page decide: the variables of the call, or null to cancel it. */
  beforeCall(): VariableValues | null {
    const detail = { variables: this.#variables() };
    return this.emit('vapi-agent-before-call', detail, true) ? detail.variables : null;
  }

  /** The events that result from a change of the call. */
  changed(state: CallState, before: CallState): void {
    const { callId, failure, isRejoined: rejoined, seconds, endedReason: reason } = state;
    if (state.phase === 'live' && before.phase !== 'live')
      this.emit('vapi-agent-call-start', { callId, rejoined });
    if (seconds !== null && before.seconds === null)
      this.emit('vapi-agent-call-end', { callId, seconds, reason });
    if (failure && failure !== before.failure) this.onceSpoken(() => this.failed(failure));
  }

  failed(failure: Failure): void {
    const { title, help } = failureTexts(this.#panel.strings, failure.code);
    this.emit('vapi-agent-error', { ...failure, message: `${title}. ${help}` });
  }

  /** Loads the console message if there is one; without a network it is skipped. */
  tellDeveloper(error: unknown): void {
    lazy(() => import('../tell-developer.ts')).then(
      (chunk) => chunk.tellDeveloper(error, this.element),
      ignore,
    );
  }

  /** A mistake in the page's `variables` does not prevent the call; it is reported to the developer. */
  #variables(): VariableValues {
    const text = this.element.getAttribute('variables');
    if (!text) return {};
    try {
      const values: unknown = JSON.parse(text);
      if (typeof values === 'object' && values && !Array.isArray(values)) return values as VariableValues;
    } catch {
      // Reported below.
    }
    this.tellDeveloper('variables');
    return {};
  }
}
