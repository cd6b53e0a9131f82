/** A visitor on a page of the host site, in any engine's browser: looks, clicks, and collects the page's complaints. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Engine, EnginePage, PageOptions } from '../../support/engines/page.ts';
import { farMs } from '../../support/time-limit.ts';
import { until as untilWithin } from '../../support/until.ts';
import { type HostDocument, type HostSite, htmlFile, openHostSite } from './host-site.ts';

export interface HostVisits {
  site: HostSite;
  engine: Engine;
  open(body: string, options?: VisitOptions): Promise<HostVisit>;
  /** A document for a frame, watched like the page itself. */
  frame(body: string): { type: string; body: string };
  close(): Promise<void>;
}

export interface VisitOptions extends PageOptions, HostDocument {
  /** False keeps a browser built without WebRTC unchanged; default true. */
  isWebRtcNeeded?: boolean;
}

export interface HostVisit {
  page: EnginePage;
  /** An element of the page, in the order of the document; -1 is the last. */
  agent(index?: number): Agent;
  /** The element in the page's only frame. */
  agentInFrame(): Agent;
  /** Fails on any uncaught error, violated policy, warning or error in the console that is not in `expected`. */
  leave(expected?: RegExp[]): Promise<void>;
}

/** What to look for in an element: a part of it or a button with this name; nothing = the element itself. */
export interface Target {
  part?: string;
  button?: string;
}

/** What a visitor could see of it, and what a test needs to know. */
export interface Sight {
  /** CSS pixels of the viewport. */
  box: { x: number; y: number; width: number; height: number };
  /** Nothing covers its middle. */
  isOnTop: boolean;
  background: string;
  borderTopWidth: string;
}

/** How the whole element is. */
export interface AgentState {
  state: string | null;
  open: boolean;
  /** What can be read in the panel. */
  text: string;
  panels: number;
  focusedPart: string | null;
}

export interface Agent {
  /** How many there are. */
  count(): Promise<number>;
  look(): Promise<AgentState>;
  see(target: Target): Promise<Sight | null>;
  /** Waits until it can be hit. */
  click(target: Target): Promise<void>;
  hover(target: Target): Promise<void>;
  /** Clicks slowly: `between` happens while the mouse is down. */
  clickSlowly(target: Target, between: () => Promise<unknown>): Promise<void>;
  inState(state: string): Promise<void>;
  says(text: string): Promise<void>;
  /** The assistant's sound is being played. */
  isHeard(): Promise<boolean>;
  /** Clicks the launcher, waits for the call and for the assistant's sound. */
  talk(): Promise<void>;
  /** Hangs up once the assistant is heard. */
  hangUp(): Promise<void>;
}

/** With a generous limit for a slow machine and a cold engine. */
const until = <Value>(condition: () => Value | Promise<Value>, what: string) =>
  untilWithin(condition, what, farMs);

/** @param shared a site that others use as well and that outlives the visits; default: a new one */
export async function openHostVisits(engine: Engine, shared?: HostSite): Promise<HostVisits> {
  const site = shared ?? (await openHostSite());
  const watch = {
    type: 'text/javascript',
    body: await readFile(new URL('watch.js', import.meta.url), 'utf8'),
  };
  const webRtc = {
    type: 'text/javascript',
    body: await readFile(new URL('../../support/engines/peer-connection.js', import.meta.url), 'utf8'),
  };
  const watchScript = '<script src="/watch.js"></script>';
  const before =
    engine.name === 'WebKit' ? `${watchScript}<script src="/peer-connection.js"></script>` : watchScript;
  return {
    site,
    engine,
    async open(body, options = {}) {
      const { isWebRtcNeeded = true, head: ownHead = '' } = options;
      const head = `${isWebRtcNeeded ? before : watchScript}${ownHead}`;
      const files = { '/watch.js': watch, '/peer-connection.js': webRtc, ...options.files };
      const page = await engine.open(site.serve(body, { ...options, head, files }), options);
      return visitOf(page);
    },
    frame: (body) => htmlFile(body, { head: before }),
    async close() {
      await engine.close();
      if (!shared) await site.close();
    },
  };
}

function visitOf(page: EnginePage): HostVisit {
  return {
    page,
    agent: (index = 0) => agentOf(page, page.run, index),
    agentInFrame: () => agentOf(page, page.runInFrame, 0),
    async leave(expected = []) {
      const watched = await page.run(() => (window as unknown as { complaints: string[] }).complaints);
      await page.close();
      const complaints = [...watched, ...page.complaints()];
      assert.deepEqual(
        complaints.filter((text) => !expected.some((pattern) => pattern.test(text))),
        [],
      );
    },
  };
}

