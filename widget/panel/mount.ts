/**
 * Root of the lazy part: joins the element to its controller and its panel. Requests nothing and shows nothing by
 * itself; what the visitor or the page asks for comes through {@link Agent}.
 */
import type { VariableValues } from '../../server/contract.ts';
import { CallController, type CallHost } from '../call-controller.ts';
import { type CallState, isActive } from '../call-state.ts';
import type { VapiAgentEventMap } from '../events.ts';
import { CallError, type Failure } from '../failure.ts';
import { createSessionApi, type SessionApi } from '../session-api.ts';
import { failureTexts } from '../strings/en.ts';
import { chooseLanguage, loadLanguage } from '../strings/languages.ts';
import type { VapiAgent } from '../vapi-agent.ts';
import { definePanel, type PanelElement } from './panel.ts';

/** What the launcher can ask of the lazy part. */
export interface Agent {
  /** Intent: fetch ahead. */
  prepare(): void;
  start(): Promise<void>;
  end(): Promise<void>;
  mute(muted: boolean): void;
  send(text: string): boolean;
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

  const controller = new CallController({
    api,
    loadCall,
    beforeCall() {
      const detail = { variables: readVariables(host) };
      return emit('vapi-agent-before-call', detail, true) ? detail.variables : null;
    },
    changed(state, before) {
      panel.call = state;
      host.setAttribute('state', state.phase);
      announce(state, before);
    },
    piece: (piece) => emit('vapi-agent-transcript', { ...piece }),
    volume(level) {
      panel.showLevel(level);
      emit('vapi-agent-volume', { role: 'assistant', level });
    },
    failed: (error) => tellDeveloper(error, host),
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

  /** Appearance and texts: wanted as soon as there is intent, never waited for. */
  async function loadConfig(): Promise<void> {
    const key = `${server()} ${host.getAttribute('tenant')}`;
    if (configFor === key) return;
    configFor = key;
    try {
      const config = await api().widgetConfig();
      if (configFor === key) panel.config = config;
    } catch {
      // The call itself will say what is wrong; without this the panel keeps its own looks. Asked again next time.
      configFor = '';
    }
  }

  function setOpen(open: boolean): void {
    if (open === isOpen) return;
    isOpen = open;
    launcher.ariaExpanded = String(open);
    // Not when the page opens it by itself, for instance by the attribute: that must not take the focus away.
    const movesFocus = root.activeElement !== null || (open && navigator.userActivation?.isActive === true);
    if (open) void loadConfig();
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
    else if (intent === 'end') void controller.end();
    else controller.setMuted(!controller.state.muted);
  };
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

  panel.call = controller.state;
  applyLanguage();
  root.append(panel);
  // An earlier attempt to load may have left its complaint there.
  host.attributeChangedCallback('label');

  return {
    prepare() {
      controller.prepare();
      void loadConfig();
    },
    start: () => controller.start(),
    end: () => controller.end(),
    mute: (muted) => controller.setMuted(muted),
    send: (text) => controller.send(text),
    changed(attribute) {
      if (attribute === 'lang') applyLanguage();
      if (attribute === 'open') setOpen(host.hasAttribute('open'));
      if (attribute === 'tenant' || attribute === 'server') {
        controller.forgetSession();
        panel.config = null;
        if (isOpen) void loadConfig();
      }
    },
  };
}

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
  } else if (code === null || code === 'misconfigured' || code === 'microphone_forbidden') {
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
