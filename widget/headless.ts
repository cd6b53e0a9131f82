/**
 * The entry for pages that build their own interface: a call's state and events, without an element and without looks.
 *
 * ```js
 * import { createAgent } from 'https://HOST/headless/agent.js';
 * const agent = createAgent({ tenant: 'acme' });
 * agent.addEventListener('change', () => render(agent.state));
 * button.onclick = () => agent.start();
 * ```
 *
 * What holds for the element holds here: consent comes before the microphone, one call per browser, nothing is requested
 * before the first method. The page shows what the element would: while `state.askingConsent`, the text of
 * `agent.settings.consent`, and two buttons for `agree()` and `end()`.
 */
import type { Rating, VariableValues, WidgetConfig } from '../server/contract.ts';
import { CallController } from './call-controller.ts';
import type { AgentElement, Host } from './call-host.ts';
import type { CallState } from './call-state.ts';
import type { Chat } from './chat.ts';
import type { ToolDetail, VapiAgentEventMap } from './events.ts';
import { failureOf } from './failure.ts';
import { lazy } from './lazy.ts';
import { Announcer } from './panel/announcer.ts';
import { TenantSettings } from './panel/tenant-settings.ts';
import { english, type Language } from './strings/languages.ts';
import { ignore } from './waiting.ts';

export type { CallState } from './call-state.ts';
export type * from './events.ts';
export type { FailureCode } from './failure.ts';

export interface AgentOptions {
  /** The tenant's slug. */
  tenant: string;
  /** Base URL of the server. Defaults to where this script came from; a page's own bundle must name it. */
  server?: string;
  /** Id of the assistant, one of the tenant's `siteAssistantIds`. Defaults to the tenant's main one. */
  assistant?: string;
  /** Values for the assistant's prompt; the server passes on the names that the tenant allows. */
  variables?: VariableValues;
  /** Who the visitor is: a JWT signed by the site's server with the client's identity key. */
  identity?: string;
  /** What the visitor looks at, for the assistant. */
  context?: string;
  /** Language of error messages; defaults to the page's, then the browser's. */
  lang?: string;
}

/** The element's events of a call, and `change` after each change of {@link HeadlessAgent.state} or its settings. */
export interface AgentEventMap
  extends Omit<VapiAgentEventMap, 'vapi-agent-ready' | 'vapi-agent-open' | 'vapi-agent-close'> {
  change: Event;
}

