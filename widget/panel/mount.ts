/**
 * Root of the lazy part: connects the element to its controller and its panel. It requests and shows nothing unless the
 * visitor or the page asks through {@link Agent}.
 */
import { CallController } from '../call-controller.ts';
import type { AgentElement, Host } from '../call-host.ts';
import { isActive, isStarting } from '../call-state.ts';
import { failureOf } from '../failure.ts';
import { lazy } from '../lazy.ts';
import type { LeftCalls } from '../left-call.ts';
import { ignore } from '../waiting.ts';
import { Announcer } from './announcer.ts';
import { contain } from './containment.ts';
import type { Intent } from './controls.ts';
import { Extras } from './extras.ts';
import { definePanel } from './panel.ts';
import { TenantSettings } from './tenant-settings.ts';

/** What the launcher can ask of the lazy part. */
export interface Agent {
  /** Intent: fetch ahead. */
  prepare(): void;
  start(): Promise<void>;
  end(): Promise<void>;
  mute(muted: boolean): void;
  send(text: string): boolean;
  /** Forgets the visitor's consent; ends a call in progress. */
  withdrawConsent(): Promise<void>;
  /** One of the observed attributes has changed; `gone`: the element has been removed from the page. */
  changed(attribute: string): void;
}

/**
 * @param scriptUrl where the launcher's code came from, if it knows: our server, unless the attribute `server` says
 *   otherwise.
 * @param loadCall loads the call chunk.
 */
