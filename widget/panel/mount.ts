/**
 * Root of the lazy part: joins the element to its controller and its panel. Requests nothing and shows nothing by
 * itself; what the visitor or the page asks for comes through {@link Agent}.
 */
import type { VariableValues, WidgetConfig } from '../../server/contract.ts';
import { CallController } from '../call-controller.ts';
import type { AgentElement, CallHost } from '../call-host.ts';
import { type CallState, isActive, isStarting } from '../call-state.ts';
import { forgetConsent, hasConsented, rememberConsent } from '../consent-memory.ts';
import type { VapiAgentEventMap } from '../events.ts';
import { CallError, type Failure } from '../failure.ts';
import { lazy } from '../lazy.ts';
import type { LeftCalls } from '../left-call.ts';
import { createSessionApi, type SessionApi } from '../session-api.ts';
import { failureTexts } from '../strings/en.ts';
import { chooseLanguage, loadLanguage } from '../strings/languages.ts';
import { ignore } from '../waiting.ts';
import { Extras } from './extras.ts';
import { definePanel, type PanelElement } from './panel.ts';

/** What the launcher can ask of the lazy part. */
export interface Agent {
  /** Intent: fetch ahead. */
  prepare(): void;
  start(): Promise<void>;
  end(): Promise<void>;
  mute(muted: boolean): void;
  send(text: string): boolean;
  /** Forgets what the visitor has agreed to; a call that is on ends. */
  withdrawConsent(): Promise<void>;
  /** One of the observed attributes has changed. */
  changed(attribute: string): void;
}

type Detail<Name extends keyof VapiAgentEventMap> = VapiAgentEventMap[Name]['detail'];

/**
 * @param scriptUrl where the launcher's code came from: our server, unless the attribute `server` says otherwise.
 * @param loadCall brings the call chunk.
 */