/** Its events are also dispatched on `document`, as those of an element reach it. */
export interface HeadlessAgent {
  /** Frozen; another object after each change. */
  readonly state: CallState;
  /** The tenant's name, texts and terms; null until they are loaded, by `prepare()`, `start()` or `write()`. */
  readonly settings: WidgetConfig | null;
  /** Loads and requests ahead what a call needs. For a visitor's interest: a pointer, a finger, the focus. */
  prepare(): void;
  /** Starts a call; a no-op during one. Resolves when it is live, was cancelled or has failed; never rejects. */
  start(): Promise<void>;
  /** Hangs up, cancels the attempt, or declines the terms. Resolves when the page is free for the next call. */
  end(): Promise<void>;
  /** The visitor agrees to the terms that `state.askingConsent` asks for. */
  agree(): void;
  /** Forgets the visitor's consent, so that the next call asks again; ends a call in progress. */
  withdrawConsent(): Promise<void>;
  /** Replaces the signed identity for the next call or conversation; null for none. */
  identify(identity: string | null): void;
  /** Notifies the assistant of a live call, and of the next ones, of what the visitor looks at, without a word. */
  context(text: string): void;
  /**
   * Carries out a function of the tenant's `pageTools` for the assistant: what `run` returns or throws is reported to it.
   * Where the visitor must allow it (`detail.asked`), `run` asks first. @returns what removes it
   */
  registerTool(
    name: string,
    run: (values: ToolDetail['arguments'], detail: ToolDetail) => unknown,
  ): () => void;
  mute(): void;
  unmute(): void;
  /** Plays the sound that the browser has blocked (`state.soundBlocked`); must be called in a click. */
  playSound(): void;
  /** Sends text as the visitor's words into the live call. @returns false if there is none, or the text is too long */
  send(text: string): boolean;
  /**
   * A message of a written conversation, without a call; its answer arrives in `state.transcript`. Resolves to false when
   * it was not sent; the reason is in `state.chatFailure`. Never rejects.
   */
  write(text: string): Promise<boolean>;
  /** Of the last call. Resolves to false when it could not be sent, or there was none. Never rejects. */
  rate(rating: Rating, comment?: string): Promise<boolean>;
  addEventListener<Name extends keyof AgentEventMap>(
    name: Name,
    listener: (event: AgentEventMap[Name]) => void,
    options?: AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof AgentEventMap>(
    name: Name,
    listener: (event: AgentEventMap[Name]) => void,
  ): void;
}

/** @throws {TypeError} without a tenant */
export function createAgent(options: AgentOptions): HeadlessAgent {
  const { tenant, server, assistant, variables, identity, context, lang } = options;
  if (!tenant) throw new TypeError('createAgent() needs a tenant');
  // Never in the page: it names the tenant to the parts that the element shares with this, and carries the events.
  const place: AgentElement = Object.assign(document.createElement('i'), {
    show: ignore,
    close: ignore,
    attributeChangedCallback: ignore,
  });
  const attributes = {
    tenant,
    server,
    assistant,
    variables: variables && JSON.stringify(variables),
    identity,
    context,
    lang: lang ?? document.documentElement.lang,
  };
  for (const [name, value] of Object.entries(attributes)) if (value) place.setAttribute(name, value);

  const changed = (): void => void place.dispatchEvent(new Event('change'));
  let config: WidgetConfig | null = null;
  let language: Language = english;
  const shown = {
    get config() {
      return config;
    },
    set config(value) {
      config = value;
      changed();
    },
    hasConsent: false,
    get language() {
      return language;
    },
    set language(value) {
      language = value;
    },
    get strings() {
      return language.strings;
    },
  };
  const announcer = new Announcer(place, shown);
  const settings = new TenantSettings(place, shown, announcer, '');
  let chat: Promise<Chat> | null = null;

  const host: Host = {
    element: place,
    settings,
    loadCall: () => lazy(() => import('./vapi-call.ts')),
    beforeCall: () => announcer.beforeCall(),
    changed(state, before) {
      changed();
      announcer.changed(state, before);
    },
    keep: () => false,
    takeLeft: () => null,
    piece: (piece) => announcer.emit('vapi-agent-transcript', { ...piece }),
    volume: (role, level) => announcer.emit('vapi-agent-volume', { role, level }),
    failed(error, written) {
      announcer.tellDeveloper(error);
      // As for the element: what was refused may have changed at the server.
      if (failureOf(error).code !== 'network') settings.forget(true);
      if (written) announcer.failed(written);
    },
  };
  const controller = new CallController(host);

  function loadChat(): Promise<Chat> {
    chat ??= lazy(() => import('./chat.ts')).then((chunk) => new chunk.Chat(controller, host));
    chat.catch(() => {
      chat = null;
    });
    return chat;
  }

  async function end(): Promise<void> {
    (await chat?.catch(ignore))?.decline();
    await controller.end();
  }

  return {
    get state() {
      return controller.state;
    },
    get settings() {
      return config;
    },
    prepare() {
      controller.prepare(true);
      settings.load().catch(ignore);
    },
    start: () => controller.start(),
    end,
    agree: () => settings.agree(),
    async withdrawConsent() {
      await end();
      (await chat?.catch(ignore))?.forget();
      await settings.withdrawConsent();
    },
    identify: (identity) => place.setAttribute('identity', identity ?? ''),
    context: (text) => place.setAttribute('context', text),
    registerTool(name, run) {
      const carryOut = (event: Event): void => {
        const { detail } = event as CustomEvent<ToolDetail>;
        if (detail.name === name) detail.respondWith(() => run(detail.arguments, detail));
      };
      place.addEventListener('vapi-agent-tool', carryOut);
      return () => place.removeEventListener('vapi-agent-tool', carryOut);
    },
    mute: () => controller.setMuted(true),
    unmute: () => controller.setMuted(false),
    playSound: () => controller.playSound(),
    send: (text) => controller.send(text),
    async write(text) {
      const words = text.trim();
      if (!words) return false;
      try {
        return await (await loadChat()).write(words);
      } catch (error) {
        host.failed(error, failureOf(error));
        return false;
      }
    },
    rate(rating, comment = '') {
      const send = controller.feedbackSender();
      if (!send) return Promise.resolve(false);
      return send(rating, comment).then(
        () => true,
        () => false,
      );
    },
    addEventListener: (name: string, listener: (event: never) => void, options?: AddEventListenerOptions) =>
      place.addEventListener(name, listener as EventListener, options),
    removeEventListener: (name: string, listener: (event: never) => void) =>
      place.removeEventListener(name, listener as EventListener),
  };
}