function agentOf(page: EnginePage, run: EnginePage['run'], index: number): Agent {
  const see = (target: Target) => run(seeInPage, index, target);
  const look = async (): Promise<AgentState> => {
    const found = await run(lookInPage, index);
    assert.ok(found, 'the element is not in the page');
    return found;
  };
  /** Its middle, once it does not move and nothing covers it. */
  const middle = async (target: Target): Promise<[number, number]> => {
    let last = '';
    const { box } = await until(
      async () => {
        const seen = await see(target);
        const still = JSON.stringify(seen?.box) === last;
        last = JSON.stringify(seen?.box);
        return seen?.isOnTop && still ? seen : null;
      },
      `${JSON.stringify(target)} to be hit`,
    );
    const frame = run === page.run ? [0, 0] : await page.run(frameInPage);
    return [
      Math.round(box.x + box.width / 2 + (frame[0] ?? 0)),
      Math.round(box.y + box.height / 2 + (frame[1] ?? 0)),
    ];
  };
  const isHeard = () => run(isHeardInPage);
  const click = async (target: Target) => page.tap(...(await middle(target)));
  const inState = async (state: string) => {
    await until(async () => (await look()).state === state, `the state ${state}`).catch(async () => {
      const { state: found, text } = await look();
      assert.fail(`waited for the state ${state}, it is ${found}: ${text}`);
    });
  };
  return {
    count: () => run(countInPage),
    look,
    see,
    click,
    hover: async (target) => page.move(...(await middle(target))),
    async clickSlowly(target, between) {
      await page.move(...(await middle(target)));
      await page.press();
      await between();
      await page.release();
    },
    inState,
    async says(text) {
      await until(async () => (await look()).text.includes(text), `"${text}" in the panel`);
    },
    isHeard,
    async talk() {
      await click({ part: 'launcher' });
      await inState('live');
      await until(isHeard, 'the sound of the assistant');
    },
    async hangUp() {
      // The SDK complains about a player that goes away before it plays.
      await until(isHeard, 'the sound of the assistant');
      await click({ button: 'Hang up' });
      await inState('ended');
    },
  };
}

// ------------------------------------------------------------------ what runs in the page, and sees nothing else

function countInPage(): number {
  const all = (root: Document | ShadowRoot): number =>
    [...root.querySelectorAll('*')].reduce(
      (sum, each) => sum + (each.localName === 'vapi-agent' ? 1 : each.shadowRoot ? all(each.shadowRoot) : 0),
      0,
    );
  return all(document);
}

function isHeardInPage(): boolean {
  const players = [...document.querySelectorAll<HTMLAudioElement>('audio[data-participant-id]')];
  return players.some(({ paused, muted, currentTime }) => !paused && !muted && currentTime > 0);
}

function frameInPage(): [number, number] {
  const frame = document.querySelector('iframe') as HTMLIFrameElement;
  const { x, y } = frame.getBoundingClientRect();
  return [x + frame.clientLeft, y + frame.clientTop];
}

function lookInPage(index: number): AgentState | null {
  const all = (root: Document | ShadowRoot): Element[] =>
    [...root.querySelectorAll('*')].flatMap((each) =>
      each.localName === 'vapi-agent' ? [each] : each.shadowRoot ? all(each.shadowRoot) : [],
    );
  const host = all(document).at(index);
  if (!host) return null;
  const panels = [...(host.shadowRoot?.querySelectorAll<HTMLElement>('[role=dialog]') ?? [])];
  return {
    state: (host as { state?: string }).state ?? null,
    open: host.hasAttribute('open'),
    text: panels.map(({ innerText }) => innerText).join('\n'),
    panels: panels.length,
    focusedPart: host.shadowRoot?.activeElement?.getAttribute('part') ?? null,
  };
}

function seeInPage(index: number, target: Target): Sight | null {
  const all = (root: Document | ShadowRoot): Element[] =>
    [...root.querySelectorAll('*')].flatMap((each) =>
      each.localName === 'vapi-agent' ? [each] : each.shadowRoot ? all(each.shadowRoot) : [],
    );
  const host = all(document).at(index);
  const root = host?.shadowRoot;
  if (!host || !root) return null;
  const isShown = (each: Element) => each.getClientRects().length > 0;
  const isNamed = (each: Element) => (each.ariaLabel ?? each.textContent)?.trim() === target.button;
  const found = target.part
    ? root.querySelector(`[part~=${target.part}]`)
    : target.button
      ? [...root.querySelectorAll('button')].find((each) => isNamed(each) && isShown(each))
      : host;
  if (!found || !isShown(found)) return null;
  const { x, y, width, height } = found.getBoundingClientRect();
  const top = root.elementFromPoint(x + width / 2, y + height / 2);
  const { backgroundColor, borderTopWidth } = getComputedStyle(found);
  return {
    box: { x, y, width, height },
    isOnTop: Boolean(top && (found === top || found.contains(top))),
    background: backgroundColor,
    borderTopWidth,
  };
}
