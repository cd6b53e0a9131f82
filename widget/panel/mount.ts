/**
 * Root of the lazy part: joins the element to its controller and its panel. Requests nothing and shows nothing by
 * itself; what the visitor or the page asks for comes through {@link Agent}.
 */
import type { VariableValues, WidgetConfig } from '../../server/contract.ts';
import { CallController, type CallHost } from '../call-controller.ts';
import { type CallState, isActive } from '../call-state.ts';
import { forgetConsent, hasConsented, rememberConsent } from '../consent-memory.ts';
import type { VapiAgentEventMap } from '../events.ts';
import { CallError, type Failure } from '../failure.ts';
import { createSessionApi, type SessionApi } from '../session-api.ts';
import { failureTexts } from '../strings/en.ts';
import { chooseLanguage, loadLanguage } from '../strings/languages.ts';
import type { VapiAgent } from '../vapi-agent.ts';
import { keepAwake } from '../wake-lock.ts';
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
  host: VapiAgent,
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
  let letSleep: (() => void) | null = null;

  const emit = <Name extends keyof VapiAgentEventMap>(
    name: Name,
    detail: Detail<Name>,
    cancelable = false,
  ): boolean =>
    host.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));

  const api = (): SessionApi => {
    const tenant = host.getAttribute('tenant');
    if (!tenant) throw new CallError('misconfigured', '<vapi-agent> needs the attribute tenant');
    return createSessionApi(server(), tenant, panel.config);
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
      return panel.config && isAgreed(panel.config) ? null : agreement(ask);
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
      if (state.phase === 'live') letSleep ??= keepAwake();
      else {
        letSleep?.();
        letSleep = null;
      }
      announce(state, before);
      extras.follow(state, before).catch(ignore);
    },
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
    const { callId, failure } = state;
    if (state.phase === 'live' && before.phase !== 'live') emit('vapi-agent-call-start', { callId });
    if (state.seconds !== null && before.seconds === null) {
      emit('vapi-agent-call-end', { callId, seconds: state.seconds, reason: state.endedReason });
    }
    if (failure && failure !== before.failure) emit('vapi-agent-error', errorDetail(failure));
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
    const key = `${server()} ${host.getAttribute('tenant')}`;
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
      if ((host.getAttribute('mode') ?? 'voice') !== 'voice') extras.compose().catch(ignore);
    } else if (controller.state.askingConsent) void controller.end();
    else if (!isActive(controller.state)) controller.reset();
    const show = (): void => {
      panel.open = isOpen;
      if (movesFocus) void panel.updateComplete.then(() => (isOpen ? panel.focusDialog() : launcher.focus()));
    };
    if (language) void language.then(show);
    else show();
    emit(open ? 'vapi-agent-open' : 'vapi-agent-close', null);
  }

  panel.onIntent = (intent) => {
    if (intent === 'close') host.close();
    else if (intent === 'start') void controller.start();
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

  panel.goesAhead = () => controller.sent;
  panel.call = controller.state;
  applyLanguage();
  root.append(panel);
  // An earlier attempt to load may have left its complaint there.
  host.attributeChangedCallback('label');

  return {
    prepare() {
      controller.prepare();
      loadConfig().catch(ignore);
    },
    start: () => controller.start(),
    end: () => controller.end(),
    mute: (muted) => controller.setMuted(muted),
    send: (text) => controller.send(text),
    withdrawConsent,
    changed(attribute) {
      if (attribute === 'lang') applyLanguage();
      if (attribute === 'open') setOpen(host.hasAttribute('open'));
      if (attribute === 'tenant' || attribute === 'server') {
        controller.forgetSession();
        panel.config = null;
        config = null;
        extras.forget();
        if (isOpen) loadConfig().catch(ignore);
      }
    },
  };
}

const ignore = (): void => {};

/** A page's typing mistake in `variables` does not cost the visitor the call; the developer is told. */
function readVariables(host: VapiAgent): VariableValues {
  const text = host.getAttribute('variables');
  if (!text) return {};
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values === 'object' && values && !Array.isArray(values)) return values as VariableValues;
  } catch {
    // Told below.
  }
  warn('the attribute variables is not a JSON object and was ignored');
  return {};
}

/** What only the site's developer can mend is said once in the console; a visitor's own troubles are not. */
function tellDeveloper(error: unknown, host: VapiAgent): void {
  const code = error instanceof CallError ? error.failure.code : null;
  if (code === 'origin_not_allowed') {
    warn(
      `the server refuses calls from ${location.origin}. Add exactly this origin to the allowed origins of tenant ` +
        `"${host.getAttribute('tenant')}", and check that the tenant exists.`,
    );
  } else if (code === 'microphone_forbidden') {
    warn(
      'the page may not use the microphone: its Permissions-Policy, or its frame without allow="microphone", forbids it.',
    );
  } else if (code === null || code === 'misconfigured') {
    warn(String(error));
  }
}

const told = new Set<string>();
function warn(text: string): void {
  if (told.has(text)) return;
  told.add(text);
  // biome-ignore lint/suspicious/noConsole: the one place that speaks to the site's developer.
  console.error(`[vapi-agent] ${text}`);
}