export function mount(
  host: AgentElement,
  root: ShadowRoot,
  scriptUrl: string,
  loadCall: CallHost['loadCall'],
): Agent {
  const launcher = root.querySelector('button') as HTMLButtonElement;
  const panel: PanelElement = definePanel();
  let isOpen = false;
  /** Until the visitor's language is here the panel shows nothing; null when there is nothing to wait for. */
  let language: Promise<void> | null = null;
  let configFor = '';
  let config: Promise<WidgetConfig> | null = null;
  let agree: () => void = () => {};
  /** What carries a call from page to page; null where leaving the page ends it. */
  let leftCalls: LeftCalls | null = null;

  const emit = <Name extends keyof VapiAgentEventMap>(
    name: Name,
    detail: Detail<Name>,
    cancelable = false,
  ): boolean => {
    const event = new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable });
    // What was taken out of the page is heard of there all the same: its call ends after that.
    return host.dispatchEvent(event) && (host.isConnected || document.dispatchEvent(event));
  };

  /** Now, or when the visitor's language is here. */
  const onceSpoken = (then: () => void): void => {
    if (language) void language.then(then);
    else then();
  };

  const tenant = (): string | null => host.getAttribute('tenant');
  const api = (): SessionApi => {
    const slug = tenant();
    if (!slug) throw new CallError('misconfigured', '<vapi-agent> needs the attribute tenant');
    return createSessionApi(server(), slug, () => panel.config);
  };
  const server = (): string =>
    new URL(host.getAttribute('server') ?? new URL('.', scriptUrl), document.baseURI).href;

  const shared = {
    api,
    beforeCall() {
      const detail = { variables: readVariables(host) };
      return emit('vapi-agent-before-call', detail, true) ? detail.variables : null;
    },
    consent(ask: () => void) {
      // Known already as a rule: then the start goes on in the same breath, ahead of the drawing of the panel.
      return config && panel.config && isAgreed(panel.config) ? null : agreement(ask);
    },
  };

  const isAgreed = ({ tenant, consent }: WidgetConfig): boolean =>
    !consent || hasConsented(tenant, consent.version);

  async function agreement(ask: () => void): Promise<void> {
    const settings = await loadConfig();
    const { tenant, consent } = settings;
    if (!consent || isAgreed(settings)) return;
    await new Promise<void>((resolve) => {
      agree = resolve;
      ask();
    });
    rememberConsent(tenant, consent.version);
    panel.hasConsent = true;
    emit('vapi-agent-consent', { version: consent.version, given: true });
  }

  const controller = new CallController({
    ...shared,
    loadCall,
    changed(state, before) {
      panel.call = state;
      host.setAttribute('state', state.phase);
      announce(state, before);
      // What the visitor has to tap must be in sight.
      if (state.offersRejoin || (state.isRejoined && state.soundBlocked)) host.show();
      extras.follow(state, before).catch(ignore);
    },
    keep: (call) => leftCalls?.keep(call),
    takeLeft: () => leftCalls?.take(),
    piece: (piece) => emit('vapi-agent-transcript', { ...piece }),
    volume(role, level) {
      panel.showLevel(role, level);
      emit('vapi-agent-volume', { role, level });
    },
    failed: (error) => tellDeveloper(error, host),
  });

  const extras = new Extras(panel, controller, {
    ...shared,
    consent: async (ask) => (await shared.consent(ask)) ?? undefined,
    failed(error, failure) {
      tellDeveloper(error, host);
      emit('vapi-agent-error', errorDetail(failure));
    },
  });

  function announce(state: CallState, before: CallState): void {
    const { callId, failure, isRejoined: rejoined } = state;
    if (state.phase === 'live' && before.phase !== 'live')
      emit('vapi-agent-call-start', { callId, rejoined });
    if (state.seconds !== null && before.seconds === null) {
      emit('vapi-agent-call-end', { callId, seconds: state.seconds, reason: state.endedReason });
    }
    if (failure && failure !== before.failure) {
      onceSpoken(() => emit('vapi-agent-error', errorDetail(failure)));
      // It may be that the terms have changed: the next attempt reads them anew.
      if (failure.code === 'call_denied') config = null;
    }
  }

  const errorDetail = (failure: Failure): Detail<'vapi-agent-error'> => {
    const { title, help } = failureTexts(panel.strings, failure.code);
    return { ...failure, message: `${title}. ${help}` };
  };

  /**
   * The tenant's settings, asked for once. Wanted as soon as there is intent; only a call waits for them, because they
   * say what the visitor has to agree to. After a failure they are asked for again.
   */
  function loadConfig(): Promise<WidgetConfig> {
    const key = `${server()} ${tenant()}`;
    if (config && configFor === key) return config;
    configFor = key;
    const asked = new Promise<WidgetConfig>((resolve) => resolve(api().widgetConfig()));
    config = asked;
    asked.then(
      (settings) => {
        if (config !== asked) return;
        panel.config = settings;
        panel.hasConsent = !!settings.consent && hasConsented(settings.tenant, settings.consent.version);
      },
      () => {
        if (config === asked) config = null;
      },
    );
    return asked;
  }

  async function withdrawConsent(): Promise<void> {
    await controller.end();
    // When the settings cannot be had there is no call either, so nothing can have been agreed to in this page.
    const settings = await loadConfig().catch(() => null);
    if (!settings?.consent) return;
    forgetConsent(settings.tenant);
    panel.hasConsent = false;
    emit('vapi-agent-consent', { version: settings.consent.version, given: false });
  }

  function setOpen(open: boolean): void {
    if (open === isOpen) return;
    isOpen = open;
    launcher.ariaExpanded = String(open);
    // Not when the page opens it by itself, for instance by the attribute: that must not take the focus away.
    const movesFocus = root.activeElement !== null || (open && navigator.userActivation?.isActive === true);
    if (open) {
      loadConfig().catch(ignore);
      compose();
    } else if (controller.state.askingConsent || controller.state.offersRejoin) decline();
    else if (!isActive(controller.state)) controller.reset();
    const show = (): void => {
      panel.open = isOpen;
      if (movesFocus) void panel.updateComplete.then(() => (isOpen ? panel.focusDialog() : launcher.focus()));
    };
    onceSpoken(show);
    emit(open ? 'vapi-agent-open' : 'vapi-agent-close', null);
  }

  const compose = (): void => {
    if ((host.getAttribute('mode') ?? 'voice') !== 'voice') extras.compose().catch(ignore);
    else panel.composer = null;
  };

  panel.onIntent = (intent) => {
    if (intent === 'close') {
      // Who closes it now does not expect to be listened to in a moment.
      if (isStarting(controller.state)) decline();
      host.close();
    } else if (intent === 'start') void controller.start();
    else if (intent === 'end') decline();
    else if (intent === 'agree') agree();
    else if (intent === 'withdraw') void withdrawConsent();
    else if (intent === 'settings') extras.toggleSettings().catch(ignore);
    else if (intent === 'play-sound') controller.playSound();
    else controller.setMuted(!controller.state.muted);
  };
  /** Hangs up, or says no to what is being asked. */
  function decline(): void {
    extras.decline();
    void controller.end();
  }

  function applyLanguage(): void {
    const { code, isOfPage } = chooseLanguage(host);
    if (code === 'en' && panel.language.code === 'en') panel.language = { ...panel.language, isOfPage };
    else {
      language = loadLanguage(code, isOfPage).then((loaded) => {
        language = null;
        panel.language = loaded;
      });
    }
  }

  panel.goesAhead = () => controller.calm;
  panel.call = controller.state;
  applyLanguage();
  root.append(panel);
  // An earlier attempt to load may have left its complaint there.
  host.attributeChangedCallback('label');
  if (host.hasAttribute('eager')) loadConfig().catch(ignore);
  if (host.hasAttribute('rejoin')) {
    lazy(() => import('../left-call.ts')).then((chunk) => {
      leftCalls = new chunk.LeftCalls(host, controller, { api, server, settings: loadConfig });
      void leftCalls.rejoin();
    }, ignore);
  }

  return {
    prepare() {
      controller.prepare(host.getAttribute('mode') !== 'chat');
      extras.prepare();
      loadConfig().catch(ignore);
    },
    start: () => controller.start(),
    end: () => controller.end(),
    mute: (muted) => controller.setMuted(muted),
    send: (text) => controller.send(text),
    withdrawConsent,
    changed(attribute) {
      if (attribute === 'lang') applyLanguage();
      if (attribute === 'mode' && isOpen) compose();
      if (attribute === 'label' || attribute === 'mode') panel.requestUpdate();
      if (attribute === 'open') setOpen(host.hasAttribute('open'));
      if (attribute === 'tenant' || attribute === 'server') {
        controller.forgetSession();
        config = null;
        extras.forget();
        // Who talks goes on talking with whom it was.
        if (isActive(controller.state)) return;
        panel.config = null;
        if (isOpen) loadConfig().catch(ignore);
      }
    },
  };
}

/** A page's typing mistake in `variables` does not cost the visitor the call; the developer is told. */
function readVariables(host: AgentElement): VariableValues {
  const text = host.getAttribute('variables');
  if (!text) return {};
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values === 'object' && values && !Array.isArray(values)) return values as VariableValues;
  } catch {
    // Told below.
  }
  tellDeveloper(new Error('the attribute variables is not a JSON object and was ignored'), host);
  return {};
}

/** Loaded when there is something to tell; without a network there is nobody to read it. */
function tellDeveloper(error: unknown, host: AgentElement): void {
  lazy(() => import('../tell-developer.ts')).then((chunk) => chunk.tellDeveloper(error, host), ignore);
}