export function mount(
  element: AgentElement,
  root: ShadowRoot,
  scriptUrl: string,
  loadCall: Host['loadCall'],
): Agent {
  const tenant = element.getAttribute('tenant');
  if (orphan?.tenant === tenant && isOn(element, 'rejoin')) return orphan.adopt(element, root);
  const panel = definePanel();
  const announcer = new Announcer(element, panel);
  const settings = new TenantSettings(element, panel, announcer, scriptUrl);
  /** Carries a call from page to page; null if leaving the page ends it. */
  let leftCalls: LeftCalls | null = null;
  let hasLeftCalls: Promise<void> | null = null;
  let isOpen = false;

  const host: Host = {
    element,
    settings,
    loadCall,
    beforeCall: () => announcer.beforeCall(),
    changed(state, before) {
      panel.call = state;
      element.setAttribute('state', state.phase);
      announcer.changed(state, before);
      // What the visitor has to tap must be visible.
      if (state.offersRejoin || (state.isRejoined && state.soundBlocked)) element.show();
      extras.follow(state, before).catch(ignore);
    },
    keep: (call) => leftCalls?.keep(call),
    takeLeft: () => leftCalls?.take(),
    piece: (piece) => announcer.emit('vapi-agent-transcript', { ...piece }),
    volume(role, level) {
      panel.showLevel(role, level);
      announcer.emit('vapi-agent-volume', { role, level });
    },
    failed(error, written) {
      announcer.tellDeveloper(error);
      // The terms, the hours or the allowed pages may have changed: the next attempt reads them again.
      if (/^(call|orig|ten|out|bud|misc)/.test(failureOf(error).code)) settings.forget(true);
      if (written) announcer.failed(written);
    },
  };
  const controller = new CallController(host);
  const extras = new Extras(panel, controller, host);
  const preload = (): void => void settings.load().catch(ignore);

  function setOpen(open: boolean): void {
    if (open === isOpen) return;
    isOpen = open;
    showState();
    const launcher = root.querySelector('button') as HTMLButtonElement;
    launcher.ariaExpanded = String(open);
    // Not when the page opens it, for example with the attribute: that must not take the focus away.
    const movesFocus = root.activeElement !== null || (open && navigator.userActivation?.isActive === true);
    if (open) {
      preload();
      compose();
      raise();
    } else if (controller.state.askingConsent || controller.state.offersRejoin) decline();
    else if (!isActive(controller.state)) controller.reset();
    announcer.onceSpoken(() => {
      panel.open = isOpen;
      if (movesFocus) void panel.updateComplete.then(() => (isOpen ? panel.focusDialog() : launcher.focus()));
    });
    announcer.emit(open ? 'vapi-agent-open' : 'vapi-agent-close', null);
  }

  /** What a page does to the attributes does not change the state. */
  function showState(): void {
    element.setAttribute('state', controller.state.phase);
    element.toggleAttribute('open', isOpen);
  }

  /** Out of what would hold a fixed element. */
  function raise(): void {
    const { top, bottom } = element.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight)
      lazy(() => import('../top-layer.ts')).then((chunk) => chunk.raise(element), ignore);
  }

  function compose(): void {
    if ((element.getAttribute('mode') ?? 'voice') !== 'voice') extras.compose().catch(ignore);
    else panel.composer = null;
  }

  /** Hangs up, or declines what is being asked. */
  function decline(): void {
    extras.decline();
    void controller.end();
  }

  async function withdrawConsent(): Promise<void> {
    await controller.end();
    extras.forget();
    await settings.withdrawConsent();
  }

  const intents: Record<Intent, () => void> = {
    close() {
      // A visitor who closes the panel does not expect to be listened to a moment later.
      if (isStarting(controller.state)) decline();
      element.close();
    },
    start: () => void controller.start(),
    end: decline,
    agree: () => settings.agree(),
    withdraw: () => void withdrawConsent(),
    settings: () => void extras.toggleSettings().catch(ignore),
    'play-sound': () => controller.playSound(),
    mute: () => controller.setMuted(!controller.state.muted),
  };

  panel.onIntent = (intent) => intents[intent]();
  panel.goesAhead = () => controller.calm;
  panel.call = controller.state;
  moveIn();
  // An earlier failed attempt to load may have left its message there.
  element.attributeChangedCallback('label');
  if (isOn(element, 'eager')) preload();
  if (isOn(element, 'rejoin')) {
    hasLeftCalls = lazy(() => import('../left-call.ts')).then((chunk) => {
      leftCalls = new chunk.LeftCalls(controller, host);
      void leftCalls.rejoin();
    }, ignore);
  }

  function moveIn(): void {
    root.append(panel);
    contain(element, root);
    Object.defineProperty(element, 'state', { get: () => controller.state.phase, configurable: true });
  }

  /** A router has put another element of the same tenant into the page: the call continues there. */
  function adopt(to: AgentElement, itsRoot: ShadowRoot): Agent {
    orphan = null;
    itsRoot.adoptedStyleSheets = root.adoptedStyleSheets;
    root = itsRoot;
    element = host.element = announcer.element = settings.element = to;
    moveIn();
    showState();
    panel.requestUpdate();
    return agent;
  }

  /** The element was removed. A call that may go from page to page has a moment to be continued by another element. */
  async function leave(): Promise<void> {
    if (hasLeftCalls && controller.state.phase === 'live') {
      const own = { tenant: element.getAttribute('tenant'), adopt };
      orphan = own;
      await hasLeftCalls;
      await leftCalls?.successor();
      if (orphan === own) orphan = null;
    }
    if (!element.isConnected) void controller.end();
  }

  const agent: Agent = {
    prepare() {
      controller.prepare(element.getAttribute('mode') !== 'chat');
      extras.prepare();
      preload();
    },
    start: () => controller.start(),
    end: () => controller.end(),
    mute: (muted) => controller.setMuted(muted),
    send: (text) => controller.send(text),
    withdrawConsent,
    changed(attribute) {
      if (attribute === 'gone') return void leave();
      // A page that morphs itself to new markup strips what is not in there. `open` alone is a wish to close.
      if (!element.hasAttribute('state') && (isOpen || isActive(controller.state))) showState();
      if (attribute === 'lang') announcer.applyLanguage();
      if (attribute === 'mode' && isOpen) compose();
      if (/label|mode/.test(attribute)) panel.requestUpdate();
      if (attribute === 'open') setOpen(element.hasAttribute('open'));
      if (/tenant|server|assistant/.test(attribute)) {
        controller.forgetSession();
        settings.forget();
        extras.forget();
        // A call in progress stays with the tenant it started with.
        if (isActive(controller.state)) return;
        panel.config = null;
        if (isOpen) preload();
      }
    },
  };
  return agent;
}

/** The live call of an element that a router has just removed, waiting for its successor. */
let orphan: { tenant: string | null; adopt(element: AgentElement, root: ShadowRoot): Agent } | null = null;

/** Page builders write booleans as text. */
const isOn = (element: AgentElement, name: string): boolean =>
  element.matches(`[${name}]:not([${name}=false])`);
