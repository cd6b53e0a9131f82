/**
 * One call per page, however many elements or copies of this code it has: two would share one microphone, and Vapi's
 * SDK keeps one connection setting for the whole page. Where the browser has locks, also one call per browser among the
 * pages of one origin.
 */
import { CallError } from './failure.ts';
import { quiet } from './waiting.ts';

interface Claim {
  /** The holder has hung up and is closing its transport. */
  closing: boolean;
  released: Promise<void>;
}

/** Registered globally, so that a second copy of this file finds the first one's claim. */
const key = Symbol.for('vapi-agent.call');
const page = globalThis as { [key]?: Claim | undefined };

const lockName = 'vapi-agent.call';

export interface PageClaim {
  /**
   * Settles when the browser has answered, which takes a moment.
   * @throws {CallError} `browser_busy` when another page has a call
   */
  readonly confirmed: Promise<void>;
  /** The call is about to end: others may wait for that instead of being refused. */
  closing(): void;
  release(): void;
}

/** A page that was just left may still hold its call for a moment. */
const otherTabMs = 1000;

/**
 * Claims the page for a call, at once unless another call is closing, and asks the browser for its lock.
 * @throws {CallError} `page_busy` when another call is on
 */
export async function claimPage(): Promise<PageClaim> {
  for (let holder = page[key]; holder; holder = page[key]) {
    if (!holder.closing) throw new CallError('page_busy');
    await holder.released;
  }
  const { promise, resolve } = deferred();
  const claim: Claim = { closing: false, released: promise };
  page[key] = claim;
  return {
    confirmed: quiet(lockBrowser(promise)),
    closing() {
      claim.closing = true;
    },
    release() {
      if (page[key] === claim) page[key] = undefined;
      resolve();
    },
  };
}

/** Whether no page of this browser has a call, as far as is known before claiming it. */
export async function isBrowserFree(): Promise<boolean> {
  if (!navigator.locks) return true;
  const { held = [] } = await navigator.locks.query();
  return !held.some(({ name }) => name === lockName);
}

/** Holds the browser's lock until `released`. @throws {CallError} `browser_busy` when another tab has it */
function lockBrowser(released: Promise<void>): Promise<void> {
  // Only secure pages have locks; others have no microphone either.
  if (!navigator.locks) return Promise.resolve();
  return new Promise((settle, refuse) => {
    const options = { signal: AbortSignal.timeout(otherTabMs) };
    navigator.locks
      .request(lockName, options, () => {
        settle();
        return released;
      })
      .catch(({ name }: DOMException) => {
        if (name === 'TimeoutError' || name === 'AbortError') refuse(new CallError('browser_busy'));
        // A page that is denied locks still gets its call.
        else settle();
      });
  });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
