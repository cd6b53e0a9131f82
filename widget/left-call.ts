/**
 * A call between two pages of a site. When a page is left, the call is written to the tab's `sessionStorage`; the next
 * page removes it at once and continues the call. A separate chunk, only loaded with the attribute `rejoin`.
 *
 * The entry contains the room's join link and the call's token: anyone who can read it can join, leave and end this one
 * call until it ends. It never exists while a page has the call.
 */
import type { CallController } from './call-controller.ts';
import type { AgentElement, Host, LeftCall } from './call-host.ts';
import { hasConsented } from './consent-memory.ts';
import { isMicrophoneGranted } from './microphone.ts';

interface Kept extends LeftCall {
  tenant: string;
  server: string;
  /** Whether the panel was open. */
  open: boolean;
}

/** Also in `vapi-agent.ts`, which only checks whether it exists. */
const key = 'vapi-agent';

/** How long a router may take to put the next page's element in place. */
const successorMs = 2000;

export class LeftCalls {
  #controller: CallController;
  #host: Host;
  /** Taken over from the previous page, until the visitor continues it. */
  #waiting: Kept | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param controller calls {@link take} when it starts */
  constructor(controller: CallController, host: Host) {
    this.#controller = controller;
    this.#host = host;
    listenForReturn(this);
  }

  /** Keeps the call for the next page. @returns false when this page may not store anything */
  keep(call: LeftCall): boolean {
    const { element } = this.#host;
    const tenant = element.getAttribute('tenant') ?? '';
    return write({
      ...call,
      tenant,
      server: this.#host.settings.server(),
      open: element.hasAttribute('open'),
    });
  }

  /**
   * Continues the call that the previous page left: automatically if the microphone is already allowed, otherwise it is
   * offered to the visitor while it waits. Never without the consent that the tenant requires. Never rejects.
   */
  async rejoin(): Promise<void> {
    const { element } = this.#host;
    const findOurs = (): Kept | null => find(element.getAttribute('tenant'), this.#host.settings.server());
    if (this.#waiting || !findOurs()) return;
    await shown();
    const settings = await this.#host.settings.load().catch(() => null);
    const left = settings && findOurs();
    if (!left) return;
    sessionStorage.removeItem(key);
    if (settings.consent && !hasConsented(settings.tenant, settings.consent.version)) {
      void this.#host.settings.api().endCall(left.grant.callId, left.grant.endToken, 'fetch');
      return;
    }
    this.#waiting = left;
    addEventListener('pagehide', this.#handOn);
    this.#timer = setTimeout(() => this.take(), waitsUntil(left) - Date.now());
    if (left.open) element.show();
    const isGranted = await isMicrophoneGranted();
    if (this.#waiting !== left) return;
    if (isGranted) await this.#controller.start();
    else this.#controller.dispatch({ type: 'offer-rejoin', offers: true });
  }

  /**
   * The element was removed with a live call: looks for the one that a router has put in its place, and opens it, which
   * makes it take the call. Resolves when it has, when the element is back, or after a moment.
   */
  successor(): Promise<void> {
    const host = this.#host;
    const { element } = host;
    return new Promise((resolve) => {
      const look = (): void => {
        const isLive = this.#controller.state.phase === 'live';
        if (!isLive || element.isConnected || host.element !== element) {
          done();
          return;
        }
        for (const other of document.querySelectorAll<AgentElement>(
          'vapi-agent[rejoin]:not([rejoin=false])',
        )) {
          const isHeir =
            ['tenant', 'server'].every((name) => other.getAttribute(name) === element.getAttribute(name)) &&
            !other.shadowRoot?.querySelector('vapi-agent-panel');
          if (!isHeir) continue;
          // One alone: another of the same tenant stays closed.
          other.show();
          return;
        }
      };
      const observer = new MutationObserver(look);
      const timer = setTimeout(() => done(), successorMs);
      const done = (): void => {
        observer.disconnect();
        clearTimeout(timer);
        // Unchanged, but noticed by the call, which follows the context of this one.
        if (host.element !== element) element.setAttribute('context', element.getAttribute('context') ?? '');
        resolve();
      };
      observer.observe(document, { childList: true, subtree: true });
      look();
    });
  }

  /** The waiting call; it no longer waits. */
  take(): LeftCall | null {
    const left = this.#waiting;
    if (!left) return null;
    this.#waiting = null;
    clearTimeout(this.#timer);
    removeEventListener('pagehide', this.#handOn);
    this.#controller.dispatch({ type: 'offer-rejoin', offers: false });
    return left;
  }

  /** Not continued here: the next page may, within the same time. */
  #handOn = (): void => {
    if (this.#waiting) write(this.#waiting);
  };
}

/** A page that the browser renders ahead may never be visited. */
async function shown(): Promise<void> {
  if (!('prerendering' in document) || !document.prerendering) return;
  await new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }));
}

/** For a return to a page that the browser kept as it was. Keeps no reference to an element that a page has removed. */
function listenForReturn(calls: LeftCalls): void {
  const found = new WeakRef(calls);
  const listen = ({ persisted }: PageTransitionEvent): void => {
    const alive = found.deref();
    if (!alive) removeEventListener('pageshow', listen);
    else if (persisted) void alive.rejoin();
  };
  addEventListener('pageshow', listen);
}

/** Epoch milliseconds until which the call waits, but not beyond its maximum length. */
const waitsUntil = ({ grant, liveSince, leftAt }: LeftCall): number =>
  Math.min(leftAt + (grant.rejoinWithinSeconds ?? 0) * 1000, liveSince + grant.maxDurationSeconds * 1000);

function write(kept: Kept): boolean {
  try {
    sessionStorage.setItem(key, toJson(kept));
    return true;
  } catch {
    return false;
  }
}

/** As `JSON.stringify`, which old libraries change with a `toJSON` of all arrays. */
function toJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toJson).join()}]`;
  if (typeof value !== 'object' || !value) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${toJson(each)}`).join()}}`;
}

/** This tenant's waiting call. An entry that is no longer usable is removed. */
function find(tenant: string | null, server: string): Kept | null {
  try {
    const kept = read(sessionStorage.getItem(key));
    if (kept && waitsUntil(kept) > Date.now()) {
      // Leave another tenant's call to that tenant's element.
      return kept.tenant === tenant && kept.server === server ? kept : null;
    }
    sessionStorage.removeItem(key);
  } catch {
    // The page may not store anything.
  }
  return null;
}

/** Anything else written there is ignored. */
function read(text: string | null): Kept | null {
  if (!text) return null;
  try {
    const kept = JSON.parse(text) as Kept;
    const { mode, callId, webCallUrl, endToken, maxDurationSeconds } = kept.grant;
    const texts = [callId, webCallUrl, endToken].every((part) => typeof part === 'string');
    const numbers = [kept.page, kept.liveSince, kept.leftAt, maxDurationSeconds].every(Number.isFinite);
    return mode === 'proxy' && texts && numbers && Array.isArray(kept.transcript) ? kept : null;
  } catch {
    return null;
  }
}
