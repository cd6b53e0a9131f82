/** Shared by the element tests: a replacement for our server behind `fetch`, and the way through a call. */
import { expect, fixture, html, waitUntil as waitFor } from '@open-wc/testing';
import {
  type ErrorCode,
  errorStatus,
  type Grant,
  type KeyGrant,
  type ProxyGrant,
  type WidgetConfig,
} from '../../server/contract.ts';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import '../../widget/define.ts';

/** The stand-in of Daily's call machine, see call-machine.js; set once a call has been joined. */
export interface Machine {
  joinedUrl?: string;
  /** What Daily was told about the devices, among other things. */
  joinProperties?: unknown;
  received: { action: string; state?: boolean }[];
  sent: { type: string; message?: { role: string; content: string } }[];
  app(data: unknown): void;
  says(role: string, text: string, type?: 'partial' | 'final'): void;
  level(value: number): void;
  ownLevel(value: number): void;
  /** Daily's report on the network, as its machine posts it. */
  network(message: { action: string } & Record<string, unknown>): void;
  closeRoom(endedReason?: string): void;
  fail(text: string, type: string): void;
}

declare global {
  interface Window {
    machine?: Machine;
    machineJoins?: 'at once' | 'never' | 'refused';
    /** Milliseconds; the limit of every wait, see test/support/time-limit.ts. */
    farMs: number;
  }
}

export const proxyGrant: ProxyGrant = {
  mode: 'proxy',
  callId: '0c0c0c0c-1111-4222-8333-444444444444',
  webCallUrl: 'https://vapi.daily.co/AbCdEf',
  endToken: 'end-token',
  maxDurationSeconds: 600,
  mediaProxyUrl: `${location.origin}/media`,
};

export const keyGrant: KeyGrant = {
  mode: 'scoped-key',
  key: 'jwt-of-sixty-seconds',
  apiBaseUrl: 'https://vapi.test',
  assistantId: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
  assistantOverrides: { maxDurationSeconds: 600, metadata: { tenant: 'acme' }, variableValues: {} },
  feedbackToken: 'feedback-token',
  maxDurationSeconds: 600,
  mediaProxyUrl: `${location.origin}/media`,
};

export interface RecordedRequest {
  method: string;
  path: string;
  query: string;
  contentType: string | null;
  body: Record<string, unknown> | null;
}

type Answer = (request: RecordedRequest) => Response | Promise<Response>;

/** Of the day on which every test begins. */
const start = Date.UTC(2026, 10, 16, 12);

/**
 * The page's time stands still until a test advances it, however long anything takes: `Date.now()`, and the limits of
 * `AbortSignal.timeout()`, which are only reached through {@link pass}.
 */
export class Clock {
  #now = start;
  #limits: { at: number; reached: AbortController }[] = [];
  #realNow = Date.now;
  #realTimeout = AbortSignal.timeout;

  constructor() {
    Date.now = () => this.#now;
    AbortSignal.timeout = (ms) => {
      const reached = new AbortController();
      this.#limits.push({ at: this.#now + ms, reached });
      return reached.signal;
    };
  }

  /** @param ms milliseconds */
  pass(ms: number): void {
    this.#now += ms;
    for (const { at, reached } of this.#limits) {
      if (at <= this.#now) reached.abort(new DOMException('The time is up', 'TimeoutError'));
    }
  }

  restore(): void {
    Date.now = this.#realNow;
    AbortSignal.timeout = this.#realTimeout;
  }
}

/** Replaces the server that `server="https://agents.test"` names; every other request goes its way. */
export class StubServer {
  /** Of the page, for as long as the server exists. */
  clock = new Clock();
  requests: RecordedRequest[] = [];
  config: WidgetConfig = { tenant: 'acme', name: 'Acme Dental', modes: ['voice'], appearance: {}, texts: {} };
  grant: Grant = proxyGrant;
  sessionLifeMs = 60_000;
  answers = new Map<string, Answer>();
  #realFetch = window.fetch;
  #realBeacon = navigator.sendBeacon;

  constructor() {
    window.fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input, location.href);
      if (url.hostname !== 'agents.test' && url.hostname !== 'vapi.test')
        return this.#realFetch.call(window, input, init);
      const request = new Request(input, init);
      const body = init?.body ?? '';
      // At once, so that a request is known as soon as it was made.
      if (typeof body === 'string') return this.#answer(record(request, body));
      return this.#answer(record(request, await request.text()));
    };
    navigator.sendBeacon = (address, body) => {
      if (typeof body !== 'string') throw new TypeError('only text is expected');
      void this.#answer({
        ...record(new Request(address, { method: 'POST', body }), body),
        method: 'BEACON',
      });
      return true;
    };
  }

  restore(): void {
    window.fetch = this.#realFetch;
    navigator.sendBeacon = this.#realBeacon;
    this.clock.restore();
  }

  /** Requested paths, in order. */
  get paths(): string[] {
    return this.requests.map(({ path }) => path);
  }

  /** Makes one route refuse, as the server's problem documents do. */
  refuse(path: string, code: ErrorCode): void {
    this.answers.set(path, () =>
      json({ type: 'about:blank', title: code, status: errorStatus[code], code }, errorStatus[code]),
    );
  }

  #answer(request: RecordedRequest): Response | Promise<Response> {
    this.requests.push(request);
    const special = this.answers.get(request.path);
    if (special) return special(request);
    if (request.path.startsWith('/v1/widget/')) return json(this.config);
    if (request.path === '/v1/sessions') {
      const count = this.paths.filter((path) => path === '/v1/sessions').length;
      return json(
        {
          session: `session-${count}`,
          expiresAt: new Date(Date.now() + this.sessionLifeMs).toISOString(),
          mediaProxyUrl: proxyGrant.mediaProxyUrl,
        },
        201,
      );
    }
    if (request.path === '/v1/calls') return json(this.grant, 201);
    if (request.path.endsWith('/end')) return new Response(null, { status: 204 });
    if (request.path === '/call/web') return json({ id: 'key-call', webCallUrl: proxyGrant.webCallUrl }, 201);
    return json({ title: 'not found', code: 'not_found' }, 404);
  }
}

function record(request: Request, text: string): RecordedRequest {
  return {
    method: request.method,
    path: new URL(request.url).pathname,
    query: new URL(request.url).search,
    contentType: request.headers.get('content-type'),
    body: text ? JSON.parse(text) : null,
  };
}

/** Its body has already arrived: reading it takes no time. */
export function json(body: unknown, status = 200): Response {
  const text = JSON.stringify(body);
  const response = new Response(text, { status, headers: { 'content-type': 'application/json' } });
  response.json = async () => JSON.parse(text);
  return response;
}

/** An element of the tenant acme in the page; more attributes as given. */
export async function agentElement(attributes: Record<string, string> = {}): Promise<VapiAgent> {
  const element = await fixture<VapiAgent>(
    html`<vapi-agent tenant="acme" server="https://agents.test"></vapi-agent>`,
  );
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export const launcherOf = (element: VapiAgent): HTMLButtonElement => find(element, '[part=launcher]');
export const dialogOf = (element: VapiAgent): HTMLElement => find(element, '[role=dialog]');

/** The element in the shadow root, which must be there. */
export function find<Found extends HTMLElement>(element: VapiAgent, selector: string): Found {
  const found = element.shadowRoot?.querySelector<Found>(selector);
  if (!found) throw new Error(`${selector} is not in the element, whose state is ${element.state}`);
  return found;
}

/** The button with this name. */
export function button(element: VapiAgent, text: string): HTMLButtonElement {
  const all = [...(element.shadowRoot?.querySelectorAll('button') ?? [])];
  const found = all.find((each) => (each.ariaLabel ?? each.textContent)?.trim() === text);
  if (!found)
    throw new Error(`no button "${text}", only ${all.map((each) => `"${each.textContent?.trim()}"`)}`);
  return found;
}

/** Everything that the panel shows as text. */
export const panelText = (element: VapiAgent): string =>
  (dialogOf(element).textContent ?? '').replace(/\s+/g, ' ').trim();

/** Waits for a condition, never for a duration: the time limit is generous. */
export const waitUntil = (condition: () => unknown, what?: string): Promise<void> =>
  waitFor(condition, what, { timeout: window.farMs });

/**
 * Waits for a state in which the element stays; to check a transient one, hold it with an answer that the test gives
 * later.
 */
export async function untilState(element: VapiAgent, state: string): Promise<void> {
  await waitUntil(() => element.state === state, `the state ${state}`).catch((error) => {
    throw new Error(`${error.message}; it is ${element.state}: ${element.shadowRoot?.textContent}`);
  });
  await rendered(element);
}

/** Waits until the panel shows the state that the controller has. */
export async function rendered(element: VapiAgent): Promise<void> {
  const panel = element.shadowRoot?.querySelector('vapi-agent-panel') as {
    updateComplete?: Promise<unknown>;
  } | null;
  await panel?.updateComplete;
}

/** Clicks the launcher and waits for the call; returns the other end of it. */
export async function callIsLive(element: VapiAgent): Promise<Machine> {
  launcherOf(element).click();
  await untilState(element, 'live');
  return window.machine as Machine;
}

/** After the panel's entrance, which is half transparent. The page around the element is not what is audited. */
export async function audit(element: VapiAgent): Promise<void> {
  for (const animation of element.shadowRoot?.getAnimations() ?? []) {
    if (animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY) animation.finish();
  }
  await expect(element).to.be.accessible({ ignoredRules: ['region'] });
}

/** Every event of the element, in order. */
export function recordEvents(target: EventTarget): CustomEvent[] {
  const events: CustomEvent[] = [];
  for (const name of [
    'ready',
    'open',
    'close',
    'before-call',
    'call-start',
    'call-end',
    'transcript',
    'volume',
    'error',
  ]) {
    target.addEventListener(`vapi-agent-${name}`, (event) => events.push(event as CustomEvent));
  }
  return events;
}

/** Replaces `getUserMedia`; returns what restores the real one. */
export function microphone(answer: () => Promise<MediaStream>): () => void {
  const devices = navigator.mediaDevices;
  const real = devices.getUserMedia;
  devices.getUserMedia = answer;
  return () => {
    devices.getUserMedia = real;
  };
}

/** Advances the time until the element gives up waiting for the call that another tab has. */
export async function otherTabKeepsCall({ clock }: StubServer): Promise<void> {
  await waitUntil(async () => {
    const { pending = [] } = await navigator.locks.query();
    return pending.some(({ name }) => name === 'vapi-agent.call');
  }, 'the element to wait for the other tab');
  clock.pass(1000);
}

/** The events' names without their common prefix. */
export const names = (events: Event[]): string[] => events.map(({ type }) => type.replace('vapi-agent-', ''));

/** What each test of a call has. */
export interface CallStage {
  server: StubServer;
  /** Errors in the console. */
  consoleErrors: unknown[];
}

/** A separate server, a room that admits at once and an empty console for each test; afterwards every call is over. */
export function stageCalls(): CallStage {
  const stage = {} as CallStage;
  const realError = console.error;
  beforeEach(() => {
    stage.server = new StubServer();
    stage.consoleErrors = [];
    window.machineJoins = 'at once';
    delete window.machine;
    console.error = (...parts: unknown[]) => {
      stage.consoleErrors.push(parts.join(' '));
    };
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    console.error = realError;
    stage.server.restore();
  });
  return stage;
}
